"""A sweep whose points are Ray tasks, on a real local Ray."""

import subprocess
import sys
from pathlib import Path

import samprof
from tests.support.paths import ROOT


def test_each_point_is_a_ray_task(tmp_path: Path) -> None:
    out = tmp_path / "run"
    command = [sys.executable, "-m", "samprof.cli.main", "sweep", "--engine", "ray"]
    command += ["--factory", "tests.support.targets:out_of_memory_at_four", "--device", "cpu"]
    command += [
        "--batch-sizes",
        "1,4",
        "--rounds",
        "1",
        "--repeats",
        "1",
        "--warmup",
        "0",
        "--out",
        str(out),
    ]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    run = samprof.load(out)
    assert isinstance(run, samprof.Run)
    assert run.points()["status"].tolist() == ["ok", "oom"]
    assert run.checks()[1]["ok"]
