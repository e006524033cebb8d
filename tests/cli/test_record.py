"""`samprof record`: a trace that the other commands read."""

import json
from pathlib import Path

import pytest

from samprof.cli.main import main


def test_record_writes_a_trace_that_the_other_commands_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "recorded"
    arguments = ["record", "--model", "small", "--device", "cpu", "--steps", "2", "--warmup", "0"]
    assert main([*arguments, "--out", str(out), "--json"]) == 0
    recorded = json.loads(capsys.readouterr().out)
    assert recorded[0]["calls"] == 2
    assert main(["layers", str(out), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == recorded
