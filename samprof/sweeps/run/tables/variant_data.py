"""What a run holds of one variant, put together for its tables: only the samples that count."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from samprof.analysis.scaling.axis import Axis
from samprof.sweeps.remedy_names import remedy_variant
from samprof.sweeps.run.stored.point import Point
from samprof.sweeps.run.tables.paging import paging_table
from samprof.sweeps.run.tables.predicted import Predicted
from samprof.sweeps.run.tables.selection import Selection
from samprof.sweeps.run.tables.variants import VariantTables
from samprof.sweeps.run.tables.verdict_notes import (
    cliff_remarks,
    recording_remarks,
    sample_remarks,
    trace_remarks,
)
from samprof.sweeps.run.tables.wall import batches_in, wall_of

if TYPE_CHECKING:
    import pandas as pd

    from samprof.analysis.device.roofline import Roof

_OPS_COLUMNS = ["size", "variant", "round", "path", "op", "calls", "time_ns"]


def variant_tables(
    *,
    points: pd.DataFrame,
    layers: pd.DataFrame,
    samples: pd.DataFrame,
    measured: Sequence[Point],
    variant: str,
    selection: Selection,
    axis: Axis,
    roof: Roof | None,
    finer: str = "",
    predicted: Predicted | None = None,
) -> VariantTables:
    """The tables of one variant.

    Args:
        points: of the whole run, see `Run.points`.
        layers: of the whole run, see `Run.layers`.
        samples: of the whole run, see `Run.samples`.
        measured: the points that these tables were made of.
        variant: which.
        selection: which of its samples count.
        axis: what the sizes count.
        roof: of the device.
        finer: the granularity that shows more than these layers; empty where none does.
        predicted: how the run was predicted; None where it was measured.
    """
    own = [point for point in measured if point.variant == variant]
    recorded = layers[layers["process"].isin(selection.recorded) & layers["clean"]]
    timed = samples[samples["process"].isin(selection.timed)]
    batches = {point.size: batches_in(point, axis) for point in own}
    recorded = _scaled(recorded, 1 / recorded["slowness"])
    return VariantTables(
        points=points[points["variant"] == variant],
        layers=recorded,
        per_batch=_scaled(recorded, recorded["size"].map(batches)),
        wall=wall_of(own, selection, axis),
        axis=axis,
        roof=roof,
        paging=paging_table(own),
        ops=_ops(own, samples[samples["process"].isin(selection.recorded)]),
        energy=timed[["size", "round", "energy_per_unit_j", "power_w"]],
        remedy_speedup=None if selection.undecided else _remedy_speedup(points, variant),
        undecided=selection.undecided,
        layers_undecided=selection.layers_undecided,
        is_of_one_state=selection.is_of_one_state,
        remarks=(
            *recording_remarks(own),
            *sample_remarks(selection, axis),
            *trace_remarks(own, axis),
            *cliff_remarks(own, axis),
            *(predicted.remarks.get(variant, ()) if predicted is not None else ()),
        ),
        finer=finer,
        predicted=predicted,
    )


def _scaled(layers: pd.DataFrame, factor: pd.Series) -> pd.DataFrame:
    """The layers with their times multiplied."""
    if not (factor != 1).any():
        return layers
    return layers.assign(**{name: layers[name] * factor for name in ("time_ns", "self_ns")})


def _ops(points: Sequence[Point], counted: pd.DataFrame) -> pd.DataFrame:
    """Ops inside each layer of the recordings that count, long form."""
    import pandas as pd

    pairs = set(zip(counted["size"], counted["round"], strict=True))
    frames = [
        sample.frame(sample.ops)
        for point in points
        for sample in point.samples
        if sample.ops and (sample.size, sample.round) in pairs
    ]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=_OPS_COLUMNS)


def _remedy_speedup(points: pd.DataFrame, variant: str) -> float | None:
    """Throughput at the largest size under the other allocator, over that under the system's."""
    rates = points[points["units_per_s"].notna()].set_index(["variant", "size"])["units_per_s"]
    other = remedy_variant(variant)
    sizes = [size for name, size in rates.index if name == other]
    if not sizes or (variant, max(sizes)) not in rates.index:
        return None
    return float(rates[other, max(sizes)] / rates[variant, max(sizes)])
