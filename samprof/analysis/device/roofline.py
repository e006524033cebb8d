"""Rooflines (Williams, Waterman, Patterson 2009): how near each layer comes to what the device can do.

The rule for `bound`, in this order:
    paging   the operating system takes more than 5 % of its time to hand out memory anew
    launch   the device waits for launches for at least as long as it runs the layer
    idle     it waits for something else for as long
    compute  it reaches at least half of the peak of FLOPs, and a larger share than of that of bytes
    memory   the other way round
    unknown  it reaches neither half: its kernels or ops do not use the device; or FLOPs, bytes or the
             peaks are not known, and the shares are missing
A share is of the peak measured on the same device (`samprof doctor`), for the dtype that ran.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from samprof.analysis.device.paging import MOST_SYSTEM_SHARE

PAGING, LAUNCH, IDLE, COMPUTE, MEMORY, UNKNOWN = (
    "paging",
    "launch",
    "idle",
    "compute",
    "memory",
    "unknown",
)
NEAR = 0.5
"""From this share of a peak on the device limits a layer, and not how the layer is written."""
_FIRST = ["path", "depth", "role", "type", "time_source", "size"]


@dataclass(frozen=True, slots=True)
class Roof:
    """What a device can do.

    Attributes:
        flops_per_s: in the dtype that ran.
        bytes_per_s: to and from its memory.
    """

    flops_per_s: float
    bytes_per_s: float

    @property
    def ridge(self) -> float:
        """FLOPs per byte from which on computing is the limit."""
        return self.flops_per_s / self.bytes_per_s


def roof_of(peaks: Mapping[str, object] | None, dtype: str) -> Roof | None:
    """The roof for a dtype, from peaks as `samprof doctor` writes them; None where they lack it."""
    flops = (peaks or {}).get("flops_per_s")
    moved = (peaks or {}).get("bytes_per_s")
    if not isinstance(flops, Mapping) or not isinstance(moved, int | float) or moved <= 0:
        return None
    rate = flops.get(dtype)
    return Roof(float(rate), float(moved)) if isinstance(rate, int | float) and rate > 0 else None


def roofline(
    layers: pd.DataFrame, roof: Roof | None, paging: Mapping[str, float] | None = None
) -> pd.DataFrame:
    """One row per path and size: intensity, rates, shares of the peaks, and what bounds it.

    Args:
        layers: long form, as `Run.layers` gives it, of one variant; several repeats are reduced to
            their median.
        roof: of the device; None where it is not known.
        paging: path -> the share of its time that the operating system takes for page faults, where it
            was measured.

    Returns:
        Columns path, depth, role, type, time_source, size, time_ns, flops, bytes,
        ops_without_formula, intensity (FLOPs per byte), flops_per_s, bytes_per_s, flops_share,
        bytes_share (of the peaks; nan without), gap_share, launch_gap_share (of the time that the
        device spent on it or waited before its kernels), bound. Empty where no shapes were
        recorded. Rates are lower bounds where ops_without_formula is not 0.

    Example:
        >>> row = {"path": "net", "depth": 0, "size": 1, "repeat": 0, "time_ns": 1000}
        >>> cost = {"flops": 800, "bytes": 100, "ops_without_formula": 0}
        >>> table = roofline(pd.DataFrame([row | cost]), Roof(1e9, 1e9))
        >>> table[["intensity", "flops_share", "bytes_share", "bound"]].values.tolist()
        [[8.0, 0.8, 0.1, 'compute']]
    """
    if "flops" not in layers:
        return pd.DataFrame(columns=[*_FIRST, "time_ns", "flops", "bytes", "bound"])
    sums = ["time_ns", "flops", "bytes", "ops_without_formula", "device_busy_ns"]
    sums += ["device_gap_ns", "launch_gap_ns"]
    present = [name for name in sums if name in layers]
    keys = [name for name in _FIRST if name in layers]
    grouped = layers.groupby(["path", "size"], sort=False)
    table = grouped[[name for name in keys if name not in ("path", "size")]].first()
    table = table.join(grouped[present].median()).reset_index()
    seconds = (table["time_ns"] / 1e9).where(table["time_ns"] > 0)
    table["intensity"] = table["flops"] / table["bytes"].where(table["bytes"] > 0)
    table["flops_per_s"] = table["flops"] / seconds
    table["bytes_per_s"] = table["bytes"] / seconds
    table["flops_share"] = table["flops_per_s"] / roof.flops_per_s if roof else np.nan
    table["bytes_share"] = table["bytes_per_s"] / roof.bytes_per_s if roof else np.nan
    for share, name in (("gap_share", "device_gap_ns"), ("launch_gap_share", "launch_gap_ns")):
        gap = table[name] if name in table else pd.Series(0.0, table.index)
        around = table.get("device_busy_ns", table["time_ns"])
        whole = around + table.get("device_gap_ns", pd.Series(0.0, table.index))
        table[share] = (gap / whole.where(whole > 0)).fillna(0.0)
    table["bound"] = _bounds(table, table["path"].map(dict(paging or {})).fillna(0.0))
    return table.drop(columns=[name for name in present[4:] if name in table])


def _bounds(table: pd.DataFrame, paging: pd.Series) -> pd.Series:
    """The rule of the module's text."""
    known = table["flops_share"].notna() & (table["flops"] + table["bytes"] > 0)
    near = table[["flops_share", "bytes_share"]].max(axis=1) >= NEAR
    other = table["gap_share"] - table["launch_gap_share"]
    bound = np.select(
        [
            paging > MOST_SYSTEM_SHARE,
            table["launch_gap_share"] >= 0.5,
            other >= 0.5,
            known & near & (table["flops_share"] >= table["bytes_share"]),
            known & near,
        ],
        [PAGING, LAUNCH, IDLE, COMPUTE, MEMORY],
        UNKNOWN,
    )
    return pd.Series(bound, table.index, dtype=object)


def with_bound(
    scaling: pd.DataFrame, table: pd.DataFrame, paging: Mapping[str, float] | None = None
) -> pd.DataFrame:
    """A scaling table with the bound of each path at the largest size.

    Args:
        scaling: as `scaling_table` gives it.
        table: as `roofline` gives it.
        paging: as for `roofline`; what pages is known without shapes too.
    """
    largest = table[table["size"] == table["size"].max()].set_index("path")["bound"]
    found = largest.to_dict() | {
        path: PAGING for path, share in (paging or {}).items() if share > MOST_SYSTEM_SHARE
    }
    if not found:
        return scaling
    return scaling.assign(bound=[found.get(path, UNKNOWN) for path in scaling["path"]])
