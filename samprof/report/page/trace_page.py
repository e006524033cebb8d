"""A table of one trace as a page: the same columns as its text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from samprof.analysis.device.kernels import kernel_totals
from samprof.report.page.document import document
from samprof.report.page.tables import Plain, Tree, plain, tree
from samprof.report.text.check import check_text
from samprof.report.text.kernels import kernels_columns
from samprof.report.text.layers import layers_columns, layers_head
from samprof.report.text.memory import memory_columns, memory_head, peak_text
from samprof.report.text.ops import ops_columns, ops_head

if TYPE_CHECKING:
    import pandas as pd


def layers_page(
    layers: pd.DataFrame, time_source: str, check: Mapping[str, Any], notes: Sequence[str]
) -> str:
    """The layer table of a trace and its time accounting.

    Args:
        layers: as `Trace.layers` gives it.
        time_source: whose times: device or cpu.
        check: as `Trace.check` gives it, as a dict.
        notes: what its reader should know.

    Raises:
        MissingPackageError: jinja2 is not installed.
    """
    shown = tree(layers, layers_columns(layers, layers, time_source))
    accounting = f"Time accounting: {check_text(check).strip()}."
    return _page("Layers", f"{layers_head(layers, time_source)}.", shown, [accounting, *notes])


def kernels_page(kernels: pd.DataFrame, notes: Sequence[str]) -> str:
    """The kernels of a trace, copies and fills included, summed by name.

    Args:
        kernels: as `Trace.kernels` gives them.
        notes: as in `layers_page`.
    """
    if kernels.empty:
        return message_page("Kernels", "The trace holds no device activity.")
    return _page("Kernels", "", plain(kernels_columns(kernel_totals(kernels))), notes)


def ops_page(ops: pd.DataFrame, notes: Sequence[str]) -> str:
    """The ops of a trace by time.

    Args:
        ops: as `Trace.ops` gives them.
        notes: as in `layers_page`.
    """
    if ops.empty:
        remedy = "record it with shapes=True (torch.profiler: record_shapes=True)"
        return message_page("Ops", f"The trace holds no shapes: {remedy}.")
    return _page("Ops", f"{ops_head(ops)}.", plain(ops_columns(ops)), notes)


def memory_page(memory: pd.DataFrame, notes: Sequence[str]) -> str:
    """What each layer of a trace needs of memory, and which holds the peak.

    Args:
        memory: as `Trace.memory` gives it.
        notes: as in `layers_page`.
    """
    shown = tree(memory, memory_columns(memory))
    return _page("Memory", f"{memory_head(memory, memory)}.", shown, [peak_text(memory), *notes])


def message_page(title: str, message: str) -> str:
    """A page that says why there is nothing to show."""
    return _page(title, message, None, [])


def _page(title: str, head: str, table: Tree | Plain | None, lines: Sequence[str]) -> str:
    kind = "tree" if isinstance(table, Tree) else "plain" if table else ""
    values = {"title": title, "head": head, "table": table, "kind": kind, "lines": lines}
    return document("trace.html", {}, **values)
