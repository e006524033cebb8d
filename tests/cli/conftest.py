"""What several commands read."""

from pathlib import Path

import pytest

from samprof.cli.main import main
from tests.support.tracefile import TraceFile

MS = 1_000_000
FORWARDS = ("--rounds", "1", "--repeats", "1", "--warmup", "0")


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    """One forward: a block with two kernels, one kernel outside of it."""
    file = TraceFile()
    file.range("net", 0, 10 * MS)
    file.range("net.block", 1 * MS, 8 * MS)
    file.launch(1, 2 * MS)
    file.launch(2, 3 * MS)
    file.launch(3, 20 * MS)
    file.kernel(1, 30 * MS, 4 * MS, name="gemm")
    file.kernel(2, 40 * MS, 2 * MS, name="gemm")
    file.kernel(3, 50 * MS, 1 * MS, name="copy")
    return file.write(tmp_path / "trace.json")


@pytest.fixture
def cpu_trace(tmp_path: Path) -> Path:
    """One range, and nothing on a device."""
    file = TraceFile()
    file.range("net", 0, 10 * MS)
    return file.write(tmp_path / "cpu.json")


@pytest.fixture(scope="session")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small model, each point in a process of its own."""
    out = tmp_path_factory.mktemp("sweep") / "small"
    arguments = ["sweep", "--model", "small", "--device", "cpu", "--batch-sizes", "1,2"]
    assert main([*arguments, "--out", str(out), *FORWARDS]) == 0
    return out
