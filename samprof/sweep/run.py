"""A run directory, read: its tables, traces, pictures and report. No torch."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from samprof.errors import RunError
from samprof.sweep.point import point_key
from samprof.sweep.run_tables import RunTables
from samprof.sweep.store import Store, write_whole
from samprof.trace import Trace, load_trace

if TYPE_CHECKING:
    import pandas as pd
    from hta.trace_analysis import TraceAnalysis

    from samprof.report.summary import Summary


class Run(RunTables):
    """What a sweep left behind; its tables are those of `RunTables`.

    Args:
        path: the run directory.
        limits: of memory and time, which verdict, report and figures keep to.

    Raises:
        RunError: it is not one.
    """

    def __repr__(self) -> str:
        done = sum(point.status == "ok" for point in self._measured)
        return f"Run({str(self.path)!r}, {done} of {len(self._measured)} points ok)"

    def _repr_html_(self) -> str:
        from samprof.report.notebook import run_html

        if not any(point.status == "ok" for point in self._measured):
            return self.points().to_html(index=False)
        return run_html(self.summary)

    def largest(self, variant: str | None = None) -> dict[str, Any] | None:
        """The largest batch that fits into a limit of memory, where the sweep searched for it.

        Args:
            variant: as in `scaling`.

        Returns:
            The fields of `samprof.sweep.largest.Largest`.
        """
        return Store(self.path).largest().get(self._variant(variant))

    def trace(self, batch_size: int, variant: str | None = None) -> Trace:
        """The recorded trace of a point; arguments and errors as `trace_path`."""
        return load_trace(self.trace_path(batch_size, variant))

    def trace_path(self, batch_size: int | None = None, variant: str | None = None) -> Path:
        """The trace file of a point.

        Args:
            batch_size: which; by default the largest that has one.
            variant: as in `scaling`.

        Raises:
            RunError: no such point, or it has no trace.
        """
        chosen = self._variant(variant)
        recorded = {p.batch_size: p.trace for p in self._of_variant(chosen) if p.trace}
        size = max(recorded, default=0) if batch_size is None else batch_size
        if size in recorded:
            return self.path / recorded[size]
        cause = f"no trace of {point_key(size, chosen)}"
        sizes = ", ".join(map(str, recorded)) or "(none)"
        raise RunError("run", self.path, cause, f"there are traces of batch {sizes}")

    def checks(self, variant: str | None = None) -> dict[int, dict[str, Any]]:
        """The conservation check of each recorded batch size."""
        points = self._of_variant(self._variant(variant))
        return {point.batch_size: dict(point.check) for point in points if point.check}

    def lanes(self, batch_size: int | None = None, variant: str | None = None) -> pd.DataFrame:
        """What ran when in one recorded forward, host and device; see `samprof.trace.lanes`.

        Args:
            batch_size: which; by default the smallest that ran.
            variant: as in `scaling`.

        Raises:
            RunError: no such point.
        """
        from samprof.trace.lanes import lanes_table

        recorded = [p.batch_size for p in self._of_variant(self._variant(variant)) if p.trace]
        size = min(recorded, default=0) if batch_size is None else batch_size
        return lanes_table(self.trace(size, variant), "samprof")

    def report(self, path: str | Path) -> Path:
        """Writes the report, one HTML file that needs nothing else; returns its path."""
        from samprof.sweep.page import page_of

        target = Path(path)
        write_whole(target, page_of([self]).encode())
        return target

    def figures(self, directory: str | Path) -> list[Path]:
        """Writes the figures as PNG files into the directory; returns their paths."""
        from samprof.report.figures import run_figures

        written = []
        for name, data in run_figures(self.summary, self.lanes()).items():
            path = Path(directory) / f"{name}.png"
            write_whole(path, data)
            written.append(path)
        return written

    def tensorboard(self, directory: str | Path) -> Path:
        """Writes curves, tables, figures and traces for TensorBoard; returns the directory.

        Args:
            directory: its log directory; what samprof wrote there before is replaced.

        Raises:
            MissingPackageError: tensorboard or matplotlib is not installed.
            RunError: no batch size ran to its end, or the directory cannot be written.
        """
        from samprof.bridges.tensorboard import write_boards
        from samprof.sweep.boards import boards_of

        return write_boards(Path(directory), boards_of(self))

    def hta(self, batch_size: int | None = None, variant: str | None = None) -> TraceAnalysis:
        """Holistic Trace Analysis of a point's trace, with exact times; arguments as `trace_path`.

        Raises:
            MissingPackageError: neither HolisticTraceAnalysis nor traceinsight is installed.
            RunError: no such point, or it has no trace.
            TraceError: HTA cannot use the trace.
        """
        from samprof.bridges.hta import trace_analysis

        return trace_analysis({0: self.trace_path(batch_size, variant)})

    @cached_property
    def summary(self) -> Summary:
        """All tables of the run in one value, as the renderers take it; fitted once."""
        from samprof.report.summary import Summary

        return Summary(
            asked=self.asked,
            commands=self.commands,
            target=self.target,
            environment=self.environment,
            points=self.points(),
            scaling=self.scaling(),
            roles=self.roles(),
            verdict=self.verdict(),
            checks=self.checks(),
            axis=self.axis,
            variant=self._variant(None),
            limits=self._limits,
            roofline=self.roofline(),
            roof=self._roof(None),
            components=self._largest_components(),
        )

    def _largest_components(self) -> dict[str, pd.DataFrame]:
        """The component table of each variant, at the largest size that ran."""
        shown = [
            name for name in self.variants() if any(p.components for p in self._of_variant(name))
        ]
        return {name: self.components(variant=name) for name in shown}

    def write_tables(self) -> None:
        """Writes layers.parquet and scaling.csv beside the points."""
        import io

        if self._layers.empty:
            return
        buffer = io.BytesIO()
        self._layers.to_parquet(buffer, index=False)
        write_whole(self.path / "layers.parquet", buffer.getvalue())
        write_whole(self.path / "scaling.csv", self.scaling().to_csv(index=False).encode())
