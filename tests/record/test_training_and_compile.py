"""Recordings of training, of activation checkpointing, and of compiled and traced modules."""

import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch._dynamo.utils import counters
from torch.utils.checkpoint import checkpoint

import samprof
from samprof.trace.model.events import Kind
from tests.record.models import OUTSIDE, Holder, calls, chains, column, small_net, tiny_encoder
from tests.record.snapshot import assert_untouched, world
from tests.support.versions import needs_torch

COMPILED = "compiled region, not split"
NET = {"net": 1, "net.0": 1, "net.1": 1, "net.1.0": 1, "net.1.1": 1}

backends = pytest.mark.parametrize("backend", ["eager", "aot_eager"])


@pytest.fixture(autouse=True)
def _fresh_dynamo() -> Iterator[None]:
    torch._dynamo.reset()
    counters.clear()
    yield
    torch._dynamo.reset()


def graphs() -> tuple[int, int]:
    """How many graphs dynamo has made, and how many times it broke one."""
    return counters["stats"]["unique_graphs"], sum(counters["graph_break"].values())


def test_forward_and_backward_are_recorded_and_linked(x: Tensor) -> None:
    net = small_net()
    with samprof.profile(net, name="net") as recording:
        net(x).sum().backward()
    trace = recording.trace
    assert calls(trace.layers()) == NET
    assert trace.check().ok
    # The backward runs outside every forward; of the sum, and of sums of gradients, it stays there.
    assert trace.check().outside_ns > 0
    layers = trace.layers().set_index("path")
    ranges = trace.ranges()
    in_forward = int((ranges.nesting.end - ranges.nesting.start)[ranges.nesting.parent < 0].sum())
    assert layers.loc["net", "cpu_total_ns"] > in_forward
    assert set(layers.loc[list(NET), "phase"]) == {"both"}
    forward, backward = (
        trace.events.link[trace.events.of(kind)].tolist()
        for kind in (Kind.FLOW_FORWARD, Kind.FLOW_BACKWARD)
    )
    # Linear, Linear, ReLU and the sum are at least four ops with a backward.
    assert len(set(backward)) >= 4
    assert set(backward) <= set(forward)
    names = {trace.names[trace.events.name[row]] for row in trace.events.of(Kind.OP)}
    assert "autograd::engine::evaluate_function: AddmmBackward0" in names


def test_the_gradients_are_those_without_a_recording(x: Tensor) -> None:
    net = small_net()
    net(x).sum().backward()
    expected = [parameter.grad for parameter in net.parameters()]
    net.zero_grad(set_to_none=True)
    with samprof.profile(net):
        net(x).sum().backward()
    for parameter, gradient in zip(net.parameters(), expected, strict=True):
        assert parameter.grad is not None
        assert gradient is not None
        assert torch.equal(parameter.grad, gradient)


@pytest.mark.parametrize("use_reentrant", [True, False])
def test_checkpointed_layers_are_counted_again_in_the_backward(use_reentrant: bool) -> None:
    class Checkpointed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.part = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
            self.last = nn.Linear(2, 2)

        def forward(self, x: Tensor) -> Tensor:
            kept = checkpoint(self.part, x, use_reentrant=use_reentrant)
            result: Tensor = self.last(kept)
            return result

    net = Checkpointed()
    before = world(net)
    with samprof.profile(net, name="net") as recording:
        net(torch.ones(1, 2, requires_grad=True)).sum().backward()
    assert calls(recording.layers()) == {
        "net": 1,
        "net.part": 2,
        "net.part.0": 2,
        "net.part.1": 2,
        "net.last": 1,
    }
    assert recording.trace.check().ok
    for parameter in net.parameters():
        assert parameter.grad is not None
        parameter.grad = None
    assert_untouched(before, world(net))


@pytest.mark.parametrize(
    ("granularity", "backend"), [("layer", "aot_eager"), ("layer", "eager"), ("op", "eager")]
)
@pytest.mark.parametrize("how", ["function", "method"])
def test_a_compiled_module_is_one_row(how: str, granularity: Any, backend: str, x: Tensor) -> None:
    net: Any = chains()
    if how == "method":
        net.compile(backend=backend, fullgraph=True)
    else:
        net = torch.compile(net, backend=backend, fullgraph=True)
    expected, made = net(x), graphs()
    with samprof.profile(net, name="net", granularity=granularity) as recording:
        assert torch.equal(net(x), expected)
        net(x)
    table = recording.layers()
    assert calls(table) == {"net": 2}
    assert column(table, "type") == {"net": "Chain"}
    assert column(table, "note") == {"net": COMPILED}
    assert graphs() == made == (1, 0)
    assert recording.trace.check().ok
    net(x)
    assert graphs() == made


@backends
@pytest.mark.parametrize("how", ["function", "method"])
def test_a_compiled_child_is_one_row_and_not_compiled_again(
    how: str, backend: str, x: Tensor
) -> None:
    net: Any = chains()
    if how == "method":
        net[1].compile(backend=backend, fullgraph=True)
    else:
        net[1] = torch.compile(net[1], backend=backend, fullgraph=True)
    net(x)
    made, before = graphs(), world(net)
    for _ in range(3):
        with samprof.profile(net, name="net", granularity="layer") as recording:
            net(x)
    assert calls(recording.layers()) == {"net": 1, "net.0": 1, "net.1": 1}
    assert column(recording.layers(), "type")["net.1"] == "Chain"
    assert column(recording.layers(), "note") == {"net": "", "net.0": "", "net.1": COMPILED}
    assert graphs() == made == (1, 0)
    assert_untouched(before, world(net))


@needs_torch("2.11")
@backends
def test_plain_modules_in_a_compiled_function_do_not_break_its_graph(
    backend: str, x: Tensor
) -> None:
    net = small_net()
    step: Callable[[Tensor], Tensor] = torch.compile(
        lambda x: net(x) + 1, backend=backend, fullgraph=True
    )
    expected = step(x)
    made = []
    for _ in range(10):
        with samprof.profile(net, name="net", granularity="op") as recording:
            assert torch.equal(step(x), expected)
        made.append(graphs())
    # The modules look different inside a recording: one more graph, and no further one later on.
    assert set(made) == {(2, 0)}
    assert calls(recording.layers()) == {}
    assert recording.layers()["path"].tolist() == [OUTSIDE]
    assert torch.equal(step(x), expected)
    assert graphs() == (2, 0)


def test_compiling_inside_a_recording_compiles_the_plain_module(x: Tensor) -> None:
    net = Holder(["part"])
    with samprof.profile(net, name="net", granularity="op") as recording:
        compiled: Any = torch.compile(net, backend="eager", fullgraph=True)
        assert compiled(x).tolist() == [[2.0, 2.0]]
        compiled(x)
    assert graphs() == (1, 0)
    assert calls(recording.layers()) == {}
    assert compiled(x).tolist() == [[2.0, 2.0]]
    assert "forward" not in net.__dict__


def test_the_encoder_compiles_without_a_break_inside_a_recording(
    encoder: nn.Module, image: Tensor
) -> None:
    compiled: Any = torch.compile(encoder, backend="eager", fullgraph=True)
    with torch.no_grad(), samprof.profile(encoder, granularity="op") as recording:
        torch.testing.assert_close(compiled(image), encoder(image))
    assert graphs() == (1, 0)
    # Only the eager call entered ranges.
    assert calls(recording.layers())["image_encoder"] == 1


@pytest.mark.parametrize("granularity", ["block", "layer", "op"])
def test_a_compiled_encoder_is_not_compiled_again(
    granularity: Any, encoder: nn.Module, image: Tensor
) -> None:
    class Around(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.compiled = torch.compile(encoder, backend="eager", fullgraph=True)
            self.image_encoder = tiny_encoder()

        def forward(self, x: Tensor) -> Any:
            return self.compiled(x)

    net = Around()
    home = sys.modules[type(encoder).__module__]
    with torch.no_grad():
        net(image)
        made, before = graphs(), world(net)
        for root in (net, net.compiled):
            with samprof.profile(root, name="net", granularity=granularity) as recording:
                assert vars(home) == before[home.__name__]
                root(image)
            assert graphs() == made == (1, 0)
    assert calls(recording.layers()) == {"net": 1}
    assert_untouched(before, world(net))


@pytest.mark.filterwarnings("ignore:`torch.jit:FutureWarning")
@pytest.mark.filterwarnings("ignore:`torch.jit")
def test_a_scripted_child_is_one_row(x: Tensor) -> None:
    net = small_net()
    net[1] = torch.jit.script(net[1])
    before = world(net)
    with samprof.profile(net, name="net", granularity="op") as recording:
        net(x)
    assert calls(recording.layers())["net.1"] == 1
    assert [path for path in calls(recording.layers()) if path.startswith("net.1.")] == []
    assert_untouched(before, world(net))


@pytest.mark.filterwarnings("ignore:`torch.jit:FutureWarning")
def test_a_traced_child_is_one_row(x: Tensor) -> None:
    net = small_net()
    trace: Any = torch.jit.trace
    net[1] = trace(net[1], x)
    expected = net(x)
    before = world(net)
    with samprof.profile(net, name="net", granularity="layer") as recording:
        assert torch.equal(net(x), expected)
        net(x)
    assert calls(recording.layers()) == {"net": 2, "net.0": 2, "net.1": 2}
    assert recording.trace.check().ok
    assert_untouched(before, world(net))


@pytest.mark.filterwarnings("ignore:`torch.jit:FutureWarning")
@pytest.mark.filterwarnings("ignore:`torch.jit")
def test_a_scripted_module_is_one_row(x: Tensor) -> None:
    net = torch.jit.script(small_net())
    with samprof.profile(net, name="net") as recording:
        net(x)
    assert calls(recording.layers()) == {"net": 1}


@needs_torch("2.11")
def test_tracing_and_exporting_inside_a_recording_give_the_plain_module(x: Tensor) -> None:
    net = small_net()
    expected = net(x)
    with samprof.profile(net):
        trace: Any = torch.jit.trace
        traced = trace(net, x)
        exported = torch.export.export(net, (x,)).module()
    assert torch.equal(traced(x), expected)
    assert torch.equal(exported(x), expected)
