"""A run directory, read: points, layers, scaling, verdict. No torch."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from samprof.errors import RunError
from samprof.sweep.plan import EAGER
from samprof.sweep.point import Point, point_key
from samprof.sweep.store import RUN_FILE, Store, read_json, write_whole
from samprof.trace import Trace, load_trace

if TYPE_CHECKING:
    import pandas as pd

    from samprof.analysis.verdict import Verdict
    from samprof.report.summary import Summary


class Run:
    """What a sweep left behind.

    Args:
        path: the run directory.

    Raises:
        RunError: it is not one.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._data = read_json(self.path / RUN_FILE)

    def __repr__(self) -> str:
        done = sum(point.status == "ok" for point in self._measured)
        return f"Run({str(self.path)!r}, {done} of {len(self._measured)} points ok)"

    @property
    def asked(self) -> dict[str, Any]:
        """What the sweep was asked to do."""
        return dict(self._data.get("asked", {}))

    @property
    def target(self) -> dict[str, Any]:
        """What was measured: module, name, label, parameters, device, dtype."""
        return dict(self._data.get("target", {}))

    @property
    def environment(self) -> dict[str, Any]:
        """Where it ran."""
        return dict(self._data.get("environment", {}))

    def points(self) -> pd.DataFrame:
        """One row a point.

        Returns:
            Columns batch_size, variant, status (ok, oom, failed), wall_ns (median of a forward without
            the profiler), wall_iqr_ns, time_ns (median of the recorded root module), time_iqr_ns,
            clock (device or cpu), distortion (recorded wall time over wall time),
            peak_memory_bytes, images_per_s, kernels (of a forward; missing where forwards
            differ), repeats, message.
        """
        import pandas as pd

        rows = [_point_row(point) for point in self._measured]
        return pd.DataFrame(rows, columns=_POINT_COLUMNS)

    def layers(self) -> pd.DataFrame:
        """The layer tables of all recorded forwards, long form.

        Returns:
            The columns of `Trace.layers`, with batch_size, variant, step and repeat before them, and
            time_ns and self_ns (total and self on the row's clock) after them.
        """
        return self._layers.copy()

    def scaling(self, variant: str | None = None) -> pd.DataFrame:
        """One row a layer: how its time grows with the batch.

        Args:
            variant: which; by default the only one, or eager.

        Returns:
            See `samprof.analysis.scaling.scaling_table`.
        """
        from samprof.analysis.scaling import scaling_table

        return scaling_table(self._of(self._layers, variant))

    def roles(self, variant: str | None = None) -> pd.DataFrame:
        """The same as `scaling` for layer classes: self times, each layer in one class."""
        from samprof.analysis.scaling import by_role, scaling_table

        return scaling_table(by_role(self._of(self._layers, variant)))

    def verdict(self, variant: str | None = None) -> Verdict:
        """Does batching help, what holds it back, which batch to run."""
        from samprof.analysis.verdict import verdict

        chosen = self._variant(variant)
        wall = {
            point.batch_size: point.wall_ns
            for point in self._measured
            if point.variant == chosen and point.status == "ok"
        }
        return verdict(self._of(self.points(), chosen), wall, self._of(self._layers, chosen))

    def trace(self, batch_size: int, variant: str = EAGER) -> Trace:
        """The recorded trace of a point.

        Raises:
            RunError: no such point, or it has no trace.
        """
        for point in self._measured:
            if (point.batch_size, point.variant) == (batch_size, variant) and point.trace:
                return load_trace(self.path / point.trace)
        cause = f"no trace of {point_key(batch_size, variant)}"
        sizes = ", ".join(str(point.batch_size) for point in self._measured if point.trace)
        raise RunError("run", self.path, cause, f"there are traces of batch {sizes or '(none)'}")

    def checks(self) -> dict[int, dict[str, Any]]:
        """The conservation check of each recorded batch size."""
        return {point.batch_size: dict(point.check) for point in self._measured if point.check}

    def report(self, path: str | Path) -> Path:
        """Writes the report, one HTML file that needs nothing else; returns its path."""
        from samprof.report.html import run_page

        target = Path(path)
        write_whole(target, run_page(self.summary).encode())
        return target

    def figures(self, directory: str | Path) -> list[Path]:
        """Writes the figures as PNG files into the directory; returns their paths."""
        from samprof.report.figures import run_figures

        written = []
        for name, data in run_figures(self.summary).items():
            path = Path(directory) / f"{name}.png"
            write_whole(path, data)
            written.append(path)
        return written

    @cached_property
    def summary(self) -> Summary:
        """All tables of the run in one value, as the renderers take it; fitted once."""
        from samprof.report.summary import Summary

        return Summary(
            asked=self.asked,
            target=self.target,
            environment=self.environment,
            points=self.points(),
            scaling=self.scaling(),
            roles=self.roles(),
            verdict=self.verdict(),
            checks=self.checks(),
        )

    def write_tables(self) -> None:
        """Writes layers.parquet and scaling.csv beside the points."""
        import io

        if self._layers.empty:
            return
        buffer = io.BytesIO()
        self._layers.to_parquet(buffer, index=False)
        write_whole(self.path / "layers.parquet", buffer.getvalue())
        write_whole(self.path / "scaling.csv", self.scaling().to_csv(index=False).encode())

    @cached_property
    def _measured(self) -> list[Point]:
        return Store(self.path).points()

    @cached_property
    def _layers(self) -> pd.DataFrame:
        import pandas as pd

        frames = [point.layers_frame() for point in self._measured if point.layers]
        if not frames:
            return pd.DataFrame()
        table = pd.concat(frames, ignore_index=True)
        for name, source in (("time_ns", "total_ns"), ("self_ns", "self_ns")):
            on_device = table["clock"] == "device"
            table[name] = table[f"device_{source}"].where(on_device, table[f"cpu_{source}"])
        return table

    def _variant(self, variant: str | None) -> str:
        present = list(dict.fromkeys(point.variant for point in self._measured))
        chosen = variant or (present[0] if len(present) == 1 else EAGER)
        if chosen not in present:
            remedy = f"there are {', '.join(present) or 'no points yet'}"
            raise RunError("run", self.path, f"no point of variant {chosen}", remedy)
        return chosen

    def _of(self, table: pd.DataFrame, variant: str | None) -> pd.DataFrame:
        chosen = self._variant(variant)
        if table.empty:
            remedy = "look at the messages of its points, then sweep smaller batch sizes"
            raise RunError("run", self.path, "no batch size ran to its end", remedy)
        return table[table["variant"] == chosen]


_POINT_COLUMNS = [
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
    "message",
]


def _point_row(point: Point) -> dict[str, Any]:
    row: dict[str, Any] = {
        "batch_size": point.batch_size,
        "variant": point.variant,
        "status": point.status,
        "clock": point.clock,
        "repeats": len(point.wall_ns),
        "message": point.message,
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
        "images_per_s": point.batch_size / wall * 1e9,
        "kernels": point.kernels[0] if even else None,
    }


def _median_and_range(values: list[int]) -> tuple[int, int]:
    """Median and interquartile range, in whole nanoseconds."""
    import numpy as np

    low, middle, high = np.percentile(values, [25, 50, 75])
    return round(middle), round(high - low)
