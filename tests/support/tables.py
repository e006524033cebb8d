"""The package's tables as plain values, and their comparison with the slow attribution."""

from pathlib import Path
from typing import Any, Literal

import pandas as pd

from samprof.trace import Trace, load_trace
from tests.support.reference import Reference
from tests.support.reference_events import By
from tests.support.tracefile import TraceFile

NUMBERS = (
    "calls",
    "kernels",
    "device_total_ns",
    "device_self_ns",
    "device_busy_ns",
    "cpu_total_ns",
    "cpu_self_ns",
)
DEVICE = ("calls", "kernels", "device_self_ns", "device_total_ns")
CPU = ("cpu_self_ns", "cpu_total_ns")
Record = dict[str, Any]
TableBy = By | Literal["auto"]


def opened(file: TraceFile, folder: Path) -> Trace:
    """The package's trace of a hand-made file."""
    return load_trace(file.write(folder / "trace.json"))


def with_kernels(file: TraceFile, launches: list[tuple[int, int]]) -> TraceFile:
    """Adds for each (launch time, duration) a launch on thread 1 and its kernel, one by one."""
    ts = 10_000
    for correlation, (launched, dur) in enumerate(launches, start=1):
        file.launch(correlation, launched)
        file.kernel(correlation, ts, dur)
        ts += dur
    return file


def values(row: dict[str, Any], *names: str) -> tuple[Any, ...]:
    """These numbers of a row."""
    return tuple(row[name] for name in names)


def layer_rows(trace: Trace, by: TableBy) -> dict[str, Record]:
    """The rows of `layers(by)` by path: the numbers and the phase."""
    layers = trace.layers(by=by)
    assert layers["path"].is_unique
    return {
        record["path"]: {name: record[name] for name in (*NUMBERS, "phase")}
        for record in _records(layers)
    }


def reference_rows(reference: Reference) -> dict[str, Record]:
    """The same of the slow attribution."""
    return {
        path: {**{name: getattr(row, name) for name in NUMBERS}, "phase": row.phase}
        for path, row in reference.rows.items()
    }


def kernel_rows(trace: Trace, by: TableBy) -> list[Record]:
    """The rows of `kernels(by)`, sorted; times count from the first device activity."""
    found = _records(trace.kernels(by=by))
    first = min((record["ts_ns"] for record in found), default=0)
    launches = [record["launch_ts_ns"] for record in found]
    records = [
        {
            **{name: record[name] for name in ("name", "device", "stream", "correlation")},
            **{name: record[name] for name in ("dur_ns", "owner", "phase")},
            "ts_ns": record["ts_ns"] - first,
            "op": record["op"] or None,
            "launch_ts_ns": None if launch is None else launch - first,
        }
        for record, launch in zip(found, launches, strict=True)
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


def assert_adds_up(trace: Trace, by: TableBy) -> None:
    """The invariants that every table keeps: I1, the roots' part of I2, and I4."""
    layers, check = trace.layers(by=by), trace.check()
    kernels = trace.kernels(by=by)
    assert layers["device_self_ns"].sum() == kernels["dur_ns"].sum()
    assert check.time_source == ("cpu" if kernels.empty else "device")
    assert check.attributed_ns + check.outside_ns + check.no_launch_ns == check.total_ns
    if check.time_source == "device":
        assert check.total_ns == kernels["dur_ns"].sum()
    else:
        assert check.total_ns == trace.layers()["cpu_self_ns"].sum()
    assert (layers["device_busy_ns"] <= layers["device_total_ns"]).all()
    assert (layers["device_self_ns"] <= layers["device_total_ns"]).all()
    assert (layers["cpu_self_ns"] <= layers["cpu_total_ns"]).all()


def assert_children_add_up(trace: Trace, by: TableBy) -> None:
    """I2: a total is the self and the totals right below it; the roots are everything.

    For ranges whose paths are the names from the outermost in, so that the rows are a tree.
    """
    rows = layer_rows(trace, by)
    for column in ("device", "cpu"):
        total, own = f"{column}_total_ns", f"{column}_self_ns"
        for path, row in rows.items():
            below = [rows[other][total] for other in rows if _parent(other) == path]
            assert row[total] == row[own] + sum(below)
        roots = sum(row[total] for path, row in rows.items() if _parent(path) is None)
        assert roots == sum(row[own] for row in rows.values())


def _parent(path: str) -> str | None:
    return path.rpartition(" > ")[0] or None


def _records(table: pd.DataFrame) -> list[Record]:
    """The rows as dicts, with None for what is missing."""
    return [
        {str(name): None if pd.isna(value) else value for name, value in row.items()}
        for row in table.to_dict("records")
    ]


def _sort_key(record: Record) -> str:
    return repr(sorted(record.items(), key=lambda item: item[0]))
