"""Which samples of a variant count: the clean ones of the machine's main state."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from samprof.analysis.statistics.states import MIXED, main_state

if TYPE_CHECKING:
    import pandas as pd

_FEWEST = 2
"""Processes a size that tell how processes differ."""
_NUMBER = re.compile(r"[0-9.]+")
_TOO_FEW = "no state of the machine was seen in enough rounds"


@dataclass(frozen=True, slots=True)
class Selection:
    """Which samples of a variant its answer is made of.

    Attributes:
        state: the machine's main state; empty where it has one.
        layers_state: that of the layers, which may be another.
        timed, recorded: numbers of the processes that count.
        undecided: why there is no clean answer; empty where there is one.
        layers_undecided: the same for the layers.
        dropped: how many samples do not count.
        table: all samples of the variant, as `samples_table` gives them.
    """

    state: str
    layers_state: str
    timed: frozenset[int]
    recorded: frozenset[int]
    undecided: str
    layers_undecided: str
    dropped: int
    table: pd.DataFrame

    @property
    def is_of_one_state(self) -> bool:
        """Whether the layers were recorded in the state that the answer is of."""
        return self.state == self.layers_state

    def cores_apart_ns(self, processes: frozenset[int]) -> float:
        """The median cross-core latency around the samples of these; NaN where it was not read."""
        rows = self.table[self.table["process"].isin(processes)]
        return float(cross_core_latency_ns(rows).median())


def select(table: pd.DataFrame) -> Selection:
    """The selection of one variant: clean samples of the machine's main state.

    Layers were perhaps recorded cleanly in another state only: then that one is taken. Where too few are
    clean, `undecided` says why the others do not count, and where none is, all are shown.

    Args:
        table: as `samples_table` gives it, of one variant.
    """
    good = table[table["status"] == "ok"]
    timed, recorded = good[good["timed"]], good[good["recorded"]]
    state = _main_state(timed)
    chosen, undecided = _chosen(timed, state)
    layers_state = state
    layers, layers_undecided = _chosen(recorded, state)
    if layers_undecided:
        layers_state = _main_state(recorded)
        layers, layers_undecided = _chosen(recorded, layers_state)
    return Selection(
        state=state,
        layers_state=layers_state,
        timed=frozenset(chosen["process"].tolist()),
        recorded=frozenset(layers["process"].tolist()),
        undecided=undecided,
        layers_undecided=layers_undecided,
        dropped=int((~good["clean"]).sum()),
        table=table,
    )


def other_states(selection: Selection) -> list[str]:
    """The machine's states besides the main one in which anything was timed cleanly."""
    table = selection.table
    rows = table[table["clean"] & table["timed"] & (table["state"] != selection.state)]
    return sorted(set(rows["state"]) - {MIXED})


def _main_state(samples: pd.DataFrame) -> str:
    if samples.empty:
        return ""
    return main_state(samples.assign(latency_ns=cross_core_latency_ns(samples)))


def cross_core_latency_ns(samples: pd.DataFrame) -> pd.Series[float]:
    """The mean of each sample's readings before and after it."""
    return samples[["latency_before_ns", "latency_after_ns"]].mean(axis=1)


def _chosen(samples: pd.DataFrame, state: str) -> tuple[pd.DataFrame, str]:
    """The samples that count, and where they are too few, since others were dropped, why."""
    chosen = samples[samples["clean"] & (samples["state"] == state)]
    counts = chosen["size"].value_counts().reindex(samples["size"].unique(), fill_value=0)
    fewest = int(counts.min()) if len(counts) else 0
    if fewest >= _FEWEST or len(chosen) == len(samples):
        return chosen, ""
    why = main_reason(samples.loc[~samples["clean"], "why"].tolist()) or _TOO_FEW
    return chosen if fewest else samples, why


def main_reason(reasons: Sequence[str]) -> str:
    """Why most samples do not count, with the numbers of one in the middle; empty for no reasons.

    Example:
        >>> main_reason(["it took 2 s", "it was far", "it took 9 s", "it took 4 s"])
        'it took 4 s'
    """
    kinds: dict[str, list[str]] = {}
    for reason in reasons:
        kinds.setdefault(_NUMBER.sub("", reason), []).append(reason)
    if not kinds:
        return ""
    most = max(kinds.values(), key=len)
    return sorted(most)[len(most) // 2]
