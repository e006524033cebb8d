"""Which size to run, and what casts doubt on the measurement, in sentences."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from samprof.analysis.scaling.axis import Axis
from samprof.analysis.scaling.measured import PREDICTED, measured
from samprof.analysis.scaling.scaling import WIDE
from samprof.analysis.verdict.limits import Choice, Limits
from samprof.analysis.verdict.wording import ratio_text
from samprof.units import digits, memory_text


def advice(
    speedups: pd.DataFrame,
    choice: Choice,
    peaks: list[float],
    points: pd.DataFrame,
    limits: Limits,
    axis: Axis,
) -> str:
    """Which size to run, at what throughput and cost.

    Args:
        speedups: as `samprof.analysis.verdict.whole.whole_speedups` gives it.
        choice: which of its rows.
        peaks: the peak memory of each row in bytes.
        points: as `Run.points` gives them: sizes that ran out of memory are named.
        limits: what the size may take at most.
        axis: what the sizes count.
    """
    sizes, walls = speedups["size"].tolist(), speedups["wall_ns"].tolist()
    if not choice.allowed:
        return (
            f"No measured {axis.label} is {limits.text(axis)}: {axis.text(sizes[0])} takes "
            f"{limits.cost(peaks[0], walls[0])}."
        )
    best = choice.index
    rate = digits(float(speedups["units_per_s"].iloc[best]))
    memory = "" if math.isnan(peaks[best]) else f" with {memory_text(peaks[best])}"
    text = f"Run {axis.text(sizes[best])}: {rate} {axis.unit}s/s{memory}"
    if choice.why:
        text += f", {choice.why}"
    if best != len(sizes) - 1:
        text += f" ({axis.text(sizes[-1])} takes {limits.cost(peaks[-1], walls[-1])})"
    failed = too_large(points, axis)
    return f"{text}; {failed}." if failed else f"{text}."


def seen_only(speedups: pd.DataFrame, points: pd.DataFrame, axis: Axis) -> str:
    """What was measured or predicted where that proves nothing, and so recommends nothing.

    Args:
        speedups: as `samprof.analysis.verdict.whole.whole_speedups` gives it.
        points: as `Run.points` gives them.
        axis: what the sizes count.
    """
    known = "predicted" if (points["status"] == PREDICTED).all() else "measured"
    first, fastest = speedups.iloc[0], speedups.iloc[int(speedups["speedup"].to_numpy().argmax())]
    if fastest["size"] == first["size"]:
        return f"In what was {known}, {axis.text(int(first['size']))} was the fastest."
    one, other = (axis.text(int(row["size"])) for row in (first, fastest))
    return (
        f"In what was {known}, {other} ran at {ratio_text(fastest['speedup'])} the throughput of "
        f"{one}, which is not proven."
    )


def too_large(points: pd.DataFrame, axis: Axis) -> str:
    """Says which size ran out of memory; empty where none did.

    Args:
        points: as `Run.points` gives them.
        axis: what the sizes count.
    """
    sizes = points.loc[points["status"] == "oom", "size"].tolist()
    return f"{axis.text(min(sizes))} did not fit in memory" if sizes else ""


def no_size_ran(points: pd.DataFrame, axis: Axis) -> tuple[str, str]:
    """Why there is nothing to say, and what to do: smaller sizes help only where memory ran out.

    Args:
        points: as `Run.points` gives them.
        axis: what the sizes count.
    """
    cause = "no size ran to its end"
    if (points["status"] == "oom").any():
        return f"{cause}: {too_large(points, axis)}", "sweep smaller ones"
    messages = [text for text in points.get("message", []) if isinstance(text, str) and text]
    first = f": {messages[0].splitlines()[0]}" if messages else ""
    return f"{cause}{first}", "look at the messages of `samprof scaling`"


def doubts(points: pd.DataFrame, wall: pd.DataFrame, axis: Axis) -> str:
    """Says when measurements differ so much among themselves that the answer needs care; else empty.

    Args:
        points: as `Run.points` gives them.
        wall: one row per process: size, round, wall_ns.
        axis: what the sizes count.
    """
    found = []
    overheads = measured(points).set_index("size")["profiler_overhead"].dropna()
    if len(overheads) and overheads.min() < 1 - WIDE:
        times = ratio_text(1 / overheads.min())
        found.append(
            f"at {axis.text(_size_at(overheads.idxmin()))} forwards took {times} as long without the "
            "profiler as with it: warm up more, or use a quieter machine"
        )
    if len(overheads) and overheads.max() > 1 + WIDE:
        times = ratio_text(overheads.max())
        found.append(
            f"at {axis.text(_size_at(overheads.idxmax()))} forwards took {times} as long with the "
            "profiler, and so did their layers"
        )
    times_of = wall.groupby("size")["wall_ns"]
    spread = (times_of.quantile(0.75) - times_of.quantile(0.25)) / times_of.median()
    if np.isfinite(spread.max()) and spread.max() > WIDE:
        size = axis.text(_size_at(spread.idxmax()))
        found.append(f"the processes at {size} differ by {spread.max():.0%} among themselves")
    return f"Take this with care: {'; '.join(found)}." if found else ""


def _size_at(label: object) -> int:
    return int(str(label))
