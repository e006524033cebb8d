"""What a killed sweep leaves in its run directory is removed, and nothing else is."""

from pathlib import Path

from samprof.sweeps.run.stored.leftovers import is_empty, remove_leftovers, set_aside

OURS = ("run.json", "points", "layers.parquet")


def names(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def write(root: Path, *files: str) -> None:
    for name in files:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


def test_a_directory_that_a_kill_left_at_its_beginning_is_empty(tmp_path: Path) -> None:
    write(tmp_path, ".lock", ".run.json.0123abcd", "..lock.0123abcd")
    assert is_empty(tmp_path, OURS)
    write(tmp_path, ".thesis.tex.0123abcd")
    assert not is_empty(tmp_path, OURS)


def test_half_written_files_go_and_all_others_stay(tmp_path: Path) -> None:
    kept = ["mine.txt", ".mine.0123abcd", "run.json", "points/b0001.json", "points/.b0001.json.123"]
    kept += ["traces/b0001/rank0.pt.trace.json.gz"]
    write(tmp_path, *kept, ".run.json.0123abcd", ".layers.parquet.89abcdef")
    write(tmp_path, "points/.b0002.json.0123abcd", ".largest-x/traces/b0001/rank0.pt.trace.json.gz")
    write(tmp_path, "traces/b0001/.rank0.pt.trace.json.gz.0123abcd")
    remove_leftovers(tmp_path, OURS)
    assert names(tmp_path) == sorted(kept)


def test_a_run_that_is_set_aside_is_out_of_sight_and_removed_next(tmp_path: Path) -> None:
    write(tmp_path, "run.json", "points/b0001.json", "mine.txt")
    set_aside(tmp_path, ("points", "layers.parquet"))
    assert not (tmp_path / "points").exists()
    remove_leftovers(tmp_path, OURS)
    assert names(tmp_path) == ["mine.txt", "run.json"]
