"""Steps, the tables of kernels and memory, and the errors of arguments and of asking too early."""

from pathlib import Path
from typing import Any

import pytest
from torch import Tensor, nn

import samprof
from samprof.errors import RecordingError, SamprofError, TraceError
from samprof.trace.model.slicing import split_steps
from tests.record.models import Add, Allocates, calls, column, small_net


def test_each_step_holds_the_calls_between_two_marks(x: Tensor) -> None:
    net = Add()
    with samprof.profile(net, name="net") as recording:
        for times in (1, 2, 3):
            for _ in range(times):
                net(x)
            recording.step()
    steps = split_steps(recording.trace)
    assert [(number, calls(part.layers())) for number, part in steps] == [
        (0, {"net": 1}),
        (1, {"net": 2}),
        (2, {"net": 3}),
    ]


def test_nothing_is_recorded_after_the_last_of_the_steps(x: Tensor) -> None:
    net = Add()
    with samprof.profile(net, name="net", steps=2) as recording:
        for _ in range(4):
            net(x)
            recording.step()
        assert "forward" not in net.__dict__
    assert calls(recording.layers()) == {"net": 2}
    assert [number for number, _, _ in recording.trace.steps()] == [0, 1]


def test_fewer_steps_than_asked_for_are_what_was_recorded(x: Tensor) -> None:
    net = Add()
    with samprof.profile(net, name="net", steps=5) as recording:
        net(x)
        recording.step()
    assert calls(recording.layers()) == {"net": 1}


def test_a_module_that_was_never_called_gives_an_empty_table() -> None:
    with samprof.profile(Add(), name="net") as recording:
        pass
    assert calls(recording.layers()) == {}
    assert recording.trace.check().ok


def test_kernels_are_an_empty_table_with_all_columns_on_the_cpu(x: Tensor) -> None:
    net = Add()
    with samprof.profile(net) as recording:
        net(x)
    kernels = recording.kernels()
    assert len(kernels) == 0
    assert " ".join(kernels.columns) == (
        "name kind ts_ns dur_ns device stream correlation op owner phase step launch_ts_ns note"
    )


def test_memory_is_counted_where_it_is_allocated_and_freed() -> None:
    # net holds 1000 bytes while net.child allocates 3000, so 4000 are the most inside both; net's
    # go when its forward ends, net.child's are returned and live on.
    net = Allocates(1000, Allocates(3000))
    with samprof.profile(net, name="net") as recording:
        _kept = net()
    memory = recording.memory()
    assert column(memory, "allocations") == {"net": 1, "net.child": 1}
    assert column(memory, "allocated_bytes") == {"net": 1000, "net.child": 3000}
    assert column(memory, "freed_bytes") == {"net": 1000, "net.child": 0}
    peak = {"net": 4000, "net.child": 4000}
    assert column(memory, "memory_peak_bytes") == peak
    assert column(recording.layers(), "memory_peak_bytes") == peak


def test_the_peak_does_not_hold_what_earlier_recordings_left() -> None:
    net = Allocates(1000)
    for _ in range(3):
        with samprof.profile(net, name="net") as recording:
            kept = net()
        assert column(recording.layers(), "memory_peak_bytes") == {"net": 1000}
        # Freed while no profiler looks: the profiler's own count never learns of it.
        del kept


def test_without_memory_the_table_has_no_such_column(x: Tensor) -> None:
    net = Add()
    with samprof.profile(net, memory=False) as recording:
        net(x)
    assert "memory_peak_bytes" not in recording.layers()
    with pytest.raises(TraceError, match="memory=True"):
        recording.memory()


@pytest.mark.parametrize("option", ["shapes", "stacks"])
@pytest.mark.parametrize("value", [True, False])
def test_shapes_and_stacks_change_no_row(option: str, value: bool, x: Tensor) -> None:
    net = small_net()
    with samprof.profile(net, name="net", **{option: value}) as recording:  # type: ignore[arg-type]
        net(x)
    assert list(calls(recording.layers())) == ["net", "net.0", "net.1", "net.1.0", "net.1.1"]
    assert recording.trace.check().ok
    of_python = recording.trace.layers("module")["path"].tolist()
    assert ("Sequential_0 > Linear_0" in of_python) == (option == "stacks" and value)


@pytest.mark.parametrize(
    "arguments",
    [
        {"module": 42},
        {"module": None},
        {"module": nn.Linear},
        {"granularity": "blocks"},
        {"granularity": None},
        {"steps": 0},
        {"steps": -1},
        {"steps": True},
        {"steps": 1.5},
        {"steps": "3"},
        {"name": ""},
        {"name": 5},
    ],
    ids=str,
)
def test_an_argument_without_meaning_is_a_one_line_error(arguments: dict[str, Any]) -> None:
    with pytest.raises(SamprofError) as caught:
        samprof.profile(**{"module": nn.ReLU(), **arguments})
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("profile: ")


def test_tables_are_an_error_before_the_block_is_left(x: Tensor, tmp_path: Path) -> None:
    net = Add()
    with samprof.profile(net) as recording:
        net(x)
        for table in (recording.layers, recording.kernels, recording.memory):
            with pytest.raises(RecordingError, match="still recording; leave the with block"):
                table()
        with pytest.raises(RecordingError):
            _ = recording.trace
        with pytest.raises(RecordingError):
            recording.save(tmp_path)
    assert calls(recording.layers()) == {"Add": 1}
