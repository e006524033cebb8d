"""Page faults by layer: exact for planted pages, and nothing left behind."""

import mmap
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

import samprof
from samprof.errors import UsageError
from samprof.sweeps.measure import page_faults as paging
from samprof.sweeps.measure.machine.usage import Usage
from samprof.sweeps.measure.page_faults import paging_by_layer

PAGES = 500
linux = pytest.mark.skipif(not hasattr(mmap, "MADV_NOHUGEPAGE"), reason="Linux maps page by page")


class Pages(nn.Module):
    """Touches fresh pages, one after the other."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        with mmap.mmap(-1, PAGES * mmap.PAGESIZE) as memory:
            memory.madvise(mmap.MADV_NOHUGEPAGE)
            for page in range(PAGES):
                memory[page * mmap.PAGESIZE] = 1
        return x


class Again(nn.Module):
    """Calls itself once, and pages inside each call."""

    def __init__(self) -> None:
        super().__init__()
        self.pages = Pages()
        self.inside = False

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.inside:
            self.inside = True
            x = self(x)
            self.inside = False
        return self.pages(x)


class Net(nn.Module):
    def __init__(self, second: nn.Module) -> None:
        super().__init__()
        self.first = nn.Linear(4, 4)
        self.second = second
        self.unused = nn.Linear(4, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.second(self.first(x))


class Fails(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        raise RuntimeError("planted")


X = torch.zeros(1, 4)


def hooks(module: nn.Module) -> int:
    return sum(
        len(child._forward_hooks) + len(child._forward_pre_hooks) for child in module.modules()
    )


def called(net: nn.Module) -> Callable[[], Any]:
    net(X)
    return lambda: net(X)


@linux
def test_faults_stand_with_the_layer_that_touched_the_pages() -> None:
    net = Net(Pages())
    table = paging_by_layer(net, called(net), forwards=3).set_index("path")
    assert table.index.tolist() == ["Net", "Net.first", "Net.second"]
    assert PAGES <= table.at["Net.second", "faults"] < PAGES + 100
    assert table.at["Net.first", "faults"] < 100
    assert table.at["Net", "faults"] >= table.at["Net.second", "faults"]
    assert table.at["Net", "wall_ns"] >= table.at["Net.second", "wall_ns"] > 0
    assert hooks(net) == 0


@linux
def test_recursion_is_counted_once() -> None:
    net = Net(Again())
    table = paging_by_layer(net, called(net), forwards=1).set_index("path")
    assert 2 * PAGES <= table.at["Net.second", "faults"] < 2 * PAGES + 100
    assert 2 * PAGES <= table.at["Net.second.pages", "faults"] < 2 * PAGES + 100


@linux
def test_paths_are_those_of_a_recording() -> None:
    net = Net(nn.Sequential(nn.Linear(4, 4), nn.Sequential(nn.Linear(4, 4), nn.ReLU())))
    run = called(net)
    with samprof.profile(net) as recording:
        run()
    recorded = [path for path in recording.layers()["path"] if not path.startswith("(")]
    assert paging_by_layer(net, run)["path"].tolist() == recorded


@linux
def test_system_time_is_shared_out_by_faults(monkeypatch: pytest.MonkeyPatch) -> None:
    # Each look at the counters finds ten faults and 10 us of system time more: 1 us per fault.
    looks = iter(range(1000))

    def usage() -> Usage:
        look = next(looks)
        return Usage(10 * look, 0.0, 1e-5 * look, 0)

    monkeypatch.setattr(paging, "own_usage", usage)
    net = Net(nn.ReLU())
    table = paging_by_layer(net, lambda: net(X), forwards=2).set_index("path")
    # Looks within a forward: root in, first in, first out, second in, second out, root out.
    assert table["faults"].to_dict() == {"Net": 50.0, "Net.first": 10.0, "Net.second": 10.0}
    assert table["system_ns"].to_dict() == {
        "Net": 50_000,
        "Net.first": 10_000,
        "Net.second": 10_000,
    }


def test_hooks_are_removed_after_an_exception() -> None:
    net = Net(Fails())
    with pytest.raises(RuntimeError, match="planted"):
        paging_by_layer(net, lambda: net(X))
    assert hooks(net) == 0


@linux
def test_the_root_of_a_whole_is_all_of_the_run() -> None:
    net, beside = Net(nn.ReLU()), Pages()

    def run() -> None:
        beside(X)
        net(X)

    run()
    table = paging_by_layer(net, run, name="all", whole=True).set_index("path")
    assert table.index.tolist() == ["all", "all.first", "all.second"]
    assert table.at["all", "faults"] >= PAGES
    assert table.at["all.first", "faults"] < 100


def test_without_counters_the_table_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "own_usage", lambda: None)
    net = Net(nn.ReLU())
    table = paging_by_layer(net, lambda: net(X))
    assert table.columns.tolist() == ["path", "faults", "system_ns", "wall_ns"]
    assert table.empty


def test_no_forwards_is_an_error() -> None:
    with pytest.raises(UsageError, match="give 1 or more"):
        paging_by_layer(Net(nn.ReLU()), lambda: None, forwards=0)
