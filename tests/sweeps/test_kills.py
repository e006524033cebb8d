"""A sweep that is killed at any moment loses no point and leaves none half written."""

import os
import subprocess
import sys

import pytest

from tests.support.paths import ROOT


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells of all processes left")
def test_a_killed_sweep_loses_nothing_and_resumes_where_it_was() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench.kills", "--kills", "20", "--seed", "0"],
        cwd=ROOT,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "20 kills: INT 7, KILL 6, TERM 7, " in done.stdout
    assert "; 0 findings" in done.stdout
