"""Fixtures for HTA: `made`, a trace of a device, and `cpu_run`, a run on the CPU.

A test module asks for them with `pytest_plugins = ["tests.support.hta_fixtures"]`.
"""

import pytest
import torch

import samprof
from samprof.sweeps.run.run import Run
from samprof.testing import TraceOptions, write_trace
from tests.support.hta import Made, figures
from tests.support.targets import WIDTH, Net


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A trace of a device, the truth about it, and HTA's figures beside samprof's."""
    path = tmp_path_factory.mktemp("made") / "trace.json.gz"
    truth = write_trace(path, 9000, TraceOptions(outside=True), steps=2)
    return path, truth, figures(path)


@pytest.fixture(scope="session")
def cpu_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run of one batch size, recorded on the CPU."""
    out = tmp_path_factory.mktemp("runs") / "cpu"
    return samprof.sweep(Net(), torch.ones(1, WIDTH), [1], out=out, name="net", rounds=1, repeats=1)
