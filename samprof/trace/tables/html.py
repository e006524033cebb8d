"""A trace as HTML, for notebooks."""

from __future__ import annotations

from samprof.markup import html_paragraphs, html_table
from samprof.trace.model.data import TraceData
from samprof.trace.model.names import tree_labels
from samprof.trace.tables.check import check_trace
from samprof.trace.tables.layers import layers_table
from samprof.units import common_unit, fixed_digits, memory_text, time_text

_MOST_ROWS = 60


def trace_html(trace: TraceData) -> str:
    """The time accounting, the layer table and the notes.

    Args:
        trace: any trace; if it has very many layers, the outermost are shown.
    """
    layers, check = layers_table(trace, "auto"), check_trace(trace, "auto")
    depths = sorted(set(layers["depth"]))
    fitting = [depth for depth in depths if (layers["depth"] <= depth).sum() <= _MOST_ROWS]
    shown = layers[layers["depth"] <= (max(fitting) if fitting else depths[0])].head(_MOST_ROWS)
    time_source = trace.time_source
    total, own = shown[f"{time_source}_total_ns"], shown[f"{time_source}_self_ns"]
    unit = common_unit(total)
    times = fixed_digits([*total, *own], unit)
    whole = max(int(layers[f"{time_source}_self_ns"].sum()), 1)
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
    name = "Device" if time_source == "device" else "CPU"
    accounting = (
        f"{name} time {time_text(check.total_ns)}: in layers {time_text(check.attributed_ns)}, "
        f"outside {time_text(check.outside_ns)}, no launch {time_text(check.no_launch_ns)}"
        f"{'' if check.ok else ': the check fails'}."
    )
    hidden = len(layers) - len(shown)
    more = [f"{hidden} rows further inside: layers()."] if hidden else []
    left = [header in ("layer", "role") for header in columns]
    table = html_table(list(columns), zip(*columns.values(), strict=True), left)
    return "\n".join([html_paragraphs([accounting]), table, html_paragraphs([*more, *check.notes])])
