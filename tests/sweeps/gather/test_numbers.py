"""Numbers in a CSV file become a run."""

from pathlib import Path

import pytest

import samprof
from samprof.cli.main import main
from samprof.errors import UsageError


def written(folder: Path, *lines: str) -> Path:
    path = folder / "numbers.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_the_line_of_planted_times_is_found(tmp_path: Path) -> None:
    lines = [f"{size},{5 + 10 * size}" for size in (1, 2, 4, 8)]
    run = samprof.scaling(written(tmp_path, "size,total_ms", *lines))
    root = run.scaling().iloc[0]
    assert (root["fixed_ns"], root["per_unit_ns"]) == pytest.approx((5e6, 10e6))
    assert root["speedup"] == pytest.approx(15 / 10.625)
    assert run.points()["wall_ns"].tolist() == [15e6, 25e6, 45e6, 85e6]
    assert run.verdict().claim == "undecided"  # one number a size has no error bar


def test_rows_of_one_size_are_processes_and_prove_it(tmp_path: Path) -> None:
    lines = [f"{size},{size * time}" for size in (1, 8) for time in (100, 101, 99, 100)]
    verdict = samprof.scaling(written(tmp_path, "size,total", *lines)).verdict()
    assert verdict.claim == "no gain"
    assert verdict.speedup_low > 0.95


def test_layers_make_the_whole_and_units_stand_in_their_names(tmp_path: Path) -> None:
    lines = ["size,attention_us,MLP_s", "1,1000,0.002", "2,4000,0.004"]
    run = samprof.scaling(written(tmp_path, *lines))
    table = run.scaling().set_index("path")
    assert list(table.index) == ["total", "attention", "MLP"]
    assert run.points()["wall_ns"].tolist() == [3e6, 8e6]
    assert table.loc["attention", "speedup"] == pytest.approx(0.5)
    assert table.loc["MLP", "speedup"] == pytest.approx(1.0)
    assert run.checks()[2]["total_ns"] == 8e6


@pytest.mark.parametrize(
    ("lines", "cause"),
    [
        ([""], "no numbers in it"),
        (["batch,total", "1,2"], "no column 'size'"),
        (["size", "1"], "no column of times"),
        (["size,total,total", "1,2,2"], "two columns 'total'"),
        (["size,total", "1,2"], "one size only"),
        (["size,total", "1,2", "x,4"], "not a size"),
        (["size,total", "1,2", "2,fast"], "line 3: total is 'fast', not a time"),
        (["size,total", "1,2", "2"], "line 3: total is '', not a time"),
        (["size,total", "1,-2", "2,3"], "not a time"),
        (["size,total", "1,nan", "2,3"], "not a time"),
        (["size,total", "1,0", "2,3"], "no time at all"),
        (["size,total,a", "1,2,3", "2,3,1"], "its layers take longer than the whole"),
    ],
)
def test_what_is_no_table_of_numbers_is_one_line(
    lines: list[str], cause: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=cause):
        samprof.scaling(written(tmp_path, *lines))


def test_the_command_prints_fit_classes_and_verdict(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, "size,total_ms", "1,75.0", "2,146.4", "16,1224.8")
    assert main(["scaling", str(path), "--out", str(tmp_path / "run")]) == 0
    text = capsys.readouterr().out
    assert "Time as given per image by batch size, in ms" in text
    assert "0.98" in text
    assert main(["scaling", str(tmp_path / "run"), "--roles"]) == 0
    assert main(["scaling", str(path), "--sizes", "1,2,3"]) == 2
    assert "numbers tell their sizes" in capsys.readouterr().err
