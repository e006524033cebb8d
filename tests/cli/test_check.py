"""`samprof check`: exits 1 when a trace does not account for all of its time."""

import json
from pathlib import Path

import pytest

from tests.support.command_line import output
from tests.support.tracefile import TraceFile

MS = 1_000_000


def test_a_lost_record_exits_one(
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
