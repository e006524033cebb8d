"""The most that optimising a layer class could give: Amdahl's law, and the roof of the device."""

import numpy as np
import pandas as pd

from samprof.analysis.device.roofline import Roof
from samprof.analysis.scaling.axis import Axis
from samprof.analysis.verdict.wording import ratio_text
from samprof.units import rate_text

_NEARLY_ALL = 0.99
"""A larger share says no more than that nothing else matters: 19930x is no promise."""
_FUSING_PAYS = 1.01
_HIDES = 0.9
"""A class with this share of the time leaves open where the time goes."""


def potential(roles: pd.DataFrame, roof: Roof | None, size: int) -> pd.DataFrame:
    """One row per layer class, the one that could give most first.

    Amdahl (1967): a class with the share s of the time cannot speed up the whole by more than
    1 / (1 - s), however fast it gets. At the roof it takes the longer of its FLOPs at the peak and its
    bytes at the peak: as fast as these ops can be. Fused, what lies between its ops need not go through
    memory, but all FLOPs are still to be done: that bounds every way to compute the same in this dtype.
    A class with ops that have no formula has no known time at the roof.

    Args:
        roles: `roofline` of the layer classes.
        roof: of the device; None where it is not known.
        size: which.

    Returns:
        Columns role, time_ns, share, most_speedup (of the whole, if the class took no time), roof_ns
        (its time at the roof; NaN where not known), roof_speedup (of the whole, at the roof),
        fused_speedup (of the whole, if the class took no longer than its FLOPs at the peak), bound.

    Example:
        >>> row = {"path": "MLP", "size": 1, "time_ns": 75.0, "flops": 0, "bytes": 0}
        >>> rows = [row | {"bound": "unknown"}, row | {"path": "norm", "time_ns": 25.0, "bound": ""}]
        >>> potential(pd.DataFrame(rows), None, 1)["most_speedup"].round(2).tolist()
        [4.0, 1.33]
    """
    rows = roles[(roles["size"] == size) & (roles["time_ns"] > 0)]
    whole = float(rows["time_ns"].sum())
    table = pd.DataFrame({"role": rows["path"], "time_ns": rows["time_ns"]})
    table["share"] = table["time_ns"] / max(whole, 1.0)
    rest = (whole - table["time_ns"]).where(table["time_ns"] < whole)
    table["most_speedup"] = (whole / rest).fillna(np.inf)
    table["roof_ns"] = np.nan
    fused_ns = pd.Series(np.nan, table.index)
    if roof is not None:
        computing = rows["flops"] / roof.flops_per_s * 1e9
        moving = rows["bytes"] / roof.bytes_per_s * 1e9
        least = computing.where(computing > moving, moving)
        known = (rows["flops"] + rows["bytes"] > 0) & (rows.get("ops_without_formula", 0) == 0)
        table["roof_ns"] = least.clip(upper=rows["time_ns"]).where(known)
        fused_ns = computing.clip(upper=rows["time_ns"]).where(known)
    table["roof_speedup"] = whole / (whole - table["time_ns"] + table["roof_ns"])
    table["fused_speedup"] = whole / (whole - table["time_ns"] + fused_ns)
    table["bound"] = rows["bound"]
    most = table["fused_speedup"].fillna(table["most_speedup"])
    places = table.assign(most=most).sort_values(
        ["most", "share", "role"], ascending=[False, False, True]
    )
    return places.drop(columns="most").reset_index(drop=True)


def potential_sentence(
    table: pd.DataFrame, roof: Roof | None, size: int, axis: Axis, finer: str = ""
) -> str:
    """What to optimise first, and the most that could give; empty where nothing ran.

    Args:
        table: as `potential` gives it.
        roof: of the device.
        size: of which it is.
        axis: what the sizes count.
        finer: the granularity that shows what is inside these classes; empty where none does.
    """
    if table.empty:
        return ""
    first, longest = table.iloc[0], table.iloc[int(table["share"].to_numpy().argmax())]
    text = f"At {axis.text(size)}, optimise {_named(first['role'])} first: "
    text += f"it takes {_share(first, axis)}"
    if roof is not None and pd.notna(first["roof_speedup"]):
        text += f". {_at_the_peaks(first, roof)}"
    elif most := _most(first):
        text += f", so making it faster can give at most {most}"
    if longest["role"] != first["role"] and longest["share"] > first["share"]:
        text += (
            f"; {_named(longest['role'])} takes more ({longest['share']:.0%}) and can give at most "
            f"{_most(longest)}"
        )
    if finer and first["share"] >= _HIDES:
        text += f". What is inside it, samprof shows with the granularity {finer}"
    return f"{text}."


def _at_the_peaks(row: pd.Series, roof: Roof) -> str:
    """What the ops of a class would give as fast as the device allows, and what fusing them would."""
    peaks = f"{rate_text(roof.flops_per_s)} and {rate_text(roof.bytes_per_s, 'B/s')}"
    text = f"At the device's peaks ({peaks}) its ops would give {ratio_text(row['roof_speedup'])}"
    if row["fused_speedup"] <= _FUSING_PAYS * row["roof_speedup"]:
        return text
    most = _most(row)
    return f"{text}, and fused, with less through memory, {f'at most {most}' if most else 'more'}"


def _share(row: pd.Series, axis: Axis) -> str:
    """What part of the time a class takes."""
    of_what = f"of the time per {axis.unit}"
    if not np.isfinite(row["most_speedup"]):
        return f"all {of_what}"
    return (
        f"nearly all {of_what}" if row["share"] > _NEARLY_ALL else f"{row['share']:.0%} {of_what}"
    )


def _most(row: pd.Series) -> str:
    """The most that optimising a class can give; empty where that is no promise."""
    most = row["fused_speedup"] if pd.notna(row["fused_speedup"]) else row["most_speedup"]
    is_amdahls = most == row["most_speedup"]  # no FLOPs, or none known
    return "" if is_amdahls and row["share"] > _NEARLY_ALL else ratio_text(most)


def _named(role: str) -> str:
    """A layer class in a sentence; a path stands for itself."""
    return role if "." in role else f"the {role}"
