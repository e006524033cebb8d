"""`samprof sweep` on SAM's real encoder classes."""

import json
from pathlib import Path

import pytest

from samprof.cli.commands import sweep
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


def test_a_used_directory_shows_what_was_asked_and_tells_of_the_rest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep, "write_pages", lambda *_: None)
    out = str(tmp_path / "net")
    words = ["sweep", "--factory", "tests.support.targets:net", "--engine", "process", "--out", out]
    assert main([*words, "--batch-sizes", "1,2,4", *FORWARDS]) == 0
    assert "The run also holds" not in capsys.readouterr().out
    assert main([*words, "--batch-sizes", "1,4", *FORWARDS]) == 0
    text = capsys.readouterr().out
    assert " b=4" in text
    assert "b=2" not in text
    said = "The run also holds batch 2, of earlier sweeps; samprof scaling "
    assert said in " ".join(text.split())
    assert main(["scaling", out]) == 0
    assert "b=2" in capsys.readouterr().out


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
