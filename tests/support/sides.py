"""Hand-made sides of a comparison of traces."""

from collections.abc import Mapping, Sequence

import pandas as pd

from samprof.analysis.compare.trace_differences import Side

Kernel = tuple[str, str, int, int]


def side(
    times: Mapping[str, int],
    *,
    kernels: Sequence[Kernel] = (),
    notes: Mapping[str, str] | None = None,
    steps: int | None = None,
    files: int = 1,
    spread: pd.DataFrame | None = None,
    time_source: str = "device",
) -> Side:
    """One side from self times; the depth is the number of dots, each row ran once."""

    def inside(path: str) -> int:
        return sum(ns for other, ns in times.items() if other.startswith(f"{path}."))

    rows = [
        {
            "path": path,
            "depth": path.count("."),
            "calls": 1,
            "kernels": 0,
            "total_ns": ns + inside(path),
            "self_ns": ns,
            "role": "",
            "note": (notes or {}).get(path, ""),
            "there": True,
        }
        for path, ns in times.items()
    ]
    counts = pd.DataFrame(list(kernels), columns=["path", "kernel", "count", "time_ns"])
    total = sum(times.values())
    return Side(pd.DataFrame(rows), counts, spread, time_source, total, steps, files)
