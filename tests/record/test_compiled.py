"""Recordings of modules that Inductor compiled, here for the CPU: their kernels by layer.

One module is compiled for all tests of a process; that takes seconds, a second time less.
"""

import configparser
import inspect
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch._dynamo.backends import registry
from torch._dynamo.utils import counters

import samprof
from samprof.record import compiled as compiled_module
from samprof.record.compiled import event_name, inductor
from samprof.trace import Trace, load_trace
from samprof.trace.model.provenance import HOW
from tests.support.paths import ROOT
from tests.support.versions import needs_torch

pytestmark = [
    pytest.mark.skipif(shutil.which("g++") is None, reason="needs a C++ compiler"),
    needs_torch("2.11"),
]
SPLIT = "compiled region, split by what its kernels were made from"
NOT_SPLIT = "compiled region, not split"
IMAGE = (2, 8)


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(8)
        self.first = nn.Linear(8, 16)
        self.act = nn.GELU()
        self.second = nn.Linear(16, 8)

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = x + self.second(self.act(self.first(self.norm(x))))
        return result


class Single(nn.Module):
    """One layer in a class of its own: `Module.compile()` of torch 2.11 compiles none of torch's."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.layer(x)
        return result


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.ModuleList([Block(), Block()])

    def forward(self, x: Tensor) -> Tensor:
        x = x * 2
        for block in self.blocks:
            x = block(x)
        return x


def graphs() -> tuple[int, int]:
    """How many graphs dynamo has made, and how many times it broke one."""
    return counters["stats"]["unique_graphs"], sum(counters["graph_break"].values())


def layers_of(trace: Trace) -> dict[str, Any]:
    table = trace.layers()
    return {row["path"]: row for row in table.to_dict("records") if row["path"] != "(outside)"}


@pytest.fixture(scope="module")
def x() -> Tensor:
    return torch.randn(IMAGE, generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope="module")
def net(x: Tensor) -> Iterator[nn.Module]:
    """Compiled for this input, and what it gave before."""
    torch._dynamo.reset()
    counters.clear()
    torch.manual_seed(0)
    module = Net().eval()
    with torch.no_grad():
        module.expected = module(x)
        module.compile(dynamic=False, fullgraph=True, backend=inductor)
        module(x)
    yield module
    torch._dynamo.reset()


@pytest.fixture
def record(net: nn.Module, x: Tensor) -> Callable[..., Any]:
    def recorded(granularity: Any = "layer", calls: int = 2) -> Any:
        with torch.no_grad(), samprof.profile(net, name="net", granularity=granularity) as found:
            for _ in range(calls):
                net(x)
        return found

    return recorded


def test_every_layer_has_its_kernels_or_shares_some(record: Callable[..., Any]) -> None:
    trace = record().trace
    rows = layers_of(trace)
    assert {path: (row["depth"], row["calls"]) for path, row in rows.items()} == {
        "net": (0, 2),
        # The doubling is the net's own.
        "net.(self) + blocks.0.norm": (1, 2),
        "net.blocks.0": (1, 2),
        "net.blocks.0.first": (2, 2),
        "net.blocks.0.act": (2, 2),
        "net.blocks.0.second": (2, 2),
        "net.(self) + blocks.0 + blocks.1.norm": (1, 2),
        "net.blocks.1": (1, 2),
        "net.blocks.1.first": (2, 2),
        "net.blocks.1.act": (2, 2),
        "net.blocks.1.second": (2, 2),
        "net.(self) + blocks.0 + blocks.1": (1, 2),
    }
    assert rows["net.(self) + blocks.0.norm"]["type"] == "fused"
    assert rows["net.blocks.1.act"]["type"] == "GELU"
    assert rows["net"]["note"].startswith(SPLIT)
    check = trace.check()
    assert check.ok
    assert trace.layers()["cpu_self_ns"].sum() == check.total_ns
    # The FLOPs of a matrix product stand with its layer: 2 * 2 rows * 8 * 16, in each of two calls.
    assert rows["net.blocks.0.first"]["matrix_flops"] == 2 * 2 * 2 * 8 * 16
    assert rows["net"]["matrix_flops"] == 8 * 2 * 2 * 8 * 16
    # What a C++ kernel computes is not known, which is not nothing.
    assert rows["net.blocks.0.act"]["ops_without_formula"] == 2


def test_at_the_granularity_of_blocks_their_parts_are_one_row(
    record: Callable[..., Any],
) -> None:
    rows = layers_of(record("block").trace)
    assert list(rows) == [
        "net",
        "net.(self) + blocks.0.norm",
        "net.blocks.0",
        "net.blocks.0.first",
        "net.blocks.0.act",
        "net.blocks.0.second",
        *[path for path in rows if path.startswith(("net.blocks.1", "net.(self) + blocks.0 +"))],
    ]


def test_recording_compiles_nothing_and_changes_no_output(
    net: Any, x: Tensor, record: Callable[..., Any]
) -> None:
    assert graphs() == (1, 0)
    for granularity in ("block", "layer", "op"):
        record(granularity)
        assert graphs() == (1, 0)
    with torch.no_grad():
        torch.testing.assert_close(net(x), net.expected)
    assert graphs() == (1, 0)


def test_a_saved_trace_is_split_the_same(tmp_path: Path, record: Callable[..., Any]) -> None:
    recording = record()
    path = recording.save(tmp_path)
    expected, found = recording.layers(), load_trace(path).layers()
    assert found.equals(expected)
    script = (
        "import sys, samprof\n"
        f"trace = samprof.load({str(path)!r})\n"
        "assert 'torch' not in sys.modules\n"
        "print(len(trace.layers()))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.strip() == str(len(expected)), done.stderr


def test_another_shape_is_another_graph_with_its_own_kernels(net: Any, x: Tensor) -> None:
    more = torch.cat([x, x])
    with torch.no_grad():
        net(more)  # compiles
        made = graphs()
        with samprof.profile(net, name="net", granularity="layer") as recording:
            net(x)
            net(more)
    assert graphs() == made == (2, 0)
    rows = layers_of(recording.trace)
    assert rows["net.blocks.0.first"]["calls"] == 2
    assert rows["net.blocks.0.first"]["matrix_flops"] == (2 + 4) * 2 * 8 * 16
    assert len(recording.trace.recorded["compiled"]) >= 2
    assert NOT_SPLIT not in rows["net"]["note"]


def test_compiling_inside_of_a_recording_is_not_time_of_a_layer(x: Tensor) -> None:
    class Twice(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x * 2 + 1

    module = Single(Twice())
    module.compile(dynamic=False, backend=inductor)
    with torch.no_grad(), samprof.profile(module, name="net", granularity="layer") as recording:
        module(x)
    rows = layers_of(recording.trace)
    # A kernel of microseconds, inside of a call that took the compiler's time.
    assert rows["net.layer"]["cpu_total_ns"] < rows["net"]["cpu_self_ns"] / 10
    assert recording.trace.check().ok


def test_a_wrapper_has_the_paths_of_what_it_wraps(net: Any, x: Tensor) -> None:
    wrapped: Any = torch.compile(Block().eval(), dynamic=False, backend=inductor)
    holder = nn.ModuleDict({"part": wrapped})
    holder.forward = lambda x: holder["part"](x)  # type: ignore[method-assign]
    with torch.no_grad():
        holder(x)
        with samprof.profile(holder, name="net", granularity="layer") as recording:
            holder(x)
    paths = list(layers_of(recording.trace))
    assert "net.part.first" in paths
    assert not [path for path in paths if "_orig_mod" in path]


def test_a_graph_of_a_function_says_that_it_is_one(net: Any, x: Tensor) -> None:
    block = Block().eval()
    function = torch.compile(lambda x: block(x) * 2, dynamic=False, backend=inductor)

    class Around(nn.Module):
        def forward(self, x: Tensor) -> Any:
            return function(x)

    module = Around()
    with torch.no_grad():
        module(x)
        with samprof.profile(module, name="net") as recording:
            module(x)
    note = layers_of(recording.trace)["net"]["note"]
    assert note.startswith(f"{NOT_SPLIT}: ")
    assert note.endswith(("is not inside of one compiled module", "but around it"))
    assert recording.trace.check().ok


class Breaking(nn.Module):
    """A forward that dynamo compiles in two parts."""

    def __init__(self) -> None:
        super().__init__()
        self.parts = nn.ModuleList([nn.Linear(8, 8)])

    def forward(self, x: Tensor) -> Tensor:
        x = self.parts[0](x)
        torch._dynamo.graph_break()
        result: Tensor = self.parts[0](x) * 2
        return result


def test_behind_a_graph_break_what_is_split_is_right(x: Tensor) -> None:
    module = Breaking().eval()
    module.compile(dynamic=False, backend=inductor)
    with torch.no_grad():
        module(x)
        module(x)
        with samprof.profile(module, name="net", granularity="layer") as recording:
            module(x)
    rows = layers_of(recording.trace)
    assert {path: row["calls"] for path, row in rows.items()} == {"net": 1, "net.parts.0": 2}
    assert rows["net"]["note"].startswith(SPLIT)
    assert recording.trace.check().ok


def test_blocks_that_are_compiled_one_by_one_share_a_graph(x: Tensor) -> None:
    torch.manual_seed(0)
    module = Net().eval()
    for block in module.blocks:
        block.compile(dynamic=False, backend=inductor)
    with torch.no_grad():
        module(x)
        made = graphs()
        with samprof.profile(module, name="net", granularity="layer") as recording:
            module(x)
    rows = layers_of(recording.trace)
    parts = ("norm", "first", "act", "second")
    blocks = [f"net.blocks.{number}" for number in (0, 1)]
    assert set(rows) == {"net", *blocks, *(f"{block}.{part}" for block in blocks for part in parts)}
    assert all(rows[block]["note"].startswith(SPLIT) for block in blocks)
    assert graphs() == made
    assert recording.trace.check().ok


def test_what_torch_compiled_by_itself_says_how_to_see_its_layers(x: Tensor) -> None:
    module = Single(nn.Linear(8, 8)).eval()
    module.compile(dynamic=False)
    with torch.no_grad():
        module(x)
        with samprof.profile(module, name="net") as recording:
            module(x)
    note = layers_of(recording.trace)["net"]["note"]
    assert note == f"{NOT_SPLIT}: {HOW}"


def test_a_backward_is_not_split_and_is_correct(x: Tensor) -> None:
    torch.manual_seed(0)
    module = Block()
    module(x).sum().backward()
    expected = [parameter.grad for parameter in module.parameters()]
    module.zero_grad(set_to_none=True)
    module.compile(dynamic=False, backend=inductor)
    module(x).sum().backward()
    module.zero_grad(set_to_none=True)
    with samprof.profile(module, name="net", granularity="layer") as recording:
        module(x).sum().backward()
    for parameter, gradient in zip(module.parameters(), expected, strict=True):
        torch.testing.assert_close(parameter.grad, gradient)
    assert "net.first" in layers_of(recording.trace)
    assert recording.trace.check().ok


def test_a_torch_without_provenance_compiles_all_the_same_and_says_so(
    x: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiled_module, "_SETTINGS", {"trace.of_tomorrow": 1})
    monkeypatch.setattr(compiled_module, "_unknown", {})
    module = Single(nn.Linear(8, 8)).eval()
    expected = module(x)
    module.compile(dynamic=False, backend=inductor)
    with torch.no_grad():
        torch.testing.assert_close(module(x), expected)
        with samprof.profile(module, name="net") as recording:
            module(x)
    note = layers_of(recording.trace)["net"]["note"]
    assert note.startswith(f"{NOT_SPLIT}: torch {torch.__version__} cannot tell")
    assert "\n" not in note


@pytest.mark.parametrize(
    ("kernel", "event"),
    [
        ("extern_kernels.addmm", "aten::addmm"),
        ("aten.convolution", "aten::convolution"),
        ("torch.ops.aten.bmm.default", "aten::bmm"),
        ("torch.ops.mkldnn._linear_pointwise.default", "mkldnn::_linear_pointwise"),
        ("cpp_fused_add_0", "cpp_fused_add_0"),
        ("triton_poi_fused_add_0", "triton_poi_fused_add_0"),
    ],
)
def test_kernels_are_named_as_the_profiler_names_them(kernel: str, event: str) -> None:
    assert event_name(kernel) == event


def test_what_is_written_is_plain_json(record: Callable[..., Any]) -> None:
    record()
    assert json.loads(json.dumps(compiled_module.noted())) is not None


def test_torch_finds_the_backend_by_its_name() -> None:
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg")
    ((name, value),) = parser.items("options.entry_points", raw=True)[-1:]
    assert f'"{name}"' in inspect.getsource(registry)
    backend, place = value.split("=")
    point = EntryPoint(backend.strip(), place.strip(), name)
    assert point.name == compiled_module.BACKEND
    assert point.load() is inductor
