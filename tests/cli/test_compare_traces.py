"""`samprof compare` of traces and ranks: what it prints, in every form, and what it refuses."""

import io
import json
from pathlib import Path

import pandas as pd
import pytest

import samprof
from samprof.cli.main import main
from tests.support.command_line import output
from tests.support.compared import traced
from tests.support.compiled import compiled_file
from tests.support.tracefile import TraceFile

BEFORE = {"net": [], "net.x": [("mm", 1_000), ("add", 100)], "(outside)": [("copy", 70)]}
AFTER = {"net": [], "net.x": [("fused", 600)], "net.new": [("mm", 50)], "(outside)": [("copy", 70)]}


@pytest.fixture
def paths(tmp_path: Path) -> tuple[Path, Path]:
    before, after = tmp_path / "before.json", tmp_path / "after.json.gz"
    return traced(BEFORE).write(before), traced(AFTER).write(after)


def test_the_table_says_what_changed(
    paths: tuple[Path, Path], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "110")
    out = output(capsys, "compare", "--no-cache", *paths)
    said = " ".join(out.split())
    assert "device time per call of net, in ns; ratio B / A" in said
    assert "net.x -500 ns (0.55x), net.new +50.0 ns (only in B)." in said
    assert "In all 1.17 us in A and 720 ns in B, -450 ns (0.62x)." in said
    assert "the rows hold 1170 ns of the 1170 ns" in said
    row = next(line for line in out.splitlines() if line.startswith("   x"))
    assert row.split(None, 6) == [
        *("x", "-500.0", "1100.0", "600.0", "0.55", "-500.0"),
        "-1 mm_kernel, +1 fused_kernel, -1 add_kernel",
    ]
    assert not list(paths[0].parent.glob("*.npz"))


def test_the_rows_are_the_same_in_every_form(
    paths: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = samprof.compare(*paths)
    assert main(["compare", *map(str, paths), "--json"]) == 0
    captured = capsys.readouterr()
    rows = json.loads(captured.out)
    missing = {"size": float("nan"), "ratio_low": float("nan"), "ratio_high": float("nan")}
    pd.testing.assert_frame_equal(pd.DataFrame(rows).assign(**missing), table, check_dtype=False)
    assert rows[1]["kernel_changes"] == [
        {"kernel": "mm_kernel", "a": 1, "b": 0},
        {"kernel": "fused_kernel", "a": 0, "b": 1},
        {"kernel": "add_kernel", "a": 1, "b": 0},
    ]
    assert captured.err.splitlines() == [f"samprof: note: {n}" for n in table.attrs["notes"]]
    assert main(["compare", *map(str, paths), "--csv"]) == 0
    read = pd.read_csv(io.StringIO(capsys.readouterr().out), keep_default_na=False)
    assert read["path"].tolist() == table["path"].tolist()
    assert json.loads(read["kernel_changes"][1]) == rows[1]["kernel_changes"]
    target = tmp_path / "rows.parquet"
    assert main(["compare", *map(str, paths), "--parquet", str(target)]) == 0
    capsys.readouterr()
    assert pd.read_parquet(target)["b_self_ns"].sum() == 720
    assert main(["compare", *map(str, paths), "--markdown"]) == 0
    lines = capsys.readouterr().out.splitlines()
    layers = [line.split("|")[1].strip() for line in lines if line.startswith("|")]
    assert layers[2:] == ["`net`", "`net.x`", "`net.new`", "`(outside)`", "`(no launch)`"]


def test_several_are_each_compared_with_the_first_down_to_a_depth(
    paths: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    before, after = paths
    out = output(capsys, "compare", before, before, after, "--json", "--depth", "0")
    rows = pd.DataFrame(json.loads(out))
    assert rows["run"].tolist() == [str(before)] * 3 + [str(after)] * 3
    assert rows["path"].tolist() == ["net", "(outside)", "(no launch)"] * 2
    assert output(capsys, "compare", before, before, after).count("Time accounting: ") == 2


def test_ranks_are_compared(
    paths: tuple[Path, Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    job = tmp_path / "job"
    job.mkdir()
    for rank in (0, 1):
        traced({"net": [("mm", 100 + 200 * rank)]}).write(job / f"rank{rank}.json")
    out = output(capsys, "compare", "--no-cache", paths[0], job, "--depth", "0")
    assert "ranks of B" in out
    assert "100.0-300.0" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ["{a}"],
            "compare: {a}: a trace, not a run; give the directory that samprof sweep wrote, or",
        ),
        (["{folder}"], "compare: {folder}: a directory of traces, not a run; "),
        (
            ["{a}", "{b}", "--gate", "5%"],
            "--gate 5%: a recording is one process: no row has an interval",
        ),
        (["{a}", "{b}", "--gate", "five"], "--gate five: not a fraction"),
        (["{a}", "{b}", "--by", "module"], "by=module: {a} has no modules of Python stacks"),
        (["{a}", "{b}", "--by", "x"], "by='x': unknown kind of range"),
        (["{a}", "{b}", "--size", "4"], "size 4: neither side is a run"),
        (["{a}", "{a}.gz"], "load: {a}.gz: no such file or directory"),
        (["{a}", "{broken}"], "load: {broken}: "),
    ],
)
def test_bad_usage_is_one_line(
    paths: tuple[Path, Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    words: str,
) -> None:
    broken = tmp_path / "broken" / "trace.json"
    broken.parent.mkdir()
    broken.write_text('{"traceEvents": [')
    known = {"a": paths[0], "b": paths[1], "folder": tmp_path, "broken": broken}
    assert main(["compare", *(word.format(**known) for word in arguments)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert words.format(**known) in captured.err


def test_what_layers_share_is_told_beside_their_own_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    eager = TraceFile()
    for name, ts, dur in (
        ("net", 0, 90_000),
        ("net.blocks.0", 10, 60_000),
        ("net.head", 70_000, 9_000),
    ):
        eager.range(name, ts, dur)
    paths = eager.write(tmp_path / "a.json"), compiled_file().write(tmp_path / "b.json")
    out = output(capsys, "compare", "--no-cache", *paths)
    assert "shared in B" in out
    assert "shared in A" not in out
    assert "In B kernels were made from several layers" in " ".join(out.split())
    head = next(line for line in out.splitlines() if line.split()[:1] == ["head"])
    assert head.split()[1:6] == ["-5.0", "9.0", "4.0", "0.44", "50.0"]
    assert "in B: fused with blocks.0" in head
    folded = output(capsys, "compare", "--no-cache", "--fused", "parent", *paths)
    assert "shared in" not in folded
    assert "blocks.0 + head" not in folded
    assert "the 2000000 ns of CPU time in the file of B (exact)" in " ".join(folded.split())
