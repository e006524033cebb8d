"""Forwards on other threads are counted, with and without memory, and recordings of other threads."""

import gzip
import json
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

import samprof
from samprof.trace import Trace
from tests.record.models import Add, FailsInside, calls, small_net
from tests.record.snapshot import assert_untouched, world

both_ways = pytest.mark.parametrize("memory", [True, False], ids=["memory", "no memory"])


def on_threads(count: int, work: Callable[[], object]) -> list[BaseException]:
    """Runs the work on so many threads at once; returns what they raised."""
    raised: list[BaseException] = []
    together = threading.Barrier(count)

    def run() -> None:
        together.wait()
        try:
            work()
        except BaseException as error:
            raised.append(error)

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


@both_ways
def test_calls_of_all_threads_are_counted(memory: bool, x: Tensor) -> None:
    net = small_net()
    before = world(net)
    with samprof.profile(net, name="net", memory=memory) as recording:
        net(x)
        assert not on_threads(3, lambda: [net(x) for _ in range(5)])
    assert_untouched(before, world(net))
    rows = ["net", "net.0", "net.1", "net.1.0", "net.1.1"]
    table = recording.layers()
    assert calls(table) == dict.fromkeys(rows, 1 + 3 * 5)
    # One thread's ranges never lie inside another's: each call of net is outermost.
    ranges = recording.trace.ranges("samprof")
    depth = {ranges.paths[node]: set() for node in ranges.node.tolist()}  # type: ignore[var-annotated]
    for node, level in zip(ranges.node.tolist(), ranges.nesting.depth.tolist(), strict=True):
        depth[ranges.paths[node]].add(level)
    assert depth == {"net": {0}, "net.0": {1}, "net.1": {1}, "net.1.0": {2}, "net.1.1": {2}}
    assert table["cpu_self_ns"].sum() == table[table["depth"] == 0]["cpu_total_ns"].sum()
    assert recording.trace.check().ok


@both_ways
def test_a_forward_that_raises_on_another_thread_leaves_no_range_open(
    memory: bool, x: Tensor
) -> None:
    net = FailsInside()
    with samprof.profile(net, name="net", memory=memory) as recording:
        net.fail_with(ValueError("no"))
        assert [str(error) for error in on_threads(2, lambda: net(x))] == ["no", "no"]
        net.fail_with(None)
        assert not on_threads(2, lambda: net(x))
    rows = dict.fromkeys(["net", "net.before", "net.middle", "net.middle.inner"], 4)
    assert calls(recording.layers()) == rows | {"net.after": 2}
    assert recording.trace.check().ok


@both_ways
def test_keyword_arguments_of_a_forward_reach_it_on_another_thread(memory: bool) -> None:
    class Keywords(nn.Module):
        def forward(self, **arguments: Tensor) -> dict[str, Tensor]:
            return arguments

    net = Keywords()
    names = ("name", "call", "args", "kwargs", "x", "input")
    given = dict.fromkeys(names, torch.ones(1))
    found: list[dict[str, Tensor]] = []
    with samprof.profile(net, memory=memory) as recording:
        assert not on_threads(1, lambda: found.append(net(**given)))
    assert found == [given]
    assert calls(recording.layers()) == {"Keywords": 1}


@both_ways
def test_an_inner_recording_counts_the_calls_of_other_threads_in_its_window(
    memory: bool, x: Tensor
) -> None:
    net = Add()
    with samprof.profile(net, name="net", memory=memory) as outer:
        assert not on_threads(2, lambda: net(x))
        with samprof.profile(net, name="net", memory=memory) as inner:
            assert not on_threads(2, lambda: net(x))
            net(x)
    assert calls(inner.layers()) == {"net": 3}
    assert calls(outer.layers()) == {"net": 5}


@both_ways
def test_a_recording_on_another_thread_inside_one_has_its_own_window(
    memory: bool, x: Tensor
) -> None:
    net, other = Add(), Add()
    inner: list[samprof.Recording] = []

    def work() -> None:
        other(x)
        with samprof.profile(other, name="other", memory=memory) as recording:
            other(x)
        inner.append(recording)

    with samprof.profile(net, name="net", memory=memory) as outer:
        net(x)
        assert not on_threads(1, work)
        net(x)
    assert calls(outer.layers()) == {"net": 2, "other": 1}
    assert calls(inner[0].layers()) == {"other": 1}


def test_a_call_that_outlasts_its_recording_is_not_in_the_next_one(x: Tensor) -> None:
    entered, go_on = threading.Event(), threading.Event()

    class Waits(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            entered.set()
            go_on.wait()
            return x

    net = Waits()
    before = world(net)
    thread = threading.Thread(target=net, args=(x,))
    with samprof.profile(net, name="net"):
        thread.start()
        entered.wait()
    with samprof.profile(net, name="net") as following:
        go_on.set()
        thread.join()
        net(x)
    assert_untouched(before, world(net))
    assert calls(following.layers()) == {"net": 1}


def test_a_kernel_that_another_thread_launches_belongs_to_its_layer(
    x: Tensor, tmp_path: Path
) -> None:
    net = small_net()
    idents: list[int] = []

    def work() -> None:
        idents.append(threading.get_ident())
        net(x)

    with samprof.profile(net, name="net", memory=True) as recording:
        # One after the other: the system likes to give the second the pthread id of the first.
        assert not on_threads(1, work)
        assert not on_threads(1, work)
    trace = json.loads(gzip.decompress(recording.save(tmp_path).read_bytes()))
    ranges = [e for e in trace["traceEvents"] if e.get("name") == "samprof:net"]
    for number, (ident, event) in enumerate(zip(idents, ranges, strict=True)):
        # What CUPTI and Kineto make of the thread: abs(int32(low bits)).
        low = ident & 0xFFFF_FFFF
        launch = {"ph": "X", "cat": "cuda_runtime", "name": "cudaLaunchKernel", "dur": 0.001}
        launch |= {"pid": event["pid"], "tid": min(low, 2**32 - low), "ts": event["ts"]}
        kernel = {"ph": "X", "cat": "kernel", "name": "gemm", "pid": 0, "tid": 7, "dur": 5.0}
        args = {"correlation": number, "device": 0, "stream": 7}
        trace["traceEvents"] += [launch | {"args": args}, kernel | {"args": args, "ts": 0}]
    planted = tmp_path / "planted.json"
    planted.write_text(json.dumps(trace))
    loaded = samprof.load(planted, cache=False)
    assert isinstance(loaded, Trace)
    assert loaded.kernels()["owner"].tolist() == ["net", "net"]
    assert loaded.layers().set_index("path").loc["net", "device_self_ns"] == 10_000
