"""What another allocator gives where page faults take the time: measured, not promised."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from samprof.analysis.device.paging import paging_of
from samprof.sweeps.execute import run_sweep
from samprof.sweeps.measure.engines import Engine
from samprof.sweeps.measure.machine.allocators import find_allocator
from samprof.sweeps.plan import Plan
from samprof.sweeps.progress import Progress
from samprof.sweeps.remedy_names import REMEDY_ALLOCATOR, remedy_variant
from samprof.sweeps.run.run import Run

_ROUNDS = 2
"""What an allocator that keeps its memory gives, half as much again and more, shows in two. The sweep
itself has used up its time limit."""


def measure_remedy(
    plan: Plan,
    engine_of: Callable[[Plan], Engine],
    out: Path,
    progress: Callable[[Plan, Progress], None] = lambda _plan, _step: None,
) -> None:
    """Times the plan's sizes under another allocator, if the sweep was limited by page faults.

    Nothing is measured where the sweep did not use the system's allocator, where it is not limited by
    page faults, or where no other allocator is installed.

    Args:
        plan: of a finished sweep.
        engine_of: where a plan is measured; must use the allocator of the plan.
        out: the run directory.
        progress: called at every step.
    """
    if plan.allocator != "system" or find_allocator(REMEDY_ALLOCATOR) is None:
        return
    points = Run(out).points()
    if paging_of(points[points["variant"] == plan.variant]) is None:
        return
    other = replace(
        plan,
        variant=remedy_variant(plan.variant),
        allocator=REMEDY_ALLOCATOR,
        rounds=min(plan.rounds or _ROUNDS, _ROUNDS),
        recorded=False,
    )
    run_sweep(other, engine_of(other), out, progress=lambda step: progress(other, step))
