"""The rows that a picture of layers shows: those that hold no others and take some time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from samprof.analysis.scaling.part import holders

if TYPE_CHECKING:
    from collections.abc import Iterable

    from samprof.analysis.device.roofline import Roof

LEAST_SHARE = 0.002
"""Rows that take less than this part of the whole time are left out of pictures."""


def roofline_leaves(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of a roofline table that hold no others, with FLOPs, bytes and enough time."""
    rows = table[~table["path"].isin(holders(table))]
    whole = table[table["depth"] == 0].groupby("size")["time_ns"].sum()
    rows = rows[rows["time_ns"] > rows["size"].map(whole) * LEAST_SHARE]
    return rows[(rows["intensity"] > 0) & (rows["flops_per_s"] > 0)]


def above_roof_text(roof: Roof | None, places: Iterable[tuple[float, float]]) -> str:
    """What points above the roof mean; empty where there are none.

    Args:
        roof: of the device.
        places: FLOPs per byte and FLOPs per second of each point.
    """
    if roof is None or all(
        rate <= min(roof.flops_per_s, intensity * roof.bytes_per_s) for intensity, rate in places
    ):
        return ""
    return (
        "Points above the roof found their data in a cache: bytes are counted as if all came from "
        "memory, and the roof is that of memory."
    )


def role_names(rows: pd.DataFrame) -> list[str]:
    """The role of each row; its path where it has none."""
    return [str(role or path) for role, path in zip(rows["role"], rows["path"], strict=True)]
