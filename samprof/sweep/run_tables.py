"""The tables of a run directory: points, layers, scaling, rooflines, components, verdict. No torch."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from samprof.analysis.axis import AXES, BATCH_SIZE, Axis
from samprof.analysis.limits import Limits
from samprof.errors import RunError
from samprof.sweep.plan import EAGER
from samprof.sweep.point import Point, points_table
from samprof.sweep.store import RUN_FILE, Store, read_json
from samprof.sweep.variant_tables import VariantTables

if TYPE_CHECKING:
    import pandas as pd

    from samprof.analysis.roofline import Roof
    from samprof.analysis.verdict import Verdict


class RunTables:
    """What a sweep measured, as tables.

    Args:
        path: the run directory.
        limits: of memory and time, which the verdict keeps to.

    Raises:
        RunError: it is not one.
    """

    def __init__(self, path: str | Path, limits: Limits = Limits()) -> None:  # noqa: B008 - frozen
        self.path = Path(path)
        self._limits = limits
        self._data = read_json(self.path / RUN_FILE)
        self._computed: dict[str, VariantTables] = {}

    @property
    def asked(self) -> dict[str, Any]:
        """What the sweep was asked to do."""
        return dict(self._data.get("asked", {}))

    @property
    def target(self) -> dict[str, Any]:
        """What was measured (module, name, label, parameters, device, dtype)."""
        return dict(self._data.get("target", {}))

    @property
    def axis(self) -> Axis:
        """What was swept over, and so what `batch_size` and "image" stand for in every table."""
        return AXES[self.asked.get("over", BATCH_SIZE)]

    @property
    def commands(self) -> list[list[str]]:
        """The command lines that made it, word by word; none where it was asked for in Python."""
        return [list(words) for words in self._data.get("commands", [])]

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
            differ), repeats, warmup_ns (all forwards before), prepare_ns and deviation (of a variant:
            change with its first forward, and relative error against eager), message.
        """
        return points_table(self._measured, self.axis)

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
            variant: which; by default eager, or the first.

        Returns:
            See `samprof.analysis.scaling.scaling_table`.
        """
        return self._tables(variant).scaling.copy()

    def roofline(self, variant: str | None = None) -> pd.DataFrame:
        """One row a layer and batch size: intensity, rates, shares of the peaks, bound.

        Args:
            variant: as in `scaling`.

        Returns:
            See `samprof.analysis.roofline.roofline`; shares are known where the peaks of the device
            are (`samprof doctor`).
        """
        return self._tables(variant).roofline.copy()

    @cached_property
    def peaks(self) -> dict[str, Any] | None:
        """What the device can do at most, as `samprof doctor` measured it; None where it did not."""
        from samprof.record.kept_peaks import kept_peaks

        held = self.environment.get("peaks")
        if isinstance(held, dict):
            return held
        kept = kept_peaks(str(self.environment.get("device_name", "")))
        return kept.as_dict() if kept else None

    def roles(self, variant: str | None = None) -> pd.DataFrame:
        """The same as `scaling` for layer classes: self times, each layer in one class."""
        return self._tables(variant).roles.copy()

    def components(self, batch_size: int | None = None, variant: str | None = None) -> pd.DataFrame:
        """One row a component of one point: host and device time side by side, summing to the whole.

        Args:
            batch_size: which; by default the largest that ran.
            variant: as in `scaling`.

        Returns:
            See `samprof.trace.components`, from the recorded forward whose time is the median.

        Raises:
            RunError: no such point.
        """
        from samprof.trace.components import component_table

        chosen = self._variant(variant)
        held = {point.batch_size: point for point in self._of_variant(chosen) if point.components}
        size = max(held, default=0) if batch_size is None else batch_size
        if size not in held:
            sizes = ", ".join(map(str, held)) or "(none)"
            raise RunError("run", self.path, f"no {self.axis.text(size)}", f"there are {sizes}")
        return component_table(held[size].components_frame())

    def verdict(
        self,
        variant: str | None = None,
        memory_limit: int | None = None,
        latency_limit: int | None = None,
    ) -> Verdict:
        """Does batching help, what holds it back, which batch to run.

        Args:
            variant: as in `scaling`.
            memory_limit: the most bytes that the batch to run may take.
            latency_limit: the most nanoseconds that it may take.
        """
        memory = self._limits.memory_bytes if memory_limit is None else memory_limit
        latency = self._limits.latency_ns if latency_limit is None else latency_limit
        return self._tables(variant).answer(Limits(memory, latency))[0]

    def potential(self, variant: str | None = None) -> pd.DataFrame:
        """One row a layer class: the most that optimising it could gain at the best batch size.

        Args:
            variant: as in `scaling`.

        Returns:
            See `samprof.analysis.potential.potential`; empty where no shapes were recorded.
        """
        return self._tables(variant).answer(self._limits)[1].copy()

    def variants(self) -> list[str]:
        """The variants that were measured, in the order in which they were asked for."""
        asked = [name for name in self.asked.get("variants", []) if self._of_variant(name)]
        return list(dict.fromkeys([*asked, *(point.variant for point in self._measured)]))

    def good_variants(self) -> list[str]:
        """The variants of which some batch size ran to its end; the first stands for the run."""
        return sorted(filter(self.good_points, self.variants()), key=_after_eager)

    def good_points(self, variant: str) -> list[Point]:
        """The points of a variant that ran to their end."""
        return [p for p in self._of_variant(variant) if p.status == "ok" and p.layers]

    @cached_property
    def _measured(self) -> list[Point]:
        asked = {name: place for place, name in enumerate(self.asked.get("variants", []))}
        points = Store(self.path).points()
        return sorted(points, key=lambda point: asked.get(point.variant, len(asked)))

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

    @cached_property
    def _per_batch(self) -> pd.DataFrame:
        """The layer tables with the time of one batch, where a forward runs many of them."""
        table = self._layers
        scale = {
            (point.batch_size, point.variant): self._batches(point) for point in self._measured
        }
        if all(factor == 1 for factor in scale.values()) or table.empty:
            return table
        pairs = zip(table["batch_size"], table["variant"], strict=True)
        factor = [scale[pair] for pair in pairs]
        return table.assign(time_ns=table["time_ns"] * factor, self_ns=table["self_ns"] * factor)

    def _batches(self, point: Point) -> float:
        """What part of a point's forward one batch of its size is."""
        return self.axis.amount(point.batch_size) / point.units if point.units else 1

    def _tables(self, variant: str | None) -> VariantTables:
        """What is computed of a variant: once, because a run is read as it is.

        Raises:
            RunError: no such variant, or no batch size of it ran to its end.
        """
        chosen = self._variant(variant)
        if chosen not in self._computed:
            self._computed[chosen] = VariantTables(
                points=self._of(self.points(), chosen),
                layers=self._of(self._layers, chosen),
                per_batch=self._of(self._per_batch, chosen),
                wall={
                    point.batch_size: [round(time * self._batches(point)) for time in point.wall_ns]
                    for point in self._of_variant(chosen)
                    if point.status == "ok"
                },
                axis=self.axis,
                roof=self._roof(chosen),
            )
        return self._computed[chosen]

    def _roof(self, variant: str | None) -> Roof | None:
        from samprof.analysis.roofline import roof_of

        return roof_of(self.peaks, self._dtype(self._variant(variant)))

    def _dtype(self, variant: str) -> str:
        """The dtype that the matrix products of a variant run in."""
        parts = variant.split("+")
        named = {"bf16": "bfloat16", "fp16": "float16"}
        return next((named[part] for part in parts if part in named), self.target.get("dtype", ""))

    def _of_variant(self, variant: str) -> list[Point]:
        return [point for point in self._measured if point.variant == variant]

    def _variant(self, variant: str | None) -> str:
        """The variant of that name; by default the one that stands for the run."""
        present = self.variants()
        default = [*self.good_variants(), *sorted(present, key=_after_eager), EAGER][0]
        chosen = variant or default
        if chosen not in present:
            remedy = f"there are {', '.join(present) or 'no points yet'}"
            raise RunError("run", self.path, f"no point of variant {chosen}", remedy)
        return chosen

    def _of(self, table: pd.DataFrame, variant: str) -> pd.DataFrame:
        found = table if table.empty else table[table["variant"] == variant]
        if found.empty:
            remedy = "look at the messages of its points, then sweep smaller batch sizes"
            raise RunError("run", self.path, "no batch size ran to its end", remedy)
        return found


def _after_eager(variant: str) -> bool:
    """What to sort by to have eager first and the others as they are."""
    return variant != EAGER
