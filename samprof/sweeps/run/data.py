"""What a run directory holds: what was asked, its points, the tables of each variant. No torch."""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from samprof.analysis.scaling.axis import BATCH_SIZE, Axis, axis_from
from samprof.analysis.scaling.variant import EAGER
from samprof.analysis.verdict.advice import no_size_ran
from samprof.analysis.verdict.limits import Limits
from samprof.errors import RunError
from samprof.sweeps.run.stored.directory import RunDirectory
from samprof.sweeps.run.stored.layout import RUN_FILE
from samprof.sweeps.run.stored.point import Point, point_key
from samprof.sweeps.run.stored.schema import inside
from samprof.sweeps.run.tables.conditions import Conditions, conditions_of
from samprof.sweeps.run.tables.layers import layers_table
from samprof.sweeps.run.tables.points import points_table
from samprof.sweeps.run.tables.predicted import Predicted, predicted_from
from samprof.sweeps.run.tables.samples import samples_table
from samprof.sweeps.run.tables.selection import Selection, select
from samprof.sweeps.run.tables.variant_data import variant_tables
from samprof.sweeps.run.tables.variants import VariantTables
from samprof.trace import Trace, load_trace
from samprof.trace.model.ranges import By
from samprof.trace.model.slicing import slice_time

if TYPE_CHECKING:
    import pandas as pd

    from samprof.analysis.device.roofline import Roof
    from samprof.report.summary import Summary

_FINER = {"block": "layer", "layer": "op"}
"""Granularity -> the one that shows more; see `samprof.record.ranges.labels`."""


class RunData:
    """A run directory, read once.

    Args:
        path: the run directory.
        limits: of memory and time, which verdicts keep to.
        sizes: which of its sizes all tables are of; all by default.

    Raises:
        RunError: it is not one.
    """

    def __init__(self, path: Path, limits: Limits, sizes: Collection[int] | None = None) -> None:
        self.path, self.limits = path, limits
        self._sizes = sizes
        self._data = RunDirectory(path).read()
        self._tables: dict[str, VariantTables] = {}
        self._selections: dict[str, Selection] = {}

    @property
    def asked(self) -> dict[str, Any]:
        """What the sweep was asked to do."""
        return dict(self._data.get("asked", {}))

    @property
    def target(self) -> dict[str, Any]:
        """What was measured (module, name, label, parameters, device, dtype)."""
        return dict(self._data.get("target", {}))

    @property
    def environment(self) -> dict[str, Any]:
        """Where it ran."""
        return dict(self._data.get("environment", {}))

    @property
    def commands(self) -> list[list[str]]:
        """The command lines that made it, word by word; none where it was asked for in Python."""
        return [list(words) for words in self._data.get("commands", [])]

    @property
    def colors(self) -> dict[str, str]:
        """Role or component -> its colour in pictures, where the model's labels have one."""
        return dict(self._data.get("colors", {}))

    @cached_property
    def axis(self) -> Axis:
        """What the sizes count.

        Raises:
            RunError: the run does not say it.
        """
        axis = axis_from(self.asked.get("axis", BATCH_SIZE.as_dict()))
        if axis is None:
            cause = "it does not say what its sizes count"
            raise RunError("read", self.path / RUN_FILE, cause, "run the sweep again with --fresh")
        return axis

    @cached_property
    def measured(self) -> list[Point]:
        """The points, by variant in the order in which variants were asked for, and by size."""
        asked = {name: place for place, name in enumerate(self.asked.get("variants", []))}
        points = RunDirectory(self.path).points()
        if self._sizes is not None:
            points = [point for point in points if point.size in self._sizes]
        return sorted(points, key=lambda point: asked.get(point.variant, len(asked)))

    @cached_property
    def samples(self) -> pd.DataFrame:
        """See `samprof.sweeps.run.tables.samples.samples_table`."""
        return samples_table(self.measured)

    @cached_property
    def conditions(self) -> Conditions:
        """What the machine was like meanwhile."""
        return conditions_of(sample for point in self.measured for sample in point.samples)

    def selection(self, variant: str) -> Selection:
        """Which samples of a variant its answer is made of."""
        if variant not in self._selections:
            mine = self.samples[self.samples["variant"] == variant]
            self._selections[variant] = select(mine)
        return self._selections[variant]

    @cached_property
    def points(self) -> pd.DataFrame:
        """See `Run.points`."""
        return points_table(self.measured, self.axis, self.selection, self.predicted)

    @cached_property
    def layers(self) -> pd.DataFrame:
        """See `Run.layers`."""
        return layers_table(self.measured, self.samples["state"].tolist(), self.conditions)

    def variants(self) -> list[str]:
        """The variants that were measured, in the order in which they were asked for."""
        present = {point.variant for point in self.measured}
        asked = [name for name in self.asked.get("variants", []) if name in present]
        return list(dict.fromkeys([*asked, *(point.variant for point in self.measured)]))

    def good_variants(self) -> list[str]:
        """The variants of which some size ran to its end; the first stands for the run."""
        return sorted(filter(self.good_points, self.variants()), key=_after_eager)

    def points_of(self, variant: str) -> list[Point]:
        """The points of a variant."""
        return [point for point in self.measured if point.variant == variant]

    def good_points(self, variant: str) -> list[Point]:
        """The points of a variant that ran to their end."""
        return [p for p in self.points_of(variant) if p.status == "ok" and p.recorded]

    def chosen(self, variant: str | None) -> str:
        """The variant of that name; by default the one that stands for the run.

        Raises:
            RunError: no such variant.
        """
        present = self.variants()
        default = [*self.good_variants(), *sorted(present, key=_after_eager), EAGER][0]
        name = variant or default
        if name not in present:
            remedy = f"there are {', '.join(present) or 'no points yet'}"
            raise RunError("run", self.path, f"no point of variant {name}", remedy)
        return name

    def tables(self, variant: str | None) -> VariantTables:
        """The tables of a variant, each computed once.

        Raises:
            RunError: no such variant, or no size of it ran to its end.
        """
        name = self.chosen(variant)
        if name not in self._tables:
            if not self.good_points(name):
                of_it = self.points[self.points["variant"] == name]
                raise RunError("run", self.path, *no_size_ran(of_it, self.axis))
            self._tables[name] = variant_tables(
                points=self.points,
                layers=self.layers,
                samples=self.samples,
                measured=self.measured,
                variant=name,
                selection=self.selection(name),
                axis=self.axis,
                roof=self.roof(name),
                finer=_FINER.get(str(self.asked.get("granularity")), ""),
                predicted=self.predicted,
            )
        return self._tables[name]

    @cached_property
    def peaks(self) -> dict[str, Any] | None:
        """What the device can do at most, as measured or by its datasheet; None where not known."""
        from samprof.record.device.peaks_cache import peaks_on

        return peaks_on(self.environment)

    @cached_property
    def predicted(self) -> Predicted | None:
        """What a prediction says of itself; None where the run was measured."""
        return predicted_from(self.environment.get("predicted"))

    @property
    def verified(self) -> str:
        """What `samprof verify` found on the device; empty where it was not verified."""
        from samprof.record.device.verified import verified_on

        return verified_on(self.environment)

    def roof(self, variant: str | None) -> Roof | None:
        """What the device can do in the dtype of a variant; None where it is not known."""
        from samprof.analysis.device.roofline import roof_of

        return roof_of(self.peaks, self.dtype(self.chosen(variant)))

    def dtype(self, variant: str) -> str:
        """What the matrix products of a variant ran in; empty where its samples do not say."""
        samples = (sample for point in self.points_of(variant) for sample in point.samples)
        return next((sample.dtype for sample in samples if sample.dtype), "")

    def trace_path(self, size: int | None, variant: str | None) -> Path:
        """The trace file of a point; see `Run.trace_path`."""
        name = self.chosen(variant)
        recorded = {point.size: point.trace for point in self.points_of(name) if point.trace}
        wanted = max(recorded, default=0) if size is None else size
        if wanted in recorded:
            return inside(self.path, recorded[wanted])
        cause = f"no trace of {point_key(wanted, name)}"
        sizes = ", ".join(map(str, recorded)) or "(none)"
        raise RunError(
            "run", self.path, cause, f"there are traces of {self.axis.pattern.format(sizes)}"
        )

    def trace(self, size: int | None, variant: str | None) -> Trace:
        """The recorded trace of a point."""
        return load_trace(self.trace_path(size, variant))

    def checks(self, variant: str | None) -> dict[int, dict[str, Any]]:
        """The time accounting of each recorded size."""
        points = self.points_of(self.chosen(variant))
        return {point.size: dict(point.check) for point in points if point.check}

    def timeline(self, size: int | None, variant: str | None) -> pd.DataFrame:
        """What ran when in one recorded forward; see `Run.timeline`."""
        recorded = [p.size for p in self.points_of(self.chosen(variant)) if p.trace]
        wanted = min(recorded, default=0) if size is None else size
        point = next(p for p in self.points_of(self.chosen(variant)) if p.size == wanted)
        trace = self.trace(wanted, variant)
        if point.span_ns:
            trace = slice_time(trace, *point.span_ns)
        return trace.timeline(self._by)

    @property
    def _by(self) -> By:
        """The ranges that own time: samprof's own, or what traces from elsewhere have."""
        target = self.asked.get("target")
        by = target.get("by") if isinstance(target, dict) else None
        return next((one for one in get_args(By) if one == by), "samprof")

    def components(self, size: int | None, variant: str | None) -> pd.DataFrame:
        """The component table of a point; see `Run.components`."""
        from samprof.sweeps.run.tables.components import components_of

        return components_of(self.points_of(self.chosen(variant)), size, self.path, self.axis)

    def summary(self, variant: str | None) -> Summary:
        """All tables of a variant in one value, as the renderers take it."""
        from samprof.report.summary import Summary
        from samprof.sweeps.run.mode_answers import about_modes, component_speedups_of

        name = self.chosen(variant)
        tables = self.tables(name)
        shown = [one for one in self.variants() if any(p.components for p in self.points_of(one))]
        return Summary(
            asked=self.asked,
            commands=self.commands,
            verified=self.verified,
            target=self.target,
            environment={"began": self._data.get("began", ""), **self.environment},
            points=self.points,
            scaling=tables.scaling,
            times=tables.times,
            roles=tables.roles,
            role_times=tables.role_times,
            verdict=about_modes(self, tables.answer(self.limits)[0]),
            component_speedups=component_speedups_of(self),
            checks=self.checks(name),
            axis=self.axis,
            variant=name,
            limits=self.limits,
            roofline=tables.roofline,
            roof=self.roof(name),
            components={one: self.components(None, one) for one in shown},
            colors=self.colors,
            is_profiled=any(one.is_profiled for p in self.points_of(name) for one in p.samples),
        )


def _after_eager(variant: str) -> bool:
    return variant != EAGER  # sorted by this, eager is first and the others stay as they are
