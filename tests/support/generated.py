"""Asserts that the tables of a generated trace agree with its truth."""

from collections import Counter
from dataclasses import asdict
from typing import Any

import pandas as pd

from samprof.testing import Truth
from samprof.trace import Trace
from samprof.trace.tables.lost_records import lost_records

# Field of the truth -> the column that must hold it.
_LAYERS = {
    "kernels": "kernels",
    "device_ns": "device_total_ns",
    "busy_ns": "device_busy_ns",
    "gap_ns": "device_gap_ns",
    "launch_gap_ns": "launch_gap_ns",
}
_OP_COSTS = {"flops": "flops", "matrix_flops": "matrix_flops", "bytes": "bytes"}
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


def assert_op_costs_are_true(trace: Trace, truth: Truth) -> None:
    """FLOPs and bytes of every layer of a trace without a backward."""
    table = trace.layers("samprof").set_index("path").loc[list(truth.layers)]
    assert _rows(table, _OP_COSTS) == _true(truth.layers, _OP_COSTS)


def assert_memory_is_true(trace: Trace, truth: Truth) -> None:
    """Allocations, peak, rise and remaining memory of every layer, to the byte."""
    table = trace.memory("samprof").set_index("path")
    assert _rows(table.drop("(outside)"), _MEMORY) == _true(truth.memory, _MEMORY)
    assert tuple(table.loc["(outside)", list(_OWN_MEMORY.values())]) == truth.outside_memory
    holder = table[table["holds_peak"]]
    assert holder["peak_bytes"].tolist() == [truth.peak_bytes]
    layers = trace.layers("samprof").set_index("path").loc[list(truth.memory)]
    peaks = {path: memory.peak for path, memory in truth.memory.items()}
    assert layers["memory_peak_bytes"].to_dict() == peaks


def assert_check_is_true(trace: Trace, truth: Truth) -> None:
    """The check has the right sums, and names every step that lost records and no other."""
    check = trace.check("samprof")
    assert check.total_ns == truth.device_ns
    assert check.attributed_ns == sum(truth.device_self_ns.values())
    assert (check.outside_ns, check.no_launch_ns) == (truth.outside_ns, truth.no_launch_ns)
    # The truth counts launches of single kernels; what graph launches lack may be found or not.
    of_graphs = lost_records(trace).of_graphs
    assert check.lost_records - of_graphs == sum(truth.lost)
    if of_graphs:
        assert not check.ok
        return
    # The most frequent count; of equally frequent ones the largest, since no kernel is ever added.
    often = Counter(truth.kernels)
    usual = max(often, key=lambda count: (often[count], count))
    uneven = [
        f"step {step} has {count} kernels, the others {usual}"
        for step, count in enumerate(truth.kernels)
        if count != usual
    ]
    lost = [f"{count} in step {step}" for step, count in enumerate(truth.lost) if count]
    total = f"{sum(truth.lost)} kernel launches have no device activity: {', '.join(lost)}"
    captured = f"{truth.captured} launches captured into a graph"
    notes = [note for note in check.notes if "split" not in note]
    expected = [*([total] if lost else []), *([captured] if truth.captured else []), *uneven]
    assert notes == expected
    assert check.ok == (not lost and not uneven)


def _rows(table: pd.DataFrame, columns: dict[str, str]) -> Rows:
    named: Rows = table[list(columns.values())].to_dict("index")  # type: ignore[assignment]
    return named


def _true(truth: dict[str, Any], columns: dict[str, str]) -> Rows:
    return {
        path: {column: asdict(one)[name] for name, column in columns.items()}
        for path, one in truth.items()
    }
