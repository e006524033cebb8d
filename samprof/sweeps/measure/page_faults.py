"""Page faults by layer: where a model touches memory that the operating system must map first."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pandas as pd
import torch
from torch import nn

from samprof.errors import UsageError
from samprof.record.ranges.labels import ModelLabels
from samprof.record.ranges.select import select
from samprof.record.session import synchronize
from samprof.sweeps.measure.machine.usage import Usage, own_usage


@dataclass(slots=True)
class _Layer:
    """What a layer was seen to do. Inside itself, as in a recursion, it counts once."""

    depth: int = 0
    start_faults: int = 0
    start_ns: int = 0
    faults: int = 0
    wall_ns: int = 0

    def enter(self) -> None:
        self.depth += 1
        if self.depth == 1:
            self.start_faults, self.start_ns = _faults(), time.perf_counter_ns()

    def leave(self) -> None:
        self.depth -= 1
        if self.depth == 0:
            self.wall_ns += time.perf_counter_ns() - self.start_ns
            self.faults += _faults() - self.start_faults


def paging_by_layer(
    module: nn.Module,
    run: Callable[[], Any],
    *,
    labels: ModelLabels | None = None,
    name: str | None = None,
    whole: bool = False,
    forwards: int = 2,
) -> pd.DataFrame:
    """One row per layer: page faults, system time and wall time per forward, without the profiler.

    Faults are those of all threads of the process (RUSAGE_SELF): PyTorch's worker threads touch pages
    too. On two threads RUSAGE_THREAD saw 47 % of an encoder's 18,478 faults at batch 1 and 50 % of
    272,290 at batch 8; on one thread, all of them. What an unrelated thread touches meanwhile, such as
    a data loader's, is counted as well.

    The system time of a layer is its faults times what a fault cost in the whole: the kernel samples
    system time in ticks of some milliseconds, which say nothing about a single layer. So it is the
    system time of page faults, on the assumption that all system time of the forwards was theirs.

    Functions have no rows, nor do layers inside a region that torch.compile compiled.

    Args:
        module: the model.
        run: one forward of it, with inputs that are there already; call it warm.
        labels: of the model's parts.
        name: the first part of every path; None for what is known of the model, or its class.
        whole: `run` is more than a forward of `module`, and the root's row is all of it.
        forwards: how many to run.

    Returns:
        path (as at granularity "block"), faults, system_ns, wall_ns: per forward and with all that is
        inside; in the order in which layers were first entered. Empty where the system does not count
        page faults.

    Raises:
        UsageError: forwards is not a positive number.
    """
    if forwards < 1:
        cause = "not a number of forwards"
        raise UsageError("paging", f"forwards={forwards}", cause, "give 1 or more")
    selection = select(module, name, "block", labels or ModelLabels(), whole=whole)
    entered: dict[str, _Layer] = {}
    root = _Layer()
    start = own_usage()
    if start is None:
        return _table({}, 0.0, forwards)
    with ExitStack() as hooks:
        for child, path in selection.modules.items():
            _watch(child, path, entered, hooks)
        for _ in range(forwards):
            root.enter()
            run()
            synchronize()
            root.leave()
    end = own_usage()
    assert end is not None
    if selection.root not in entered:  # its own range stands around all of it, or it is compiled
        entered = {selection.root: root, **entered}
    return _table(entered, _system_ns_per_fault(end.since(start)), forwards)


def _watch(module: nn.Module, path: str, entered: dict[str, _Layer], hooks: ExitStack) -> None:
    """Hooks the module until the stack is closed."""
    layer = _Layer()
    is_compiling = torch.compiler.is_compiling

    def before(*_: Any) -> None:
        if not is_compiling():
            entered.setdefault(path, layer)
            layer.enter()

    def after(*_: Any) -> None:
        if not is_compiling() and layer.depth:
            layer.leave()

    hooks.callback(module.register_forward_pre_hook(before).remove)
    hooks.callback(module.register_forward_hook(after, always_call=True).remove)


def _faults() -> int:
    used = own_usage()
    return used.minor_faults if used is not None else 0


def _system_ns_per_fault(used: Usage) -> float:
    return used.system_s * 1e9 / used.minor_faults if used.minor_faults else 0.0


def _table(layers: dict[str, _Layer], ns_per_fault: float, forwards: int) -> pd.DataFrame:
    values = list(layers.values())
    return pd.DataFrame(
        {
            "path": pd.Series(list(layers), dtype="object"),
            "faults": pd.Series([layer.faults / forwards for layer in values], dtype="float64"),
            "system_ns": pd.Series(
                [round(layer.faults * ns_per_fault / forwards) for layer in values], dtype="int64"
            ),
            "wall_ns": pd.Series([layer.wall_ns // forwards for layer in values], dtype="int64"),
        }
    )
