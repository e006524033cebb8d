"""The tables of a made-up trace against what was put into it."""

from collections import Counter
from dataclasses import asdict
from typing import Any

import pandas as pd

from bench.traces import Truth
from samprof.trace import Trace

# Truth's name of a figure -> the column that must hold it.
_LAYERS = {
    "kernels": "kernels",
    "device_ns": "device_total_ns",
    "busy_ns": "device_busy_ns",
    "gap_ns": "device_gap_ns",
    "launch_gap_ns": "launch_gap_ns",
}
_WORK = {"flops": "flops", "matrix_flops": "matrix_flops", "bytes": "bytes"}
_OWN_MEMORY = {
    "allocations": "allocations",
    "allocated": "allocated_bytes",
    "freed": "freed_bytes",
}
_MEMORY = {**_OWN_MEMORY, "peak": "peak_bytes", "rise": "rise_bytes", "kept": "kept_bytes"}
Rows = dict[str, dict[str, int]]


def assert_times_are_true(trace: Trace, truth: Truth) -> None:
    """Every nanosecond and every activity is where it was put."""
    table = trace.layers("samprof").set_index("path")
    own = table["device_self_ns"].to_dict()
    assert (own.pop("(outside)"), own.pop("(no launch)")) == (truth.outside_ns, truth.no_launch_ns)
    assert own == truth.device_self_ns
    assert _rows(table.loc[list(own)], _LAYERS) == _true(truth.layers, _LAYERS)
    assert len(trace.kernels()) == truth.activities
    assert sum(own.values()) + truth.outside_ns + truth.no_launch_ns == truth.device_ns


def assert_work_is_true(trace: Trace, truth: Truth) -> None:
    """FLOPs and bytes of every layer of a trace without a backward."""
    table = trace.layers("samprof").set_index("path").loc[list(truth.layers)]
    assert _rows(table, _WORK) == _true(truth.layers, _WORK)


def assert_memory_is_true(trace: Trace, truth: Truth) -> None:
    """Allocations, peak, rise and what is kept of every layer, to the byte."""
    table = trace.memory("samprof").set_index("path")
    assert _rows(table.drop("(outside)"), _MEMORY) == _true(truth.memory, _MEMORY)
    assert tuple(table.loc["(outside)", list(_OWN_MEMORY.values())]) == truth.outside_memory
    holder = table[table["holds_peak"]]
    assert holder["peak_bytes"].tolist() == [truth.peak_bytes]
    layers = trace.layers("samprof").set_index("path").loc[list(truth.memory)]
    peaks = {path: memory.peak for path, memory in truth.memory.items()}
    assert layers["memory_peak_bytes"].to_dict() == peaks


def assert_books_are_true(trace: Trace, truth: Truth) -> None:
    """The check has the sums, and names every step that lost records, and no other."""
    check = trace.check("samprof")
    assert check.total_ns == truth.device_ns
    assert check.attributed_ns == sum(truth.device_self_ns.values())
    assert (check.outside_ns, check.no_launch_ns) == (truth.outside_ns, truth.no_launch_ns)
    assert check.lost_records == sum(truth.lost)
    # As many kernels as most of them; of counts as frequent the largest, for none is ever added.
    often = Counter(truth.kernels)
    usual = max(often, key=lambda count: (often[count], count))
    uneven = [
        f"step {step} has {count} kernels, the others {usual}"
        for step, count in enumerate(truth.kernels)
        if count != usual
    ]
    lost = [f"{count} in step {step}" for step, count in enumerate(truth.lost) if count]
    total = f"{sum(truth.lost)} kernel launches have no device activity: {', '.join(lost)}"
    notes = [note for note in check.notes if "not split" not in note]
    assert notes == [*([total] if lost else []), *uneven]
    assert check.ok == (not lost and not uneven)


def _rows(table: pd.DataFrame, columns: dict[str, str]) -> Rows:
    named: Rows = table[list(columns.values())].to_dict("index")  # type: ignore[assignment]
    return named


def _true(truth: dict[str, Any], columns: dict[str, str]) -> Rows:
    return {
        path: {column: asdict(one)[name] for name, column in columns.items()}
        for path, one in truth.items()
    }
