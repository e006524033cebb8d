"""The package's tables as plain values, and their comparison with the slow attribution."""

from typing import Any

import pandas as pd

from samprof.trace import Trace
from tests.support.reference import Reference
from tests.support.reference_events import By

NUMBERS = (
    "calls",
    "kernels",
    "device_total_ns",
    "device_self_ns",
    "device_busy_ns",
    "cpu_total_ns",
    "cpu_self_ns",
)
Record = dict[str, Any]


def layer_rows(trace: Trace, by: str) -> dict[str, Record]:
    """The rows of `layers(by)` by path: the numbers and the phase."""
    layers = trace.layers(by=by)
    assert layers["path"].is_unique
    columns = layers[["path", *NUMBERS, "phase"]]
    return {record.pop("path"): record for record in columns.to_dict("records")}


def reference_rows(reference: Reference) -> dict[str, Record]:
    """The same of the slow attribution."""
    return {
        path: {**{name: getattr(row, name) for name in NUMBERS}, "phase": row.phase}
        for path, row in reference.rows.items()
    }


def kernel_rows(trace: Trace, by: str) -> list[Record]:
    """The rows of `kernels(by)`, sorted; times count from the first device activity."""
    kernels = trace.kernels(by=by)
    if kernels.empty:
        return []
    first = int(kernels["ts_ns"].min())
    records = [
        {
            "ts_ns": int(row.ts_ns) - first,
            "dur_ns": int(row.dur_ns),
            "device": row.device,
            "stream": row.stream,
            "correlation": row.correlation,
            "name": row.name,
            "op": _known(row.op),
            "owner": row.owner,
            "phase": row.phase,
            "launch_ts_ns": None if pd.isna(row.launch_ts_ns) else int(row.launch_ts_ns) - first,
        }
        for row in kernels.itertuples(index=False)
    ]
    return sorted(records, key=_sort_key)


def reference_kernels(reference: Reference) -> list[Record]:
    """The same of the slow attribution."""
    first = min((activity.start for activity in reference.activities), default=0)
    records = [
        {
            "ts_ns": activity.start - first,
            "dur_ns": activity.duration,
            "device": activity.device,
            "stream": activity.stream,
            "correlation": activity.correlation,
            "name": activity.name,
            "op": activity.op,
            "owner": activity.owner,
            "phase": activity.phase,
            "launch_ts_ns": None if activity.launch is None else activity.launch.start - first,
        }
        for activity in reference.activities
    ]
    return sorted(records, key=_sort_key)


def assert_equals_reference(trace: Trace, reference: Reference, by: By) -> None:
    """Every device activity and every row of the package is the slow attribution's."""
    assert kernel_rows(trace, by) == reference_kernels(reference)
    assert layer_rows(trace, by) == reference_rows(reference)


def assert_adds_up(trace: Trace, by: str) -> None:
    """The invariants that every table keeps: I1, the roots' part of I2, and I4."""
    layers, check = trace.layers(by=by), trace.check()
    everything = int(trace.kernels(by=by)["dur_ns"].sum())
    assert layers["device_self_ns"].sum() == everything
    assert check.total_ns == everything
    assert check.attributed_ns + check.outside_ns + check.no_launch_ns == everything
    assert (layers["device_busy_ns"] <= layers["device_total_ns"]).all()
    assert (layers["device_self_ns"] <= layers["device_total_ns"]).all()
    assert (layers["cpu_self_ns"] <= layers["cpu_total_ns"]).all()


def _known(value: Any) -> Any:
    return None if pd.isna(value) or value == "" else value


def _sort_key(record: Record) -> str:
    return repr(sorted(record.items(), key=lambda item: item[0]))
