"""A run directory as its user sees it: tables, traces, pictures and report. No torch."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from samprof.analysis.verdict.limits import Limits
from samprof.printable import csv_text
from samprof.sweeps.run.data import RunData
from samprof.sweeps.run.stored.directory import RunDirectory, write_whole
from samprof.trace import Trace

if TYPE_CHECKING:
    import pandas as pd
    from hta.trace_analysis import TraceAnalysis

    from samprof.analysis.scaling.axis import Axis
    from samprof.analysis.verdict.verdict import Verdict
    from samprof.report.summary import Summary


class Run:
    """What a sweep left behind.

    Args:
        path: the run directory.
        limits: of memory and time, which verdict, report and figures keep to.
        sizes: which of its sizes everything is about; all by default.

    Raises:
        RunError: it is not one.
    """

    def __init__(
        self,
        path: str | Path,
        limits: Limits = Limits(),  # noqa: B008 - frozen
        sizes: Collection[int] | None = None,
    ) -> None:
        self.data = RunData(Path(path), limits, sizes)

    def __repr__(self) -> str:
        points = self.data.measured
        done = sum(point.status == "ok" for point in points)
        return f"Run({str(self.path)!r}, {done} of {len(points)} points ok)"

    def _repr_html_(self) -> str:
        from samprof.report.notebook import points_html, run_html

        if not self.data.good_variants():
            return points_html(self.data.points, self.axis)
        return run_html(self.summary())

    @property
    def path(self) -> Path:
        """The run directory."""
        return self.data.path

    @property
    def asked(self) -> dict[str, Any]:
        """What the sweep was asked to do."""
        return self.data.asked

    @property
    def target(self) -> dict[str, Any]:
        """What was measured (module, name, label, parameters, device, dtype)."""
        return self.data.target

    @property
    def environment(self) -> dict[str, Any]:
        """Where it ran."""
        return self.data.environment

    @property
    def axis(self) -> Axis:
        """What the sizes count."""
        return self.data.axis

    def variants(self) -> list[str]:
        """The variants that were measured, in the order in which they were asked for."""
        return self.data.variants()

    def points(self) -> pd.DataFrame:
        """One row per point; see `samprof.sweeps.run.tables.points.points_table`."""
        return self.data.points.copy()

    def samples(self) -> pd.DataFrame:
        """One row per process that measured; see `samprof.sweeps.run.tables.samples.samples_table`."""
        return self.data.samples.copy()

    def layers(self) -> pd.DataFrame:
        """The layer tables of all recorded forwards, long form.

        Returns:
            The columns of `Trace.layers`, with size, variant, round, process, state (of the machine),
            step and repeat before them, and clean (whether the forward counts, or none of its process
            did), slowness (of the forward's turn, by which all other tables divide; 1 where it took
            none), time_ns and self_ns (total and self of the row's time source) after them.
        """
        return self.data.layers.copy()

    def scaling(self, variant: str | None = None) -> pd.DataFrame:
        """One row per layer: how its time grows with the size.

        Args:
            variant: which; by default eager, or the first.

        Returns:
            See `samprof.analysis.scaling.scaling.scaling_table`.
        """
        return self.data.tables(variant).scaling.copy()

    def roles(self, variant: str | None = None) -> pd.DataFrame:
        """The same as `scaling` for layer classes: self times, each layer in one class."""
        return self.data.tables(variant).roles.copy()

    def roofline(self, variant: str | None = None) -> pd.DataFrame:
        """One row per layer and size: intensity, rates, shares of the peaks, bound.

        Args:
            variant: as in `scaling`.

        Returns:
            See `samprof.analysis.device.roofline.roofline`; shares are known where the peaks of the
            device are (`samprof doctor`).
        """
        return self.data.tables(variant).roofline.copy()

    def potential(self, variant: str | None = None) -> pd.DataFrame:
        """One row per layer class: the most that optimising it could gain at the best size.

        Args:
            variant: as in `scaling`.

        Returns:
            See `samprof.analysis.verdict.potential.potential`; empty where no shapes were recorded.
        """
        return self.data.tables(variant).answer(self.data.limits)[1].copy()

    def components(self, size: int | None = None, variant: str | None = None) -> pd.DataFrame:
        """One row per component of one point: host and device time, summing to the whole.

        Args:
            size: which; by default the largest that ran.
            variant: as in `scaling`.

        Returns:
            See `samprof.trace.tables.components`, from the recorded forward of median time.

        Raises:
            RunError: no such point.
        """
        return self.data.components(size, variant)

    def verdict(
        self,
        variant: str | None = None,
        memory_limit: int | None = None,
        latency_limit: int | None = None,
    ) -> Verdict:
        """Whether larger sizes help, what holds them back, which size to run.

        Args:
            variant: as in `scaling`.
            memory_limit: the most bytes that the size to run may take.
            latency_limit: the most nanoseconds that it may take.
        """
        from samprof.sweeps.run.mode_answers import about_modes

        held = self.data.limits
        memory = held.memory_bytes if memory_limit is None else memory_limit
        latency = held.latency_ns if latency_limit is None else latency_limit
        found = self.data.tables(variant).answer(Limits(memory, latency))[0]
        return about_modes(self.data, found) if variant is None else found

    def summary(self, variant: str | None = None) -> Summary:
        """All tables of a variant in one value, as the renderers take it."""
        return self.data.summary(variant)

    def largest(self, variant: str | None = None) -> dict[str, Any] | None:
        """The largest size that fits into a memory limit, where the sweep searched for it.

        Args:
            variant: as in `scaling`.

        Returns:
            The fields of `samprof.sweeps.search.largest.Largest`.
        """
        return RunDirectory(self.path).largest().get(self.data.chosen(variant))

    def trace(self, size: int, variant: str | None = None) -> Trace:
        """The recorded trace of a point; arguments and errors as `trace_path`."""
        return self.data.trace(size, variant)

    def trace_path(self, size: int | None = None, variant: str | None = None) -> Path:
        """The trace file of a point.

        Args:
            size: which; by default the largest that has one.
            variant: as in `scaling`.

        Raises:
            RunError: no such point, or it has no trace.
        """
        return self.data.trace_path(size, variant)

    def checks(self, variant: str | None = None) -> dict[int, dict[str, Any]]:
        """The time accounting of each recorded size."""
        return self.data.checks(variant)

    def timeline(self, size: int | None = None, variant: str | None = None) -> pd.DataFrame:
        """What ran when in one recorded forward; see `samprof.trace.tables.timeline`.

        Args:
            size: which; by default the smallest that ran.
            variant: as in `scaling`.

        Raises:
            RunError: no such point.
        """
        return self.data.timeline(size, variant)

    def report(self, path: str | Path) -> Path:
        """Writes the report, one HTML file that needs nothing else; returns its path."""
        from samprof.sweeps.run.page import page_of

        target = Path(path)
        write_whole(target, page_of([self.data]).encode())
        return target

    def figures(self, directory: str | Path) -> list[Path]:
        """Writes the figures as PNG files into the directory; returns their paths."""
        from samprof.report.png.run import run_figures
        from samprof.sweeps.run.page import timeline_of

        pictures = run_figures(self.summary(), timeline_of(self.data))
        written = {Path(directory) / f"{name}.png": one for name, one in pictures.items()}
        for path, picture in written.items():
            write_whole(path, picture)
        return list(written)

    def tensorboard(self, directory: str | Path) -> Path:
        """Writes curves, tables, figures and traces for TensorBoard; returns the directory.

        Args:
            directory: its log directory; what samprof wrote there before is replaced.

        Raises:
            MissingPackageError: tensorboard or matplotlib is not installed.
            RunError: no size ran to its end, or the directory cannot be written.
            TraceError: a trace of the run cannot be read.
        """
        from samprof.integrations.tensorboard.write import write_boards
        from samprof.sweeps.run.boards import boards_of, files_of

        boards, files = boards_of(self.data), files_of(self.data)
        return write_boards(Path(directory), boards, self.path.resolve().name, files)

    def hta(self, size: int | None = None, variant: str | None = None) -> TraceAnalysis:
        """Holistic Trace Analysis of a point's trace, with exact times; arguments as `trace_path`.

        Raises:
            MissingPackageError: neither HolisticTraceAnalysis nor traceinsight is installed.
            RunError: no such point, or it has no trace.
            TraceError: HTA cannot use the trace.
        """
        from samprof.integrations.hta.analysis import trace_analysis

        return trace_analysis({0: self.trace_path(size, variant)})

    def save(self, directory: str | Path) -> Path:
        """Copies the run into another directory, which must not exist; returns it.

        Raises:
            RunError: the directory exists, or cannot be written.
        """
        return RunDirectory(self.path).copy_to(Path(directory))

    def write_tables(self) -> None:
        """Writes layers.parquet and scaling.csv beside the points."""
        import io

        if self.data.layers.empty:
            return
        buffer = io.BytesIO()
        self.data.layers.to_parquet(buffer, index=False)
        write_whole(self.path / "layers.parquet", buffer.getvalue())
        write_whole(self.path / "scaling.csv", csv_text(self.scaling()).encode())
