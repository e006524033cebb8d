"""What TensorBoard shows of a run: curves against the size, texts, hyperparameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from samprof.analysis.scaling.measured import measured
from samprof.printable import printable
from samprof.report.summary import Summary
from samprof.report.text.components import components_text
from samprof.report.text.points import points_text, reasons_text
from samprof.report.text.scaling import scaling_text
from samprof.report.text.table import wrapped
from samprof.units import MEMORY_UNITS, TIME_UNITS

if TYPE_CHECKING:
    import pandas as pd

MARKDOWN = None
_MS = next(unit for unit in TIME_UNITS if unit.name == "ms")
_MIB = next(unit for unit in MEMORY_UNITS if unit.name == "MiB")


@dataclass(frozen=True, slots=True)
class Board:
    """One variant of a run.

    Attributes:
        summary: its tables.
        dtype: what it computes in.
        components: size -> component table.
        traces: name of a point -> size and trace file.
        timeline: of one forward.
    """

    summary: Summary
    dtype: str
    components: Mapping[int, pd.DataFrame]
    traces: Mapping[str, tuple[int, Path]]
    timeline: pd.DataFrame | None = None

    @property
    def points(self) -> pd.DataFrame:
        """The points of the variant that were measured, by size."""
        table = self.summary.points
        own = table[table["variant"] == self.summary.variant]
        return measured(own).sort_values("size")


class Scalar(NamedTuple):
    """One number of a curve; the step is the size."""

    tag: str
    value: float
    step: int


def scalars(board: Board) -> Iterator[Scalar]:
    """The curves of a variant: throughput, latency, memory, and times by layer class and component."""
    unit, times = board.summary.axis.unit, board.summary.role_times
    for row in board.points.to_dict("records"):
        size = int(row["size"])
        yield Scalar(f"throughput/{unit}s_per_s", row["units_per_s"], size)
        yield Scalar("latency/wall_ms", row["wall_ns"] / _MS.size, size)
        yield Scalar(f"latency/{unit}_ms", 1e3 / row["units_per_s"], size)
        yield Scalar(f"latency/recorded_{row['time_source']}_ms", row["time_ns"] / _MS.size, size)
        if row["peak_memory_bytes"] == row["peak_memory_bytes"]:  # those of traces may be unknown
            yield Scalar("memory/peak_MiB", row["peak_memory_bytes"] / _MIB.size, size)
        if row["profiler_overhead"] == row["profiler_overhead"]:
            yield Scalar("profiler/profiler_overhead", row["profiler_overhead"], size)
        for role in times[times["size"] == size].to_dict("records"):
            tag = f"role_{board.summary.time_source}_ms_per_{unit}/{printable(role['path'])}"
            yield Scalar(tag, role["unit_ns"] / _MS.size, size)
        for name, host, device in _component_times(board, size):
            yield Scalar(f"component_host_ms/{name}", host / _MS.size, size)
            if device is not None:
                yield Scalar(f"component_device_ms/{name}", device / _MS.size, size)


def _component_times(board: Board, size: int) -> Iterator[tuple[str, int, int | None]]:
    table = board.components.get(size)
    if table is None:
        return
    on_device = bool(table["device_ns"].any())
    for row in table.to_dict("records"):
        yield printable(row["component"]), row["host_ns"], row["device_ns"] if on_device else None


def texts(board: Board) -> dict[str, str]:
    """Tag -> markdown: the verdict, which TensorBoard shows first, and the tables behind it."""
    summary = board.summary
    found = {
        "answer/verdict": "\n".join(
            wrapped(text, MARKDOWN) for text in (summary.title, str(summary.verdict))
        ),
        "tables/points": points_text(summary.points, MARKDOWN, summary.axis)
        + reasons_text(summary.points, MARKDOWN, summary.axis),
        "tables/scaling": scaling_text(summary.scaling, summary.times, MARKDOWN, axis=summary.axis),
        "tables/layer classes": scaling_text(
            summary.roles, summary.role_times, MARKDOWN, axis=summary.axis
        ),
    }
    if board.components:
        largest = max(board.components)
        table = components_text({summary.variant: board.components[largest]}, MARKDOWN)
        found["tables/components"] = f"{wrapped(summary.axis.text(largest), MARKDOWN)}\n{table}"
    return found


class Experiment(NamedTuple):
    """One point as a row of the HPARAMS tab."""

    name: str
    hparams: dict[str, str | int]
    metrics: dict[str, float]


def experiments(board: Board) -> Iterator[Experiment]:
    """The points of a variant: model, variant, dtype and size, with throughput, latency and memory."""
    summary, names = board.summary, {size: name for name, (size, _) in board.traces.items()}
    model = printable(str(summary.target.get("label") or summary.target.get("name") or "model"))
    for row in board.points.to_dict("records"):
        size = int(row["size"])
        yield Experiment(
            names[size],
            {
                "model": model,
                "variant": summary.variant,
                "dtype": board.dtype,
                summary.axis.name: size,
            },
            {
                f"point/{summary.axis.unit}s_per_s": row["units_per_s"],
                "point/wall_ms": row["wall_ns"] / _MS.size,
                "point/peak_MiB": row["peak_memory_bytes"] / _MIB.size,
            },
        )
