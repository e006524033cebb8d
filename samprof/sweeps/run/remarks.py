"""What a reader of a verdict should know besides: other states of the machine, samples dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from samprof.sweeps.run.selection import Selection, other_states
from samprof.units import digits

if TYPE_CHECKING:
    from samprof.analysis.axis import Axis

_FEWEST = 3
"""Rounds of another state that are worth an answer of their own."""


def state_remarks(selection: Selection, axis: Axis) -> tuple[str, ...]:
    """A sentence per other state of the machine with its speed-up; none where it has one state."""
    from samprof.analysis.intervals import paired_ratio

    table, remarks = selection.table, []
    clean = table[table["clean"] & table["timed"]]
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
        latency = (
            clean.groupby("state")[["latency_before_ns", "latency_after_ns"]].mean().mean(axis=1)
        )
        remarks.append(
            f"With the cores {state} ({latency[state]:.0f} ns apart instead of "
            f"{latency[selection.state]:.0f} ns) {axis.text(last)} runs at {speedup}x the throughput of "
            f"{axis.text(first)} (95% CI {low}-{high}, {rounds} rounds)."
        )
    return tuple(remarks)
