"""A sweep that is killed at any moment loses no point and leaves none half written."""

import os
import subprocess
import sys

import pytest

from tests.support.paths import ROOT


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells of all processes left")
def test_a_killed_sweep_loses_nothing_and_resumes_where_it_was() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench.kills", "--kills", "9", "--seed", "0"],
        cwd=ROOT,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "9 kills: INT 3, KILL 3, TERM 3, " in done.stdout
    assert "; 0 findings" in done.stdout
