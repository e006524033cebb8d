"""What the command line prints, as text: for scripts, logs and notebooks without HTML."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from samprof.errors import TraceError, UsageError

if TYPE_CHECKING:
    import pandas as pd

    from samprof.record.recording import Recording
    from samprof.sweeps.run.run import Run
    from samprof.trace import Trace
    from samprof.trace.model.ranges import By
    from samprof.trace.ranks.ranks import Ranks

_Texts = dict[str, Callable[[], str]]


def text(
    of: Recording | Trace | Ranks | Run,
    table: str | None = None,
    *,
    depth: int | None = None,
    width: int = 100,
) -> str:
    """A table as the command line prints it: times with their unit, layers as a tree.

    Args:
        of: a recording, a trace, the ranks of a job, or a run.
        table: of a recording or a trace `layers` (the default, with its time accounting), `components`,
            `memory`, `kernels` or `ops`; of ranks `layers`; of a run `scaling` (the default, with points
            and verdict), `roles`, `components` or `variants` (each compared with the first).
        depth: of layers, those down to this depth.
        width: columns at most.

    Raises:
        UsageError: there is no such table.
        SamprofError: the table cannot be made; the message says why.

    Example:
        >>> import torch, samprof
        >>> net = torch.nn.Linear(4, 4)
        >>> with samprof.profile(net, name="net") as recording:
        ...     _ = net(torch.ones(1, 4))
        >>> "CPU time" in samprof.text(recording)
        True
    """
    texts = _texts_of(of, depth, width)
    name = next(iter(texts)) if table is None else table
    if name not in texts:
        remedy = f"of {type(of).__name__} there are {', '.join(texts)}"
        raise UsageError("text", name, "no such table", remedy)
    return texts[name]().rstrip("\n")


def component_tables(run: Run, size: int | None = None) -> dict[str, pd.DataFrame]:
    """Variant -> its components at the size, or at the largest, where they were measured."""
    from samprof.analysis.scaling.measured import measured

    points = measured(run.points())
    points = points if size is None else points[points["size"] == size]
    there = set(points["variant"])
    return {name: run.components(size, name) for name in run.variants() if name in there}


def components_text_of(
    run: Run, tables: dict[str, pd.DataFrame], size: int | None, width: int | None
) -> str:
    """The components of each variant at the size, with the spread of their times.

    Args:
        run: of which.
        tables: its `component_tables` at this size.
        size: None: the largest.
        width: columns of the terminal; None for GitHub markdown.
    """
    from samprof.report.text.components import run_components_text
    from samprof.sweeps.run.mode_answers import component_speedups_of

    speedups = component_speedups_of(run.data, size)
    return run_components_text(run.summary(), tables, size, width, speedups)


def _texts_of(of: Any, depth: int | None, width: int) -> _Texts:
    from samprof.sweeps.run.run import Run
    from samprof.trace import Trace
    from samprof.trace.ranks.ranks import Ranks

    if isinstance(of, Run):
        return _texts_of_run(of, depth, width)
    if isinstance(of, Ranks):
        return {"layers": lambda: _ranks_text(of, depth, width)}
    if isinstance(of, Trace):
        return _texts_of_trace(of, "auto", depth, width)
    from samprof.record.recording import Recording

    if isinstance(of, Recording):
        return _texts_of_trace(of.trace, "samprof", depth, width)
    remedy = "give a recording, a trace, ranks or a run"
    raise UsageError("text", type(of).__name__, "it has no tables of samprof", remedy)


def _texts_of_trace(trace: Trace, by: By, depth: int | None, width: int) -> _Texts:
    from samprof.analysis.device.kernels import kernel_totals
    from samprof.report.text.components import components_text
    from samprof.report.text.kernels import kernels_text
    from samprof.report.text.memory import memory_text_of
    from samprof.report.text.ops import ops_text
    from samprof.report.text.trace import notes_text, trace_text

    def components() -> str:
        return components_text({"": trace.components(by)}, width)

    def memory() -> str:
        return memory_text_of(trace.memory(by), width, depth=depth)

    def kernels() -> str:
        if not trace.has_device_time:
            remedy = "use the table of layers for CPU time, or record on a device"
            raise TraceError("text", "kernels", "the trace holds no device activity", remedy)
        activities = trace.kernels(by)
        return kernels_text(kernel_totals(activities, int(activities["dur_ns"].sum())), width)

    def ops() -> str:
        table = trace.ops()
        if table.empty:
            remedy = "record it with shapes=True (torch.profiler: record_shapes=True)"
            raise TraceError("text", "ops", "the trace holds no shapes", remedy)
        return ops_text(table, width)

    def noted(write: Callable[[], str]) -> Callable[[], str]:
        return lambda: write() + notes_text(trace.notes, width)

    tables = {"components": components, "memory": memory, "kernels": kernels, "ops": ops}
    return {
        "layers": lambda: trace_text(trace, width, by=by, depth=depth),
        **{name: noted(write) for name, write in tables.items()},
    }


def _ranks_text(ranks: Ranks, depth: int | None, width: int) -> str:
    from samprof.report.text.ranks import ranks_text
    from samprof.report.text.trace import notes_text

    text = ranks_text(ranks.layers(), ranks.totals(), width, depth=depth)
    return text + notes_text(ranks.notes, width)


def _texts_of_run(run: Run, depth: int | None, width: int) -> _Texts:
    from samprof.report.text.compare import compare_text
    from samprof.report.text.run import run_text
    from samprof.report.text.scaling import scaling_text
    from samprof.sweeps.run.compare import compare_variants

    def roles() -> str:
        summary = run.summary()
        return scaling_text(summary.roles, summary.role_times, width, axis=summary.axis)

    def variants() -> str:
        tables = compare_variants(run.data)
        return "\n".join(
            compare_text(table, width, names, depth, run.axis) for names, table in tables.items()
        )

    return {
        "scaling": lambda: run_text(run.summary(), width, depth=depth),
        "roles": roles,
        "components": lambda: components_text_of(run, component_tables(run), None, width),
        "variants": variants,
    }
