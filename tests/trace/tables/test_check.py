"""Time accounting: sums that agree, lost records, uneven steps."""

from pathlib import Path

from tests.support.tables import opened
from tests.support.tracefile import TraceFile


def test_launches_without_device_activity_are_lost_records(tmp_path: Path) -> None:
    file = TraceFile()
    file.range("net", 0, 100)
    for correlation, name in ((1, "cudaLaunchKernel"), (2, "cudaLaunchKernel")):
        file.launch(correlation, 10 * correlation, name=name)
    file.launch(3, 40, name="cudaDeviceSynchronize")
    file.kernel(1, 200, 10)
    assert opened(file, tmp_path).check().lost_records == 1


def test_a_step_with_fewer_kernels_than_the_others_fails(tmp_path: Path) -> None:
    file = TraceFile()
    for step, kernels in enumerate((1, 2, 2)):
        file.step(step, 100 * step, 100)
        for number in range(kernels):
            correlation = 10 * step + number
            file.launch(correlation, 100 * step + 10 + number)
            file.kernel(correlation, 1000 + correlation, 1)
    check = opened(file, tmp_path).check()
    assert not check.ok
    assert "step 0 has 1 kernels, the others 2" in check.notes


def test_a_whole_trace_is_fine(tmp_path: Path) -> None:
    file = TraceFile()
    file.range("net", 0, 100)
    file.launch(1, 10)
    file.kernel(1, 200, 7)
    check = opened(file, tmp_path).check()
    assert (check.ok, check.notes, check.lost_records) == (True, (), 0)
    assert check.as_dict()["total_ns"] == 7
