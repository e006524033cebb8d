"""HTA's kernel breakdown: summed durations by type of kernel and by kernel name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from samprof.integrations.hta.explanations import (
    NOT_EXPLAINED,
    Figure,
    counting_causes,
    explained,
    nanoseconds,
)

if TYPE_CHECKING:
    import pandas as pd
    from hta.trace_analysis import TraceAnalysis

    from samprof.integrations.hta.activities import Activities

KERNELS, BY_NAME = "kernel breakdown", "kernels by name"
_TYPES = ("COMPUTATION", "COMMUNICATION", "MEMORY", "OTHER")
_ALL = 10**9


def kernel_sums(analysis: TraceAnalysis) -> dict[int, pd.DataFrame]:
    """Rank -> HTA's sums by kernel: name, type, ns. No kernel is folded into "others"."""
    _, kernels = analysis.get_gpu_kernel_breakdown(
        visualize=False, duration_ratio=1.0, num_kernels=_ALL, include_memory_kernels=True
    )
    kernels = kernels.rename(columns={"kernel_type": "type"})
    kernels["ns"] = nanoseconds(kernels["sum (us)"])
    return {rank: kernels[kernels["rank"] == rank] for rank in analysis.t.get_ranks()}


def type_figures(sums: pd.DataFrame, found: Activities) -> list[Figure]:
    """Summed durations by HTA's type of kernel, and all."""
    by_type = sums.groupby("type")["ns"].sum().to_dict()
    figures = []
    for kind in _TYPES:
        every, counted, extra = (
            table[table["type"] == kind] for table in (found.all, found.counted, found.extra)
        )
        if len(every) or len(extra):
            by_hta = int(by_type.get(kind, 0))
            causes = counting_causes(every, extra)
            if kind == "OTHER":
                causes = [f"HTA's breakdown skips names like {name}" for name in every["name"][:1]]
            elif by_hta != int(counted["dur_ns"].sum() + extra["dur_ns"].sum()):
                causes.append(NOT_EXPLAINED)
            total = int(every["dur_ns"].sum())
            figures.append(explained(KERNELS, kind.lower(), by_hta, total, causes))
    total, everything = int(sums["ns"].sum()), int(found.all["dur_ns"].sum())
    causes = list(dict.fromkeys(figure.reason for figure in figures if figure.reason))
    return [*figures, explained(KERNELS, "all", total, everything, causes)]


def name_figures(sums: pd.DataFrame, found: Activities) -> list[Figure]:
    """Summed durations by kernel, the costliest first."""
    by_name = found.all.groupby("name")["dur_ns"].sum().to_dict()
    rows = sums.sort_values("ns", ascending=False)
    figures = []
    for name, by_hta in zip(rows["name"], rows["ns"].tolist(), strict=True):
        total = int(by_name.get(name, 0))
        causes = []
        if total != by_hta:
            causes = counting_causes(
                *(table[table["name"] == name] for table in (found.all, found.extra))
            )
        figures.append(explained(BY_NAME, str(name), by_hta, total, causes))
    return figures
