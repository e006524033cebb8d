"""A run, and what samprof writes of it for TensorBoard: made once for all tests here."""

from pathlib import Path

import pytest
import torch

import samprof
from samprof.sweeps.run.run import Run
from samprof.testing import write_trace
from tests.support.targets import WIDTH, Net
from tests.support.tensorboard import SIZES, VARIANTS


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Two sizes of two variants; the trace of one point is a device's."""
    out = tmp_path_factory.mktemp("runs") / "one"
    for variant in VARIANTS:
        found = samprof.sweep(
            Net(),
            torch.ones(1, WIDTH),
            SIZES,
            out=out,
            name="net",
            variant=variant,
            rounds=1,
            repeats=2,
            warmup=1,
        )
    write_trace(found.trace_path(2), 4400, steps=1)
    return Run(out)


@pytest.fixture(scope="session")
def logdir(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The log directory of the run."""
    return run.tensorboard(tmp_path_factory.mktemp("logs"))
