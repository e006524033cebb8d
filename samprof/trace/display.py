"""A trace as HTML, for notebooks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from samprof.markup import html_paragraphs, html_table
from samprof.trace.names import tree_labels
from samprof.units import common_unit, fixed_digits, memory_text, time_text

if TYPE_CHECKING:
    from samprof.trace.trace import Trace

_MOST_ROWS = 60


def trace_html(trace: Trace) -> str:
    """The layer table on the trace's clock, its books, and the notes.

    Args:
        trace: any trace; of one with very many layers the outermost are shown.
    """
    layers, check = trace.layers(), trace.check()
    depths = sorted(set(layers["depth"]))
    fitting = [depth for depth in depths if (layers["depth"] <= depth).sum() <= _MOST_ROWS]
    shown = layers[layers["depth"] <= (max(fitting) if fitting else depths[0])].head(_MOST_ROWS)
    clock = trace.clock
    total, own = shown[f"{clock}_total_ns"], shown[f"{clock}_self_ns"]
    unit = common_unit(total)
    times = fixed_digits([*total, *own], unit)
    whole = max(int(layers[f"{clock}_self_ns"].sum()), 1)
    columns = {
        "layer": tree_labels(shown["path"], shown["depth"]),
        "calls": [str(calls) for calls in shown["calls"]],
        f"total, {unit.name}": times[: len(shown)],
        f"self, {unit.name}": times[len(shown) :],
        "self %": [f"{100 * value / whole:.1f}" for value in own],
    }
    if "memory_peak_bytes" in shown:
        columns["memory peak"] = [memory_text(value) for value in shown["memory_peak_bytes"]]
    if "role" in shown:
        columns["role"] = [str(role) for role in shown["role"]]
    name = "Device" if clock == "device" else "CPU"
    books = (
        f"{name} time {time_text(check.total_ns)}: in layers {time_text(check.attributed_ns)}, "
        f"outside {time_text(check.outside_ns)}, no launch {time_text(check.no_launch_ns)}"
        f"{'' if check.ok else ': the check fails'}."
    )
    hidden = len(layers) - len(shown)
    more = [f"{hidden} rows further inside: layers()."] if hidden else []
    left = [header in ("layer", "role") for header in columns]
    table = html_table(list(columns), zip(*columns.values(), strict=True), left)
    return "\n".join([html_paragraphs([books]), table, html_paragraphs([*more, *check.notes])])
