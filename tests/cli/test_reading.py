"""Commands that read: tables, forms, and one line for every bad input."""

import gzip
import io
import json
from pathlib import Path

import pandas as pd
import pytest

from samprof.cli.main import main
from tests.support.tracefile import TraceFile

MS = 1_000_000


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    """One forward: a block with two kernels, one kernel outside of it."""
    file = TraceFile()
    file.range("net", 0, 10 * MS)
    file.range("net.block", 1 * MS, 8 * MS)
    file.launch(1, 2 * MS)
    file.launch(2, 3 * MS)
    file.launch(3, 20 * MS)
    file.kernel(1, 30 * MS, 4 * MS, name="gemm")
    file.kernel(2, 40 * MS, 2 * MS, name="gemm")
    file.kernel(3, 50 * MS, 1 * MS, name="copy")
    path = tmp_path / "trace.json"
    file.write(path)
    return path


def output(capsys: pytest.CaptureFixture[str], *arguments: object, code: int = 0) -> str:
    assert main([str(argument) for argument in arguments]) == code
    return capsys.readouterr().out


def test_layers_prints_the_table_and_the_books(
    trace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = output(capsys, "layers", trace)
    assert "Device time in us" in text or "Device time in ms" in text
    assert "attributed 6.00 ms + outside 1.00 ms + no launch 0 ns" in " ".join(text.split())
    assert "= total 7.00 ms (exact)" in " ".join(text.split())


def test_the_rows_are_the_same_in_every_form(
    trace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = json.loads(output(capsys, "layers", trace, "--json"))
    table = pd.read_csv(io.StringIO(output(capsys, "layers", trace, "--csv")))
    assert [row["path"] for row in rows] == ["net", "net.block", "(outside)", "(no launch)"]
    assert [row["device_total_ns"] for row in rows] == [6 * MS, 6 * MS, MS, 0]
    assert table["device_total_ns"].tolist() == [6 * MS, 6 * MS, MS, 0]
    assert len(json.loads(output(capsys, "layers", trace, "--json", "--depth", "0"))) == 3


def test_tables_go_into_a_parquet_file_or_a_pull_request(
    trace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "new" / "layers.parquet"
    assert output(capsys, "layers", trace, "--parquet", target) == f"{target}\n"
    rows = json.loads(output(capsys, "layers", trace, "--json"))
    assert pd.read_parquet(target)["device_total_ns"].tolist() == [6 * MS, 6 * MS, MS, 0]
    text = output(capsys, "layers", trace, "--markdown")
    cells = [line.split(" | ") for line in text.splitlines() if line.startswith("|")]
    assert {len(row) for row in cells} == {len(cells[0])}
    assert [row[0].strip("| `") for row in cells[2:]] == [row["path"] for row in rows]
    assert "(exact)" in text


def test_a_parquet_file_that_cannot_be_written_is_one_line(
    trace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    target = tmp_path / "file" / "layers.parquet"
    assert main(["layers", str(trace), "--parquet", str(target)]) == 2
    captured = capsys.readouterr()
    assert captured.err.count("\n") == 1
    assert str(target) in captured.err


def test_kernels_are_summed_by_name(trace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = json.loads(output(capsys, "kernels", trace, "--json"))
    assert [(row["name"], row["calls"], row["total_ns"]) for row in rows] == [
        ("gemm", 2, 6 * MS),
        ("copy", 1, MS),
    ]
    each = json.loads(output(capsys, "kernels", trace, "--json", "--each"))
    assert [row["owner"] for row in each] == ["net.block", "net.block", "(outside)"]
    assert "gemm" in output(capsys, "kernels", trace, "--top", "1")


def test_check_exits_one_when_a_record_is_lost(
    trace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert output(capsys, "check", trace).startswith("trace: ok")
    file = TraceFile()
    file.range("net", 0, 10 * MS)
    file.launch(1, 2 * MS)
    file.launch(2, 3 * MS)
    file.kernel(1, 30 * MS, MS)
    lossy = tmp_path / "lossy.json"
    file.write(lossy)
    text = " ".join(output(capsys, "check", lossy, code=1).split())
    assert "FAILED" in text
    assert "1 kernel launches have no device activity" in text
    assert (
        json.loads(output(capsys, "check", lossy, "--json", code=1))["trace"]["lost_records"] == 1
    )


def bad_files(folder: Path) -> dict[str, Path]:
    whole = gzip.compress(b'{"traceEvents": [' + b'{"ph": "X"},' * 1000 + b"{}]}")
    contents = {
        "empty.json": b"",
        "blank.json": b" \n",
        "cut.json.gz": whole[: len(whole) // 2],
        "broken.json.gz": b"\x1f\x8bnonsense",
        "text.json": b"hello",
        "other.json": b'{"results": []}',
        "half.json": b'{"traceEvents": [{"ph": "X"}, {"ph":',
        "tail.json": b'{"traceEvents": [], "more": ',
    }
    for name, data in contents.items():
        (folder / name).write_bytes(data)
    (folder / "folder").mkdir()
    return {name: folder / name for name in [*contents, "folder", "missing.json"]}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("missing.json", "no such file"),
        ("folder", "no trace in this directory"),
        ("empty.json", "the file is empty"),
        ("blank.json", "the file is empty"),
        ("cut.json.gz", "the gzip stream ends too early"),
        ("broken.json.gz", "broken gzip stream"),
        ("text.json", "not JSON"),
        ("other.json", "JSON without a traceEvents list"),
        ("half.json", "the file ends inside traceEvents"),
        ("tail.json", "what surrounds traceEvents is not JSON"),
    ],
)
@pytest.mark.parametrize("command", ["layers", "kernels", "check", "scaling", "report"])
def test_bad_input_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str, name: str, words: str
) -> None:
    path = bad_files(tmp_path)[name]
    assert main([command, str(path)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert words in captured.err
    assert str(path) in captured.err
    assert ";" in captured.err  # cause; remedy


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["layers", "{trace}", "--by", "colour"], "unknown kind of range"),
        (["layers", "{trace}", "--batch-size", "4"], "a trace has one batch size only"),
        (["layers", "{trace}", "--depth", "x"], "invalid int value"),
        (["layers"], "required: path"),
        (["layers", "{trace}", "--json", "--csv"], "not allowed with"),
        (["scaling", "{trace}"], "a trace, which has one batch size only"),
        (["paint"], "invalid choice"),
        (["sweep", "--model", "vit_x"], "unknown model"),
        (["sweep", "--dtype", "int8"], "unknown dtype"),
        (["sweep", "--batch-sizes", "1,0"], "not a batch size"),
        (["sweep", "--batch-sizes", "1,two"], "not a batch size"),
        (["sweep", "--batch-sizes", ""], "not a batch size"),
        (["sweep", "--repeats", "0"], "not a count"),
        (["sweep", "--granularity", "atom"], "unknown granularity"),
    ],
)
def test_bad_usage_is_one_line(
    trace: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    assert main([word.format(trace=trace) for word in arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert words in captured.err


def test_device_time_is_not_made_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = TraceFile()
    file.range("net", 0, 10 * MS)
    path = tmp_path / "cpu.json"
    file.write(path)
    assert main(["layers", str(path), "--clock", "device"]) == 2
    assert "the trace holds no device activity; use --clock cpu" in capsys.readouterr().err
    assert main(["kernels", str(path)]) == 2
    assert "the trace holds no device activity" in capsys.readouterr().err
    assert "CPU time in" in output(capsys, "layers", path)
