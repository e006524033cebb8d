"""What a reader of a verdict should know besides: other states of the machine, samples dropped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from samprof.analysis.device.cliffs import cliffs_of
from samprof.analysis.statistics.states import find_states
from samprof.sweeps.run.stored.point import Point
from samprof.sweeps.run.tables.selection import (
    Selection,
    cross_core_latency_ns,
    main_reason,
    other_states,
)
from samprof.units import digits

if TYPE_CHECKING:
    import pandas as pd

    from samprof.analysis.scaling.axis import Axis

_MANY = 0.1
_SLOW, _MANY_SLOW = 0.9, 0.25
"""Below which part of the usual speed a round is slow, and which part of them is worth a sentence."""
_FEWEST = 3
"""Rounds of another state that are worth an answer of their own."""
CPU_TIME_ONLY = "CPU TIME ONLY: the profiler recorded nothing of the GPU"
"""The note of a sample on a GPU whose trace holds no device activity."""


def sample_remarks(selection: Selection, axis: Axis) -> tuple[str, ...]:
    """How many samples do not count, if those are many, and what else ran or was seen meanwhile."""
    return (
        *_dropped(selection),
        *_slow(selection),
        *_on_the_gpu(selection),
        *_states(selection, axis),
        *_layers(selection),
    )


def trace_remarks(points: Sequence[Point], axis: Axis) -> tuple[str, ...]:
    """What traces cannot tell, and how they were read; none where forwards were timed by a sweep."""
    samples = [sample for point in points for sample in point.samples if sample.is_profiled]
    if not samples:
        return ()
    notes = dict.fromkeys(note for sample in samples for note in sample.notes)
    pooled = [
        f"{len(point.samples)} processes of {axis.text(point.size)}"
        for point in points
        if len(point.samples) > 1
    ]
    repeats = f"; {', '.join(pooled)}" if pooled else ""
    return (
        "All times are those of traces: they include the profiler's overhead, which traces do not tell.",
        f"How they were read: {'; '.join(notes)}{repeats}.",
    )


def recording_remarks(points: Sequence[Point]) -> tuple[str, ...]:
    """That the layers of a GPU have CPU times, where its profiler recorded nothing of it."""
    notes = {note for point in points for sample in point.samples for note in sample.notes}
    if CPU_TIME_ONLY not in notes:
        return ()
    return (
        "Layer times are CPU time: the profiler recorded nothing of the GPU. They tell what the host "
        "did, not the device; `samprof doctor` says why.",
    )


def cliff_remarks(points: Sequence[Point], axis: Axis) -> tuple[str, ...]:
    """Where a larger size passes a limit of kernels on a GPU; nothing where no GPU ran or will run."""
    largest = {
        point.size: sample.largest
        for point in points
        for sample in point.samples
        if sample.largest and sample.time_source == "device"
    }
    return tuple(one.text(axis) for one in cliffs_of(largest))


def _dropped(selection: Selection) -> list[str]:
    """Many dropped samples, where the answer does not say so already."""
    table = selection.table
    if selection.undecided or selection.dropped < _MANY * len(table):
        return []
    why = main_reason(table.loc[~table["clean"], "why"].tolist())
    return [f"{selection.dropped} of {len(table)} samples do not count, most because {why}."]


def _slow(selection: Selection) -> list[str]:
    """That the CPUs were slow in many rounds that count: those whose sizes took turns."""
    rounds = selection.table[selection.table["clean"]].groupby("round")["speed"].median()
    slow = rounds[rounds < _SLOW]
    if selection.undecided or len(slow) < _MANY_SLOW * len(rounds):
        return []
    return [
        f"In {len(slow)} of {len(rounds)} rounds the CPUs ran at {slow.median():.2f} of the speed that "
        "they reach at times, for all sizes alike."
    ]


def _on_the_gpu(selection: Selection) -> list[str]:
    """That other processes had the GPU open: what they ran there cannot be told from outside."""
    others = selection.table["gpu_processes"].max()
    if not others > 0:
        return []
    who = "another process" if others == 1 else f"{others:.0f} other processes"
    return [f"The GPU was also open in {who}."]


def _states(selection: Selection, axis: Axis) -> tuple[str, ...]:
    """A sentence per other state of the machine with its speed-up; none where it has one state."""
    from samprof.analysis.statistics.intervals import paired_ratio

    table, remarks = selection.table, []
    clean = table[table["clean"] & table["timed"]]
    read = clean[["latency_before_ns", "latency_after_ns"]].to_numpy().ravel()
    if not clean["state"].any() and find_states(read).borders:
        apart = f"{np.nanmin(read):.0f} to {np.nanmax(read):.0f} ns apart"
        return (f"The host moved the cores within samples ({apart}): all states count together.",)
    for state in other_states(selection):
        rows = clean[clean["state"] == state]
        wide = rows.pivot_table(index="size", columns="round", values="wall_ns")
        if len(wide) < 2 or wide.count(axis=1).min() < _FEWEST:
            continue
        first, last = int(wide.index[0]), int(wide.index[-1])
        smallest, largest = (wide.loc[[size]].to_numpy(np.float64) for size in (first, last))
        found = paired_ratio(smallest, largest)
        factor = axis.amount(last) / axis.amount(first)
        speedup, low, high = (
            digits(factor * float(value[0])) for value in (found.estimate, found.low, found.high)
        )
        rounds = rows["round"].nunique()
        remarks.append(
            f"With {_cores(clean, state, selection.state)} {axis.text(last)} runs at {speedup}x the "
            f"throughput of {axis.text(first)} (95% CI {low}-{high}, {rounds} rounds)."
        )
    return tuple(remarks)


def _layers(selection: Selection) -> list[str]:
    """That the layers are of another state than the answer: then they explain nothing of it."""
    if selection.is_of_one_state or selection.undecided or selection.layers_undecided:
        return []
    clean = selection.table[selection.table["clean"]]
    cores = _cores(clean, selection.layers_state, selection.state)
    return [
        f"The layers were recorded with {cores}: they do not explain the speed-up of the whole."
    ]


def _cores(samples: pd.DataFrame, state: str, main: str) -> str:
    """Names a state that is not the main one."""
    latency = cross_core_latency_ns(samples).groupby(samples["state"]).mean()
    apart = f"{latency[state]:.0f} ns apart instead of {latency[main]:.0f} ns"
    return f"the cores {state} ({apart})"
