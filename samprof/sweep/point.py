"""One measured point of a sweep: raw numbers, kept as they were taken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Literal

from samprof.errors import RunError

if TYPE_CHECKING:
    import pandas as pd

    from samprof.analysis.axis import Axis

Status = Literal["ok", "oom", "failed"]
SCHEMA = 1
_COLUMNS = [
    "batch_size",
    "variant",
    "status",
    "wall_ns",
    "wall_iqr_ns",
    "time_ns",
    "time_iqr_ns",
    "clock",
    "distortion",
    "peak_memory_bytes",
    "images_per_s",
    "kernels",
    "repeats",
    "warmup_ns",
    "prepare_ns",
    "deviation",
    "message",
]


@dataclass(frozen=True, slots=True)
class Point:
    """One batch size of one variant.

    Attributes:
        batch_size, variant: which point.
        status: ok; oom (the memory was not enough); failed (the model raised).
        message: why it is not ok; or what a reader of an ok point should know.
        clock: device, or cpu where no device was active.
        units: units of work in one forward: images, prompts, whatever the sweep's axis counts.
        prepare_ns: first forward of a changed module: compiling, capturing and the like.
        deviation: relative error of its results; missing where nothing was changed.
        warmup_ns: one forward each, before anything is measured.
        wall_ns: one forward each, without the profiler.
        recorded_wall_ns: one forward each, under the profiler.
        time_ns: time of the root module in each recorded forward, on `clock`.
        kernels: device activities of each recorded forward.
        peak_memory_bytes: most memory allocated during the measured forwards.
        memory_source: where that number comes from.
        state: clocks and temperature of the device before and after.
        check: the conservation check of the recorded trace.
        trace: the trace file, relative to the run directory.
        layers: the layer table of each recorded forward, column -> values.
        components: the component table of each recorded forward, column -> values.
        notes: what a reader of the times should know.
    """

    batch_size: int
    variant: str
    status: Status
    message: str = ""
    clock: str = ""
    units: float = 0.0
    prepare_ns: int | None = None
    deviation: float | None = None
    warmup_ns: list[int] = field(default_factory=list)
    wall_ns: list[int] = field(default_factory=list)
    recorded_wall_ns: list[int] = field(default_factory=list)
    time_ns: list[int] = field(default_factory=list)
    kernels: list[int] = field(default_factory=list)
    peak_memory_bytes: int = 0
    memory_source: str = ""
    state: Mapping[str, Any] = field(default_factory=dict)
    check: Mapping[str, Any] = field(default_factory=dict)
    trace: str = ""
    layers: Mapping[str, list[Any]] = field(default_factory=dict)
    components: Mapping[str, list[Any]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def key(self) -> str:
        """The name of the point's files."""
        return point_key(self.batch_size, self.variant)

    def as_dict(self) -> dict[str, Any]:
        """Plain data for the point's file."""
        return {"schema": SCHEMA, **asdict(self)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], source: object) -> Point:
        """The point in a file's data.

        Raises:
            RunError: the data is not that of a point.
        """
        known = {entry.name for entry in fields(cls)}
        try:
            return cls(**{key: value for key, value in data.items() if key in known})
        except TypeError as error:
            remedy = "delete the file and resume the sweep"
            raise RunError("read", source, f"not a point ({error})", remedy) from None

    def layers_frame(self) -> pd.DataFrame:
        """The layer tables of all recorded forwards, long form; columns as in `Run.layers`."""
        return self._frame(self.layers)

    def components_frame(self) -> pd.DataFrame:
        """The component tables of all recorded forwards, long form; see `component_steps`."""
        return self._frame(self.components)

    def _frame(self, columns: Mapping[str, list[Any]]) -> pd.DataFrame:
        import pandas as pd

        frame = pd.DataFrame(dict(columns))
        frame.insert(0, "batch_size", self.batch_size)
        frame.insert(1, "variant", self.variant)
        return frame


def point_key(batch_size: int, variant: str) -> str:
    """The name of a point's file and trace folder.

    Example:
        >>> point_key(4, "eager"), point_key(16, "bf16")
        ('b0004', 'b0016-bf16')
    """
    return f"b{batch_size:04d}" + ("" if variant == "eager" else f"-{variant}")


def merged(parts: Sequence[Point]) -> Point:
    """One point of what several processes measured, one after the other.

    Raw times stand behind each other, repeats and steps counted on. Where one did not get through,
    the point is that one. Trace, books and state are those of the last.
    """
    last = parts[-1]
    if last.status != "ok" or len(parts) == 1:
        return last
    prepared = [part.prepare_ns for part in parts if part.prepare_ns is not None]
    deviations = [part.deviation for part in parts if part.deviation is not None]
    joined: dict[str, Any] = {
        name: [value for part in parts for value in getattr(part, name)]
        for name in ("warmup_ns", "wall_ns", "recorded_wall_ns", "time_ns", "kernels")
    }
    return replace(
        last,
        **joined,
        prepare_ns=max(prepared, default=None),
        deviation=max(deviations, default=None),
        peak_memory_bytes=max(part.peak_memory_bytes for part in parts),
        layers=_counted_on([part.layers for part in parts], ("repeat", "step")),
        components=_counted_on([part.components for part in parts], ("step",)),
        notes=list(dict.fromkeys(note for part in parts for note in part.notes)),
    )


def _counted_on(
    tables: Sequence[Mapping[str, list[Any]]], counters: tuple[str, ...]
) -> dict[str, list[Any]]:
    """Tables one below the other; what they count goes on where the one before ended."""
    names = dict.fromkeys(name for table in tables for name in table)
    joined: dict[str, list[Any]] = {name: [] for name in names}
    for table in tables:
        rows = len(next(iter(table.values()), []))
        for name in names:
            values = table.get(name, [None] * rows)
            if name in counters and joined[name]:
                first = max(joined[name]) + 1 - min(values, default=0)
                values = [value + first for value in values]
            joined[name].extend(values)
    return joined


def points_table(points: Sequence[Point], axis: Axis) -> pd.DataFrame:
    """One row a point; see `Run.points`."""
    import pandas as pd

    return pd.DataFrame([_row(point, axis) for point in points], columns=_COLUMNS)


def _row(point: Point, axis: Axis) -> dict[str, Any]:
    row: dict[str, Any] = {
        "batch_size": point.batch_size,
        "variant": point.variant,
        "status": point.status,
        "clock": point.clock,
        "repeats": len(point.wall_ns),
        "message": "; ".join(text for text in (point.message, *point.notes) if text),
    }
    if point.status != "ok":
        return row
    wall, wall_range = _median_and_range(point.wall_ns)
    time, time_range = _median_and_range(point.time_ns)
    recorded, _ = _median_and_range(point.recorded_wall_ns)
    even = len(set(point.kernels)) == 1
    return row | {
        "wall_ns": wall,
        "wall_iqr_ns": wall_range,
        "time_ns": time,
        "time_iqr_ns": time_range,
        "distortion": recorded / wall,
        "peak_memory_bytes": point.peak_memory_bytes,
        "images_per_s": (point.units or axis.amount(point.batch_size)) / wall * 1e9,
        "kernels": point.kernels[0] if even else None,
        "warmup_ns": sum(point.warmup_ns),
        "prepare_ns": point.prepare_ns,
        "deviation": point.deviation,
    }


def _median_and_range(values: list[int]) -> tuple[int, int]:
    """Median and interquartile range, in whole nanoseconds."""
    import numpy as np

    low, middle, high = np.percentile(values, [25, 50, 75])
    return round(middle), round(high - low)
