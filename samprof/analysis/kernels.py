"""Device activities summed by kernel."""

import pandas as pd


def kernel_totals(kernels: pd.DataFrame) -> pd.DataFrame:
    """One row a kernel name, the costliest first.

    Args:
        kernels: as `Trace.kernels` gives them.

    Returns:
        Columns name, kind, calls, total_ns, mean_ns, share (of all device time), owners (how many
        layers it works for).
    """
    grouped = kernels.groupby(["name", "kind"], sort=False)
    table = grouped.agg(
        calls=("dur_ns", "size"), total_ns=("dur_ns", "sum"), owners=("owner", "nunique")
    ).reset_index()
    table.insert(4, "mean_ns", table["total_ns"] / table["calls"])
    table.insert(5, "share", table["total_ns"] / max(int(table["total_ns"].sum()), 1))
    order = table.sort_values(["total_ns", "name"], ascending=[False, True], kind="stable")
    return order.reset_index(drop=True)


def activities_as_kernels(kernels: pd.DataFrame) -> pd.DataFrame:
    """Single activities in the columns of `kernel_totals`."""
    total = max(int(kernels["dur_ns"].sum()), 1)
    return pd.DataFrame(
        {
            "name": kernels["name"],
            "kind": kernels["kind"],
            "calls": 1,
            "total_ns": kernels["dur_ns"],
            "mean_ns": kernels["dur_ns"],
            "share": kernels["dur_ns"] / total,
            "owners": 1,
        }
    )
