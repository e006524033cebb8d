"""The sample that calls of one size in one trace make: one process, whose calls are its forwards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from samprof.analysis.scaling.variant import EAGER
from samprof.sweeps.gather.calls import Call, Kind
from samprof.sweeps.gather.pool import Pool
from samprof.sweeps.run.stored.sample import Sample
from samprof.trace import Trace
from samprof.trace.model.events import DEVICE_KINDS
from samprof.trace.model.ranges import SEPARATOR
from samprof.trace.tables.components import component_steps
from samprof.trace.tables.largest_inputs import largest_inputs
from samprof.trace.tables.ops_by_layer import ops_by_layer
from samprof.trace.tables.origin import origin_of

ALL_OPS = "ops"
"""The root's path where ops own the time: everything in a step or a trace."""
_LEAST_OP_NS = 20_000
_SUMMED = ("attributed_ns", "outside_ns", "no_launch_ns", "total_ns", "lost_records")


def sample_of(pool: Pool, root: str, kind: Kind, trace: str) -> Sample:
    """The sample.

    Args:
        pool: the calls.
        root: the path of the root, or `ALL_OPS`.
        kind: the ranges that own time.
        trace: the file of the last call, relative to the run directory.
    """
    calls = pool.calls
    tables = [_with_types(_with_root(call.trace.layers(kind), kind), kind) for call in calls]
    frames = [table.assign(step=place + 1, repeat=place) for place, table in enumerate(tables)]
    layers = pd.concat(frames, ignore_index=True)
    roots = layers[layers["path"] == root]
    source = "device" if any(call.trace.has_device_time for call in calls) else "cpu"
    return Sample(
        pool.size,
        EAGER,
        "ok",
        round=pool.process,
        dtype=origin_of(calls[0].trace).main_dtype,
        wall_ns=[call.wall_ns for call in calls],
        recorded_wall_ns=[call.wall_ns for call in calls],
        is_profiled=True,
        span_ns=list(calls[-1].span),
        time_source=source,
        time_ns=roots[f"{source}_total_ns"].tolist(),
        kernels=[len(call.trace.events.of(*DEVICE_KINDS)) for call in calls],
        peak_memory_bytes=_peak(calls[0].trace, root, roots),
        memory_source="weights and allocator events",
        check=_check(calls, kind),
        trace=trace,
        layers={str(name): layers[name].tolist() for name in layers.columns},
        components=_components(calls, kind),
        ops=_ops(calls, kind),
        largest={what: list(one) for what, one in largest_inputs(calls[-1].trace).items()},
        notes=list(pool.notes),
    )


def _with_root(table: pd.DataFrame, kind: Kind) -> pd.DataFrame:
    """The layer table; that of ops is the outermost ones, below a row of all."""
    if kind != "op":
        return table
    outermost = table[table["depth"] == 0]
    owned = ~outermost["path"].str.startswith("(")
    inside = outermost.assign(
        path=outermost["path"].where(~owned, ALL_OPS + SEPARATOR + outermost["path"]),
        depth=owned.astype(int),
    )
    summed = outermost[owned].select_dtypes("number").sum().to_dict()
    root = (
        outermost.head(1).to_dict("records")[0] | summed | {"path": ALL_OPS, "depth": 0, "calls": 1}
    )
    for source in ("device", "cpu"):
        inside[f"{source}_self_ns"] = outermost[f"{source}_total_ns"]
        root[f"{source}_self_ns"] = 0
    return pd.concat([pd.DataFrame([root]), inside], ignore_index=True)


def _with_types(table: pd.DataFrame, kind: Kind) -> pd.DataFrame:
    """The layer table; without recorded types a module's class, or the name itself, is the type."""
    if "type" in table:
        return table
    names = table["path"].str.rpartition(SEPARATOR)[2]
    types = names.str.replace(r"_\d+$", "", regex=True) if kind == "module" else names
    return table.assign(type=types.where(~names.str.startswith("("), ""), role="")


def _check(calls: Sequence[Call], kind: Kind) -> dict[str, Any]:
    """The time accounting of all calls together."""
    checks = [call.trace.check(kind).as_dict() for call in calls]
    sums = {name: sum(one[name] for one in checks) for name in _SUMMED}
    notes = dict.fromkeys(note for one in checks for note in one["notes"])
    return checks[0] | sums | {"notes": list(notes), "ok": all(one["ok"] for one in checks)}


def _components(calls: Sequence[Call], kind: Kind) -> dict[str, list[Any]]:
    """The component table of each call, where samprof recorded components."""
    if kind != "samprof" or not calls[0].trace.recorded.get("components"):
        return {}
    tables = [
        component_steps(call.trace, kind).assign(step=place + 1) for place, call in enumerate(calls)
    ]
    table = pd.concat(tables, ignore_index=True)
    return {str(name): table[name].tolist() for name in table.columns}


def _ops(calls: Sequence[Call], kind: Kind) -> dict[str, list[Any]]:
    """What runs inside each layer, per call; ops of hardly any time are left out."""
    if kind == "op":
        return {}
    tables = [ops_by_layer(call.trace, kind) for call in calls]
    summed = pd.concat(tables).groupby(["path", "op"], sort=False, as_index=False).sum()
    summed[["calls", "time_ns"]] = summed[["calls", "time_ns"]] / len(calls)
    summed = summed[summed["time_ns"] >= _LEAST_OP_NS]
    return {str(name): summed[name].tolist() for name in summed.columns}


def _peak(trace: Trace, root: str, rows: pd.DataFrame) -> int:
    """Weights, and the most that was allocated on top of them in a call; 0 where that is not known."""
    weights = trace.recorded.get("weights")
    held = weights.get(root) if isinstance(weights, dict) else None
    if "memory_peak_bytes" not in rows or not isinstance(held, int):
        return 0
    return held + int(rows["memory_peak_bytes"].max())
