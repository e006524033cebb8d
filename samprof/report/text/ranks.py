"""The ranks of a job as text."""

import pandas as pd

from samprof.analysis.compare.ranks import rank_spread, slowest_rank
from samprof.analysis.scaling.part import part_of
from samprof.report.text.table import (
    Cells,
    Width,
    layer_cells,
    table_text,
    time_columns,
    wrapped,
)
from samprof.report.words import TIME_NAMES
from samprof.units import common_unit, time_text


def ranks_text(
    layers: pd.DataFrame,
    totals: pd.DataFrame,
    width: Width,
    *,
    depth: int | None = None,
    root: str | None = None,
) -> str:
    """The layers with their time over the ranks, then the slowest rank in words.

    Args:
        layers: `Ranks.layers`.
        totals: `Ranks.totals`.
        width: columns of the terminal; None for GitHub markdown.
        depth: rows down to this depth.
        root: rows of this path and inside it, from which the depth counts.
    """
    rows = part_of(rank_spread(layers), depth, root)
    times = [rows["median_ns"], rows["min_ns"], rows["max_ns"]]
    unit = common_unit(value for column in times for value in column)
    median, least, most = time_columns(times, unit)
    everywhere = len(totals)
    columns = [
        layer_cells(rows, width),
        Cells("median", median, 10),
        Cells("least", least, 7),
        Cells("most", most, 9),
        Cells("spread", [f"{value:+.0%}" for value in rows["spread"]], 8),
        Cells("slowest", [str(rank) for rank in rows["slowest_rank"]], 6),
        Cells("ranks", ["" if n == everywhere else str(n) for n in rows["ranks"]], 5),
    ]
    time_source = TIME_NAMES[rows["time_source"].iloc[0]] if len(rows) else "Time"
    head = (
        f"{time_source} by layer over {everywhere} ranks, in {unit.name}; spread: most over median"
    )
    return wrapped(head, width) + table_text(columns, width) + "\n" + slowest_text(totals, width)


def slowest_text(totals: pd.DataFrame, width: Width) -> str:
    """Which rank takes longest by itself, and by how much."""
    slow = slowest_rank(totals)
    collectives = " outside collective operations" if totals["collective_ns"].any() else ""
    sentence = (
        f"Slowest: rank {slow.rank}, {time_text(slow.own_ns)}{collectives}, "
        f"{slow.excess:.1%} over the median; "
        f"fastest: rank {slow.fastest}, {time_text(slow.fastest_ns)}."
    )
    if collectives:
        longest, waited = max(zip(totals["collective_ns"], totals["rank"], strict=True))
        sentence += (
            f" Longest in collectives: rank {waited}, {time_text(longest)}: "
            "a collective lasts until the slowest rank arrives."
        )
    return wrapped(sentence, width)
