"""The states of a machine, found in its own measurements, and which samples to trust.

On a virtual machine the host may move two virtual CPUs together or apart; each placement is a state with
answers of its own, seen in how long a cache line takes from one CPU to the other. Samples of
different states are never pooled.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

NEAR, BETWEEN, FAR, MIXED = "near", "between", "far", "mixed"
_GAP = 2.0
"""The factor between neighbouring readings that parts two states. All readings of one state lie within a
factor of 1.9 (24 to 40 ns near, 120 to 220 ns far), the two states a factor of 3 apart."""
_MOST_STATES = 3
_LABELS = {1: ("",), 2: (NEAR, FAR), 3: (NEAR, BETWEEN, FAR)}
MOST_FOREIGN = 0.05
MOST_PRESSURE = 0.10
"""A sweep alone waits for itself: 0.025 to 0.043 of the time in 98 rounds in turns; beside a busy
process it was 0.50 to 0.70."""
MOST_STEAL = 0.05


@dataclass(frozen=True, slots=True)
class States:
    """The states that a machine was seen in.

    Attributes:
        borders: latencies in ns that part them, ascending; empty where there is one state.
    """

    borders: tuple[float, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """From the lowest latency to the highest; one state has no name.

        Example:
            >>> States().names, States((70.0,)).names
            (('',), ('near', 'far'))
        """
        return _LABELS[len(self.borders) + 1]

    def state_of(self, before: float | None, after: float | None) -> str:
        """The state of a sample from its readings before and after; "mixed" where they differ.

        Args:
            before: latency in ns; None or NaN where it was not measured.
            after: the same.

        Example:
            >>> states = States((70.0,))
            >>> states.state_of(25, 30), states.state_of(25, 165), states.state_of(None, 165)
            ('near', 'mixed', 'far')
        """
        readings = [value for value in (before, after) if value is not None and not np.isnan(value)]
        found = {self.names[int(np.searchsorted(self.borders, value))] for value in readings}
        return found.pop() if len(found) == 1 else MIXED if found else ""


def find_states(latencies: Iterable[float | None]) -> States:
    """The states in the readings of all samples: parted where neighbours differ by more than 2x.

    At most three states are told apart, at the two widest gaps. Readings that are missing are left out.

    Example:
        >>> find_states([24, 30, 27, 120, 165, 150]).borders
        (60.0,)
    """
    known = np.array([value for value in latencies if value is not None], np.float64)
    ordered = np.sort(known[known > 0])
    gaps = ordered[1:] / ordered[:-1]
    widest = np.argsort(-gaps, kind="stable")[: _MOST_STATES - 1]
    parting = sorted(place for place in widest.tolist() if gaps[place] > _GAP)
    return States(tuple(float(np.sqrt(ordered[i] * ordered[i + 1])) for i in parting))


def why_not_clean(
    foreign_share: float | None,
    pressure: float | None,
    state: str = "",
    slowed_to: float | None = None,
    gpu_slowed: str = "",
    steal_share: float | None = None,
) -> str:
    """Why a sample does not count, in words; empty for a clean one.

    Args:
        foreign_share: CPU time of other processes over wall time, None or NaN where not measured.
        pressure: the part of the time in which something waited for a CPU, likewise.
        state: as `States.state_of` gives it.
        slowed_to: the CPUs' speed, 1 is usual, if that was too low; else None.
        gpu_slowed: what slowed a GPU down, and how long; empty if nothing did.
        steal_share: of the CPUs' time, what the hypervisor gave to others, None or NaN likewise. Then it
            is why they were slow.

    Example:
        >>> why_not_clean(0.70, 0.01), why_not_clean(None, 0.04)
        ('foreign processes used 0.70 of the CPU', '')
        >>> why_not_clean(0.0, 0.0, slowed_to=0.22, steal_share=0.45)
        'the hypervisor withheld 0.45 of the CPU (steal)'
    """
    reasons = []
    if steal_share is not None and steal_share > MOST_STEAL:
        reasons.append(f"the hypervisor withheld {steal_share:.2f} of the CPU (steal)")
        slowed_to = None
    if foreign_share is not None and foreign_share > MOST_FOREIGN:
        reasons.append(f"foreign processes used {foreign_share:.2f} of the CPU")
    if pressure is not None and pressure > MOST_PRESSURE:
        reasons.append(f"the CPU was contended {pressure:.2f} of the time")
    if slowed_to is not None:
        reasons.append(f"the CPUs ran at {slowed_to:.2f} of their usual speed")
    if gpu_slowed:
        reasons.append(f"the GPU was slowed down ({gpu_slowed})")
    if state == MIXED:
        reasons.append("the machine changed its state meanwhile")
    return " and ".join(reasons)


def main_state(samples: pd.DataFrame) -> str:
    """The state with the most complete rounds; of equals the one with the lower latency.

    A round is complete in a state if every size of the table has a clean sample of that state in it.

    Args:
        samples: columns size, round, state, clean, and where measured latency_ns.
    """
    clean = samples[samples["clean"].astype(bool) & (samples["state"] != MIXED)]
    if clean.empty:
        return ""
    seen = clean.groupby(["state", "round"])["size"].nunique()
    complete = (seen == samples["size"].nunique()).groupby(level="state").sum()
    latency = pd.Series(np.inf, complete.index)
    if "latency_ns" in clean:
        latency = clean.groupby("state")["latency_ns"].mean().fillna(np.inf)
    return str(min(complete.index, key=lambda state: (-complete[state], latency[state], state)))
