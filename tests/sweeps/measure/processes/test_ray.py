"""A sweep whose points are Ray tasks, on a real local Ray."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

import samprof
from tests.support.paths import ROOT

FORWARDS = ("--rounds", "1", "--repeats", "1", "--warmup", "0")


def sweep(out: Path, factory: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """A sweep of batch 1 and 4 on Ray."""
    command = [sys.executable, "-m", "samprof", "sweep", "--engine", "ray"]
    command += ["--factory", f"tests.support.targets:{factory}", "--batch-sizes", "1,4"]
    command += [*FORWARDS, *arguments, "--out", str(out)]
    return subprocess.run(
        command, capture_output=True, text=True, cwd=ROOT, check=False, timeout=300
    )


def test_each_point_is_a_ray_task_that_needs_what_the_device_is(tmp_path: Path) -> None:
    # Without --device: on a machine without a GPU the tasks ask for none.
    done = sweep(tmp_path / "run", "out_of_memory_at_four")
    assert done.returncode == 0, done.stderr
    run = samprof.load(tmp_path / "run")
    assert isinstance(run, samprof.Run)
    assert run.points()["status"].tolist() == ["ok", "oom"]
    assert run.checks()[1]["ok"]


@pytest.mark.skipif(torch.cuda.is_available(), reason="Ray finds the GPU")
def test_a_task_that_no_node_can_run_is_one_line(tmp_path: Path) -> None:
    done = sweep(tmp_path / "run", "net", "--device", "cuda")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == (
        "samprof: sweep: ray: no node of the Ray cluster has 1 GPU; add one, or give --device cpu or "
        "another --engine"
    )
