"""How the ranks of a job differ: layer by layer, and which of them the others wait for."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True, slots=True)
class Slowest:
    """The rank that has the most work of its own.

    Attributes:
        rank: which.
        own_ns: its time outside collective operations.
        median_ns: that of the rank in the middle.
        fastest: the rank with the least work.
        fastest_ns: its time outside collective operations.
    """

    rank: int
    own_ns: int
    median_ns: float
    fastest: int
    fastest_ns: int

    @property
    def excess(self) -> float:
        """How much longer it works than the rank in the middle: 0.1 is a tenth."""
        return self.own_ns / self.median_ns - 1 if self.median_ns else 0.0


def rank_spread(layers: pd.DataFrame) -> pd.DataFrame:
    """One row a layer: its time on the ranks.

    Args:
        layers: the columns of `Trace.layers` with rank before them (`Ranks.layers`).

    Returns:
        Columns path, depth, ranks (how many have it), median_ns, min_ns, max_ns, spread (max over
        median, less 1), slowest_rank, time_source; in the order in which the ranks entered
        them.

    Example:
        >>> rows = {"rank": [0, 1], "path": ["net"] * 2, "depth": 0, "time_source": "cpu"}
        >>> rank_spread(pd.DataFrame(rows | {"cpu_total_ns": [10, 30]}))["slowest_rank"].tolist()
        [1]
    """
    time_source = "device" if "device" in set(layers["time_source"]) else "cpu"
    time = layers.assign(time_ns=layers[f"{time_source}_total_ns"])
    grouped = time.groupby("path", sort=False)
    slowest = time.loc[grouped["time_ns"].idxmax()].set_index("path")["rank"]
    table = grouped.agg(
        depth=("depth", "first"),
        ranks=("rank", "nunique"),
        median_ns=("time_ns", "median"),
        min_ns=("time_ns", "min"),
        max_ns=("time_ns", "max"),
    )
    table["spread"] = (
        table["max_ns"] / table["median_ns"].where(table["median_ns"] > 0) - 1
    ).fillna(0)
    table["slowest_rank"] = slowest
    table["time_source"] = time_source
    return table.loc[_merged_order(layers)].reset_index()


def _merged_order(layers: pd.DataFrame) -> list[str]:
    """All paths: those of the first rank in its order, others after what they followed elsewhere."""
    order: list[str] = []
    seen: set[str] = set()
    for _, rows in layers.groupby("rank", sort=True):
        place = 0
        for path in rows["path"]:
            if path in seen:
                place = order.index(path) + 1
            else:
                order.insert(place, path)
                seen.add(path)
                place += 1
    return order


def slowest_rank(totals: pd.DataFrame) -> Slowest:
    """The rank that the others wait for.

    A collective operation lasts until the last rank is there, so the time in it is left out: the rank
    that waits least is the slowest.

    Args:
        totals: columns rank and own_ns (`Ranks.totals`).
    """
    ordered = sorted(zip(totals["own_ns"].tolist(), totals["rank"].tolist(), strict=True))
    (fastest_ns, fastest), (own_ns, rank) = ordered[0], ordered[-1]
    return Slowest(rank, own_ns, float(totals["own_ns"].median()), fastest, fastest_ns)
