"""The forms of a table: JSON, CSV, Markdown, Parquet."""

import io
import json
from pathlib import Path

import pandas as pd
import pytest

from samprof.cli.main import main
from samprof.cli.output import print_notes
from tests.support.command_line import output

MS = 1_000_000


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


def test_a_terminal_sequence_in_a_note_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    print_notes(["evil \x1b[31m", "evil \x1b[31m"])
    assert capsys.readouterr().err == "samprof: note: evil \\x1b[31m\n"
