"""Ranges by the profiler's fast record function; by the public one where torch does not have it."""

import gzip
import json
from pathlib import Path
from threading import Thread

import pytest
import torch
from torch import Tensor, nn

import samprof
from samprof.trace import load_trace
from tests.record.models import FailsInside, Recursive, calls, column, small_net
from tests.record.snapshot import assert_untouched, world

ROWS = ["net", "net.0", "net.1", "net.1.0", "net.1.1"]


@pytest.fixture
def _without_the_fast_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("torch._C._profiler._RecordFunctionFast")


without_the_fast_one = pytest.mark.usefixtures("_without_the_fast_one")


def categories(path: Path) -> set[str]:
    """Under which categories samprof's ranges stand in a saved file."""
    events = json.loads(gzip.decompress(path.read_bytes()))["traceEvents"]
    return {event["cat"] for event in events if event["name"].startswith("samprof:")}


def recorded(net: nn.Module, x: Tensor, folder: Path) -> tuple[samprof.Recording, Path]:
    with samprof.profile(net, name="net", granularity="layer") as recording:
        net(x)
    return recording, recording.save(folder)


def test_ranges_are_entered_by_the_fast_one_and_the_file_says_so(x: Tensor, tmp_path: Path) -> None:
    _, path = recorded(small_net(), x, tmp_path)
    assert load_trace(path).recorded["ranges"] == "_RecordFunctionFast"
    assert categories(path) == {"cpu_op"}


@without_the_fast_one
def test_without_it_the_public_one_enters_them_and_the_file_says_so(
    x: Tensor, tmp_path: Path
) -> None:
    net = small_net()
    before = world(net)
    recording, path = recorded(net, x, tmp_path)
    assert_untouched(before, world(net))
    assert load_trace(path).recorded["ranges"] == "record_function"
    assert categories(path) == {"user_annotation"}
    table = recording.layers()
    assert calls(table) == dict.fromkeys(ROWS, 1)
    assert column(table, "depth") == dict(zip(ROWS, [0, 1, 1, 2, 2], strict=True))
    assert table["cpu_self_ns"].sum() == column(table, "cpu_total_ns")["net"] > 0
    assert recording.trace.check().ok


@without_the_fast_one
def test_without_it_recursion_and_other_threads_are_counted(x: Tensor) -> None:
    net = Recursive()
    with samprof.profile(net, name="net") as recording:
        assert net(x, 3).tolist() == [[4.0, 4.0]]
        thread = Thread(target=net, args=(x, 2))
        thread.start()
        thread.join()
    assert calls(recording.layers()) == {"net": 3 + 2}


@without_the_fast_one
def test_without_it_a_forward_that_raises_leaves_no_range_open(x: Tensor) -> None:
    net = FailsInside()
    net.fail_with(ValueError("no"))
    with samprof.profile(net, name="net") as recording:
        with pytest.raises(ValueError, match="no"):
            net(x)
        net.fail_with(None)
        net(x)
    depths = {"net": 0, "net.before": 1, "net.middle": 1, "net.middle.inner": 2, "net.after": 1}
    assert column(recording.layers(), "depth") == depths
    assert calls(recording.layers()) == dict.fromkeys(depths, 2) | {"net.after": 1}


@without_the_fast_one
def test_without_it_another_profiler_gets_the_ranges_too(x: Tensor, tmp_path: Path) -> None:
    net = small_net()
    cpu = [torch.profiler.ProfilerActivity.CPU]
    with torch.profiler.profile(activities=cpu) as theirs, samprof.profile(net, name="net"):
        net(x)
    theirs.export_chrome_trace(str(tmp_path / "theirs.json"))
    trace = load_trace(tmp_path / "theirs.json")
    assert trace.recorded["ranges"] == "record_function"
    assert calls(trace.layers("samprof")) == dict.fromkeys(ROWS, 1)
