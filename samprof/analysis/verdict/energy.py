"""What a size costs in energy, beside the smallest one."""

from __future__ import annotations

import numpy as np
import pandas as pd

from samprof.analysis.scaling.axis import Axis
from samprof.analysis.statistics.intervals import paired_ratio
from samprof.analysis.verdict.wording import interval_text, ratio_text
from samprof.units import digits


def with_energy(table: pd.DataFrame, energy: pd.DataFrame) -> pd.DataFrame:
    """A scaling table with the energy per unit of the whole at its smallest and largest size.

    Args:
        table: as `samprof.analysis.scaling.scaling.scaling_table` gives it.
        energy: one row per process: size, energy_per_unit_j, power_w.

    Returns:
        The table with columns unit_energy_smallest_j and unit_energy_largest_j, in joules, NaN in all
        rows but the outermost: no counter tells the energy of a layer. As it is where none was measured.
    """
    found = _medians(energy)
    if found.empty:
        return table
    whole = table["depth"] == table["depth"].min()
    ends = {"smallest": found.iloc[0], "largest": found.iloc[-1]}
    return table.assign(
        **{
            f"unit_energy_{name}_j": np.where(whole, row["energy_per_unit_j"], np.nan)
            for name, row in ends.items()
        }
    )


def energy_sentence(energy: pd.DataFrame, best_size: int, axis: Axis) -> str:
    """The energy per unit at a size, in times of that at the smallest; empty where it is not known.

    Args:
        energy: one row per process: size, round, energy_per_unit_j, power_w.
        best_size: the size; the largest one is taken where it is the smallest.
        axis: what the sizes count.

    Example:
        >>> from samprof.analysis.scaling.axis import BATCH_SIZE
        >>> rows = [(1, 0, 10.0, 300.0), (8, 0, 8.0, 400.0)]
        >>> names = ["size", "round", "energy_per_unit_j", "power_w"]
        >>> energy_sentence(pd.DataFrame(rows, columns=names), 8, BATCH_SIZE)
        'Batch 8 uses 0.80x the energy per image of batch 1: 8.00 J at 400 W instead of 10.0 J at 300 W.'
    """
    found = _medians(energy)
    if len(found) < 2:
        return ""
    first = int(found.index[0])
    size = best_size if best_size in found.index and best_size != first else int(found.index[-1])
    wide = energy.pivot_table(
        index="size", columns="round", values="energy_per_unit_j", aggfunc="median"
    )
    joules = {one: wide.loc[[one]].to_numpy(np.float64) for one in (size, first)}
    ratio = paired_ratio(joules[size], joules[first])
    low, high = float(ratio.low[0]), float(ratio.high[0])
    interval = f" ({interval_text(low, high)})" if low == low else ""
    used = {
        one: f"{digits(per_unit)} J at {digits(watts)} W"
        for one, per_unit, watts in found.itertuples()
    }
    text = axis.text(size)
    return (
        f"{text[0].upper()}{text[1:]} uses {ratio_text(float(ratio.estimate[0]))} the energy per "
        f"{axis.unit} of {axis.text(first)}{interval}: {used[size]} instead of {used[first]}."
    )


def _medians(energy: pd.DataFrame) -> pd.DataFrame:
    """Energy per unit and power by size, ascending; without what was not measured."""
    known = energy[energy["energy_per_unit_j"].notna()]
    return known.groupby("size")[["energy_per_unit_j", "power_w"]].median().sort_index()
