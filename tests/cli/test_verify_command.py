"""`samprof verify`: what it refuses. tests/verify/test_dry_run.py runs it."""

from pathlib import Path

import pytest
import torch

from samprof.cli.main import main


def test_a_used_folder_an_unknown_group_and_no_device_are_exit_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine").write_text("")
    assert main(["verify", "--dry", "-o", str(tmp_path)]) == 2
    assert main(["verify", "--dry", "-o", str(tmp_path / "new"), "--only", "traces,nothing"]) == 2
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 2
    assert told[0].endswith("the folder is not empty; give another one with --out")
    assert "--only nothing: no such group; the groups are ground-truth, hard-cases, " in told[1]
    if not torch.cuda.is_available():
        assert main(["verify", "-o", str(tmp_path / "new")]) == 2
        assert "no CUDA device here" in capsys.readouterr().err
    assert sorted(tmp_path.iterdir()) == [tmp_path / "mine"]
