"""`samprof sweep` on SAM's real encoder classes."""

import json
from pathlib import Path

import pytest

from samprof.cli.main import main

FORWARDS = ("--rounds", "1", "--repeats", "1", "--warmup", "0")


def test_layers_of_a_run_are_those_of_one_batch_size(
    swept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["layers", str(swept), "--batch-size", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["calls"] == 2  # one to get going, one repeat
    assert main(["layers", str(swept), "--batch-size", "16"]) == 2
    assert "no trace of b0016; there are traces of batch 1, 2" in capsys.readouterr().err
    assert main(["check", str(swept)]) == 0


def test_a_model_that_cannot_be_had_leaves_no_directory(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weights = tmp_path / "weights.pth"
    weights.write_bytes(b"not a checkpoint")
    out = tmp_path / "out"
    for arguments, words in [
        (["--checkpoint", str(weights)], "not a PyTorch checkpoint"),
        (["--checkpoint", str(tmp_path / "none.pth"), "--engine", "process"], "no such file"),
        (["--device", "cuda:99", "--engine", "process"], "no such device here"),
    ]:
        command = ["sweep", "--model", "small", *arguments, "--batch-sizes", "1"]
        assert main([*command, "--out", str(out), *FORWARDS]) == 2
        error = capsys.readouterr().err
        lines = [line for line in error.splitlines() if line.startswith("samprof:")]
        assert len(lines) == 1
        assert words in lines[0]
        assert not out.exists()
