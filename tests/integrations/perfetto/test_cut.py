"""Which events belong to a step: the host's by their start, the device's by their launch."""

from pathlib import Path

from samprof.trace import load_trace
from tests.support.exports import (
    exported,
    named,
    three_steps,
)
from tests.support.tracks import document


def test_a_step_is_what_began_in_it_and_the_device_activities_it_launched(tmp_path: Path) -> None:
    result, target = exported(tmp_path, three_steps())
    assert named(target) == [
        ("ProfilerStep#3", 3000),
        ("samprof:net", 3100),
        ("aten::mm", 3400),
        ("cudaLaunchKernel", 3500),
        ("gemm", 5200),
        ("ProfilerStep#3", 5200),
        ("Stream Sync", 5300),
        ("ac2g", 3500),
        ("ac2g", 5200),
    ]
    assert (result.steps, result.of_steps) == ((3,), 3)  # the fourth is empty
    assert (result.events, result.of_events) == (10, 31)
    assert result.size == target.stat().st_size


def test_several_steps_are_the_last_ones(tmp_path: Path) -> None:
    result, target = exported(tmp_path, three_steps(), steps=2)
    assert result.steps == (2, 3)
    assert len(load_trace(target).kernels()) == 2
    result, target = exported(tmp_path, three_steps(), steps=99)
    assert result.steps == (1, 2, 3)


def test_all_is_the_file_as_it_is(tmp_path: Path) -> None:
    file = three_steps()
    result, target = exported(tmp_path, file, steps=None)
    original = document(tmp_path / "trace.json")
    assert document(target) == original
    assert (result.steps, result.events, result.notes) == ((), 31, ())
