"""Outermost calls are found, counted and recorded, and nothing else changes."""

import os
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import samprof
from samprof.script import watch as watching
from samprof.script.watch import Watch
from tests.record.models import Add, Fails, small_net, tiny_encoder
from tests.support.versions import needs_torch

Watched = Callable[..., AbstractContextManager[Watch]]
X = torch.ones(3, 2)


def counts(watch: Watch) -> dict[str, dict[int | None, tuple[int, int]]]:
    """Root -> size -> calls that were seen, and those whose traces are there."""
    return {
        root.name: {calls.size: (calls.seen, len(calls.traces)) for calls in root.all_calls()}
        for root in watch.register.all_roots()
    }


def paths(trace: Path) -> list[str]:
    return samprof.load(trace, cache=False).layers()["path"].tolist()  # type: ignore[union-attr]


class Outer(nn.Module):
    """Calls `net`, and `net` of `inner` on two examples."""

    def __init__(self) -> None:
        super().__init__()
        self.net = small_net()
        self.inner = nn.Sequential(small_net())

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.net(x).sum() + self.inner(x[:2]).sum()
        return result


def test_only_outermost_calls_are_roots_by_size(watched: Watched) -> None:
    outer, net = Outer(), small_net()
    with watched() as watch:
        for size in (3, 3, 3, 2, 3):
            outer(X[:size])
        for _ in range(4):
            net(X)
    assert counts(watch) == {"Outer": {2: (1, 1), 3: (4, 3)}, "Sequential": {3: (4, 3)}}
    (outer_root, _) = watch.register.roots
    (_, (calls, _)) = outer_root.recorded()
    assert [path.name.partition(".")[0] for path in calls.traces] == [
        "b3-call2",
        "b3-call3",
        "b3-call4",
    ]
    assert paths(calls.traces[0])[:4] == ["Outer", "Outer.net", "Outer.net.0", "Outer.net.1"]
    # One of size 2, three of size 3 and of the other root: the warm-up is gone where others came.
    assert len(list(Path("traces").rglob("*.gz"))) == 7


def test_skip_and_calls_bound_what_is_recorded(watched: Watched) -> None:
    net = small_net()
    with watched(skip=2, calls=3) as watch:
        for _ in range(9):
            net(X)
    assert counts(watch) == {"Sequential": {3: (9, 3)}}
    ((calls, _),) = watch.register.roots[0].recorded()
    assert [path.name.partition(".")[0] for path in calls.traces] == [
        f"b3-call{number}" for number in (3, 4, 5)
    ]


def test_two_modules_of_a_class_are_two_roots_and_passing_ones_are_one(watched: Watched) -> None:
    first, second = Add(), Add()
    with watched() as watch:
        first(X), second(X), first(X)
        for _ in range(30):
            nn.ReLU()(X)
    assert counts(watch) == {"Add": {3: (2, 1)}, "Add-2": {3: (1, 1)}, "ReLU": {3: (30, 5)}}


@pytest.mark.parametrize(
    ("name", "root"),
    [
        ("Sequential", "Sequential"),
        ("tests.script.test_watch.Outer", "Outer"),
        ("inner.0", "Outer.inner.0"),
    ],
)
def test_a_name_narrows_to_a_class_or_to_a_part(name: str, root: str, watched: Watched) -> None:
    outer = Outer()
    with watched(modules=(name,)) as watch:
        for _ in range(2):
            outer(X)
    found = counts(watch)
    assert found[root] == {2 if root == "Outer.inner.0" else 3: (2, 1)}
    assert set(found) == {root, "Sequential-2"} if name == "Sequential" else {root}
    ((_, median),) = watch.register.roots[0].recorded()
    assert paths(median.trace)[0] == root


def test_a_part_of_sam_is_meant_by_what_sam_calls_it(watched: Watched) -> None:
    encoder = nn.Sequential(tiny_encoder())
    with watched(modules=("image_encoder",), calls=1) as watch, torch.no_grad():
        for _ in range(2):
            encoder(torch.ones(1, 3, 64, 64))
    assert counts(watch) == {"image_encoder": {1: (2, 1)}}


def test_a_call_that_raises_raises_the_same_and_its_recording_is_spare(watched: Watched) -> None:
    net = Fails()
    with watched() as watch:
        net.error = ValueError("mine")
        with pytest.raises(ValueError, match="mine"):
            net(X)
        assert counts(watch) == {"Fails": {3: (1, 1)}}
        net.error = None
        net(X)
        net(X)
        net.error = ValueError("mine")
        for _ in range(9):
            with pytest.raises(ValueError, match="mine"):
                net(X)
    assert counts(watch) == {"Fails": {3: (12, 2)}}


def test_results_and_gradients_are_the_same(watched: Watched) -> None:
    def train() -> list[float]:
        torch.manual_seed(0)
        net = nn.Sequential(nn.Linear(2, 4), nn.Dropout(), nn.Linear(4, 1))
        optimizer = torch.optim.SGD(net.parameters(), 0.1)
        losses = []
        for _ in range(4):
            optimizer.zero_grad()
            loss = nn.functional.mse_loss(net(X), X[:, :1])
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            losses.append(loss.item())
        with torch.autocast("cpu", torch.bfloat16), torch.inference_mode():
            return [*losses, net.eval()(X).sum().item()]

    expected = train()
    with watched() as watch:
        assert train() == expected
    assert watch.register.roots[0].trains
    assert not watch.failure


def test_where_the_script_profiles_nothing_is_recorded(watched: Watched) -> None:
    net, inside = Add(), []

    class Profiles(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            with torch.profiler.profile() as profiler:
                result: Tensor = net(x)
            inside.append({event.key for event in profiler.key_averages()})
            return result

    waiting = torch.profiler.schedule(wait=1, warmup=1, active=1, repeat=1)
    seen = []
    with watched() as watch:
        with torch.profiler.profile(
            schedule=waiting, on_trace_ready=lambda one: seen.append(one.events())
        ) as profiler:
            for _ in range(3):
                net(X)
                profiler.step()
        with samprof.profile(net) as recording:
            net(X)
        with torch.autograd.profiler.profile():
            net(X)
        assert watch.profiled == 5
        Profiles()(X)
        assert watch.profiled == 6
        net(X)
    assert counts(watch) == {"Add": {3: (6, 1)}, "Profiles": {3: (1, 0)}}
    assert "aten::add" in {event.name for event in seen[0]}
    assert "aten::add" in inside[0]
    assert recording.layers()["path"].tolist() == ["Add", "(outside)"]
    assert not watch.failure


@needs_torch("2.11")  # in 2.6 exporting a module counts as a call of it
def test_tracing_and_compiling_see_no_difference(watched: Watched) -> None:
    from torch._dynamo.utils import counters

    def frames() -> Any:
        torch._dynamo.reset()
        counters.clear()
        nets = [torch.compile(nn.Sequential(nn.Linear(2, 2)), backend="eager") for _ in range(3)]
        hooked = small_net()
        hooked[0].register_forward_hook(lambda *_: None)
        nets.append(torch.compile(hooked, backend="eager", fullgraph=True))
        nets.append(torch.compile(lambda x: nn.ReLU()(x), backend="eager", fullgraph=True))
        for net in nets * 2:
            net(X)
        return dict(counters["frames"]), dict(counters["stats"]), dict(counters["graph_break"])

    expected = frames()
    net = small_net()
    torch.export.export(net, (X,))  # replaces nn.Module.__init__ for good
    with watched() as watch:
        assert frames() == expected
        before = counts(watch)
        exported = torch.export.export(net, (X,))
        symbolic = torch.fx.symbolic_trace(net)
        traced = torch.jit.trace(net, X, check_trace=False)
        assert counts(watch) == before
    assert torch.equal(exported.module()(X), net(X))
    assert torch.equal(symbolic(X), net(X))
    assert torch.equal(traced(X), net(X))
    assert before["Sequential-4"] == {3: (2, 1)}


def test_calls_of_all_threads_are_counted_and_recorded_one_at_a_time(watched: Watched) -> None:
    net = small_net()
    with watched(calls=4) as watch:
        threads = [threading.Thread(target=lambda: [net(X) for _ in range(5)]) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for _ in range(9):
            net(X)
    assert counts(watch) == {"Sequential": {3: (29, 4)}}
    assert not watch.failure


def test_a_failure_ends_the_recording_and_not_the_call(watched: Watched, tmp_path: Path) -> None:
    net = small_net()
    with watched() as watch:
        (tmp_path / "traces").write_text("a file where the directory should be")
        assert torch.equal(net(X), net(X))
    assert counts(watch) == {"Sequential": {3: (2, 0)}}
    assert "File exists" in watch.failure


def test_a_forked_process_is_not_watched(watched: Watched) -> None:
    original = nn.Module.__call__
    with watched() as watch:
        child = os.fork()
        if child == 0:
            os._exit(0 if nn.Module.__call__ is original else 1)
        assert os.waitpid(child, 0)[1] == 0
        assert nn.Module.__call__ is not original
    assert counts(watch) == {}


def test_more_roots_than_fit_are_counted_together(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("samprof.script.register.MOST_ROOTS", 2)
    nets = [Add(number) for number in range(4)]
    with watched() as watch:
        for net in nets:
            net(X)
    one = {3: (1, 1)}
    assert counts(watch) == {"Add": one, "Add-2": one, "(other modules)": {3: (2, 0)}}


def test_what_others_replaced_meanwhile_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    original = nn.Module.__call__
    monkeypatch.setattr(nn.Module, "__call__", original)
    watch = Watch(watching.Settings(), watching.Folder(None, Path("x")))
    watch.start()
    theirs: Any = lambda self, *args: original(self, *args)  # noqa: E731
    nn.Module.__call__ = theirs  # type: ignore[method-assign]
    watch.stop()
    assert nn.Module.__call__ is theirs


def test_an_interrupt_while_a_window_opens_ends_it(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    net = small_net()
    with watched(skip=0) as watch:
        with monkeypatch.context() as patch:

            def interrupted() -> None:
                raise KeyboardInterrupt

            patch.setattr("samprof.script.recorded_call._launch_kernels_to_lose", interrupted)
            with pytest.raises(KeyboardInterrupt):
                net(X)
        assert not torch._C._autograd._profiler_enabled()
        assert "forward" not in vars(net)
        net(X)  # a script may catch it and go on
    assert counts(watch) == {"Sequential": {3: (2, 1)}}
