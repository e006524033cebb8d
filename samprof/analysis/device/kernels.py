"""Device activities summed by kernel."""

import pandas as pd


def kernel_totals(kernels: pd.DataFrame, whole_ns: int | None = None) -> pd.DataFrame:
    """One row a kernel name, the costliest first.

    Args:
        kernels: as `Trace.kernels` gives them, all or some.
        whole_ns: all device time; None for that of these kernels.

    Returns:
        Columns name, kind, calls, total_ns, mean_ns, share (of all device time), owners (how many
        layers it works for).
    """
    grouped = kernels.groupby(["name", "kind"], sort=False)
    table = grouped.agg(
        calls=("dur_ns", "size"), total_ns=("dur_ns", "sum"), owners=("owner", "nunique")
    ).reset_index()
    table.insert(4, "mean_ns", table["total_ns"] / table["calls"])
    table.insert(5, "share", table["total_ns"] / _whole(table["total_ns"], whole_ns))
    order = table.sort_values(["total_ns", "name"], ascending=[False, True], kind="stable")
    return order.reset_index(drop=True)


def activities_as_kernels(kernels: pd.DataFrame, whole_ns: int | None = None) -> pd.DataFrame:
    """Single activities in the columns of `kernel_totals`, and the owner of each.

    Args:
        kernels: as in `kernel_totals`.
        whole_ns: as in `kernel_totals`.
    """
    return pd.DataFrame(
        {
            "name": kernels["name"],
            "kind": kernels["kind"],
            "calls": 1,
            "total_ns": kernels["dur_ns"],
            "mean_ns": kernels["dur_ns"],
            "share": kernels["dur_ns"] / _whole(kernels["dur_ns"], whole_ns),
            "owners": 1,
            "owner": kernels["owner"],
        }
    )


def _whole(times: pd.Series, whole_ns: int | None) -> int:
    return max(int(times.sum()) if whole_ns is None else whole_ns, 1)
