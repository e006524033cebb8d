"""Rows that several layers share: kernels that a compiler made from all of them."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from samprof.errors import UsageError
from samprof.trace.model.provenance import FUSED, ITSELF, SEVERAL, Shared

SETS, PARENT = "sets", "parent"
CHOICES = (SETS, PARENT)
"""How such rows are shown: as they are, or as a part of what is around all of their layers."""


def fused_rows(layers: pd.DataFrame) -> dict[str, Shared]:
    """Path of a row that several layers share -> those layers, and what is around them.

    Args:
        layers: any table with path, depth and type, in the order of the layer table; a path may have
            several rows. Without types there are none.

    Example:
        >>> rows = [("net", 0, ""), ("net.a + b.c", 1, "fused")]
        >>> fused_rows(pd.DataFrame(rows, columns=["path", "depth", "type"]))["net.a + b.c"]
        Shared(around='net', layers=('net.a', 'net.b.c'))
    """
    if "type" not in layers:
        return {}
    return {
        path: Shared(
            around,
            tuple(
                around if part == ITSELF else f"{around}.{part}"
                for part in path.removeprefix(f"{around}.").split(SEVERAL)
            ),
        )
        for path, around in _around_fused(layers.drop_duplicates("path"))
    }


def folded(layers: pd.DataFrame, fused: str = PARENT) -> pd.DataFrame:
    """The table; the rows that layers share are part of what is around all of those.

    Totals stay, and so do the sums of what each row has of its own (columns `..._self_ns`).

    Args:
        layers: as `Trace.layers` gives it, or any table with path, depth and type in its order, paths
            repeated or not.
        fused: `sets` leaves the table as it is.

    Raises:
        UsageError: fused is neither of the two.

    Example:
        >>> columns = ["path", "depth", "type", "cpu_self_ns"]
        >>> rows = [("net", 0, "", 1), ("net.a + b", 1, "fused", 5)]
        >>> folded(pd.DataFrame(rows, columns=columns)).values.tolist()
        [['net', 0, '', 6]]
    """
    if fused not in CHOICES:
        raise UsageError("compare", f"fused={fused!r}", "unknown", f"use {' or '.join(CHOICES)}")
    around = {} if fused == SETS or "type" not in layers else dict(_around_fused(layers))
    if not around:
        return layers
    own = [name for name in layers.columns if name.endswith("_self_ns")]
    home = layers["path"].map(around).fillna(layers["path"])
    kept = layers[~layers["path"].isin(around.keys())].copy()
    for name in own:
        sums = layers[name].groupby(home).sum()
        kept[name] = kept["path"].map(sums).astype(layers[name].dtype)
    kept.attrs = layers.attrs
    return kept.reset_index(drop=True)


def _around_fused(rows: pd.DataFrame) -> Iterator[tuple[str, str]]:
    """Each row that layers share, with the path of the row around it."""
    above: list[tuple[int, str]] = []
    for path, depth, kind in zip(rows["path"], rows["depth"], rows["type"], strict=True):
        while above and above[-1][0] >= depth:
            above.pop()
        if kind == FUSED and above and SEVERAL in path:
            yield path, above[-1][1]
        above.append((int(depth), path))
