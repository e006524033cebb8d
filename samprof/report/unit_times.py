"""The long form of times turned wide: one column per size."""

import pandas as pd


def unit_times(times: pd.DataFrame, paths: pd.Series) -> dict[int, pd.Series]:
    """Time per unit at each size, ascending; one value per path, in the order of the paths.

    Args:
        times: as `samprof.analysis.scaling.scaling.times_by_size` gives them.
        paths: of the rows.

    Example:
        >>> times = pd.DataFrame({"path": ["net"] * 2, "size": [1, 2], "unit_ns": [20, 15]})
        >>> {size: column.tolist() for size, column in unit_times(times, times["path"][:1]).items()}
        {1: [20], 2: [15]}
    """
    sizes: list[int] = sorted(times["size"].unique().tolist())
    of_size = (times[times["size"] == size].set_index("path") for size in sizes)
    return {size: rows["unit_ns"].reindex(paths) for size, rows in zip(sizes, of_size, strict=True)}
