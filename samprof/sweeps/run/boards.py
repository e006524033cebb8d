"""A run as TensorBoard shows it: one board per variant."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from samprof.analysis.verdict.advice import no_size_ran
from samprof.errors import RunError
from samprof.integrations.tensorboard.board import Board
from samprof.sweeps.run.data import RunData
from samprof.sweeps.run.stored.layout import LARGEST_FILE, RUN_FILE
from samprof.sweeps.run.stored.point import Point
from samprof.sweeps.run.stored.schema import inside
from samprof.trace.read.load import read_trace


def boards_of(run: RunData) -> list[Board]:
    """The variants of which some size ran to its end; their traces are read.

    Raises:
        RunError: there is none, or a trace lies outside of the run directory.
        TraceError: a trace cannot be read.
    """
    variants = run.good_variants()
    if not variants:
        raise RunError("run", run.path, *no_size_ran(run.points, run.axis))
    first, *others = (_board(run, variant) for variant in variants)
    # The picture of the components is one of all variants.
    return [first, *(replace(one, summary=replace(one.summary, components={})) for one in others)]


def files_of(run: RunData) -> dict[str, Path | bytes]:
    """What samprof's tab needs of the run directory: path in it -> the file, or what stands in it.

    The traces have other names there, by which torch-tb-profiler does not take them for more of its own.
    """
    names = [name for name in (RUN_FILE, LARGEST_FILE) if (run.path / name).is_file()]
    found: dict[str, Path | bytes] = {name: run.path / name for name in names}
    for point in run.measured:
        found[f"points/{point.key}.json"] = _renamed(point).as_bytes()
        if point.trace:
            found[_plain_name(point.trace)] = inside(run.path, point.trace)
    return found


def _renamed(point: Point) -> Point:
    samples = (replace(one, trace=_plain_name(one.trace)) for one in point.samples)
    return replace(point, samples=tuple(samples))


def _plain_name(trace: str) -> str:
    """The name of a trace without what marks it for torch-tb-profiler.

    Example:
        >>> _plain_name("traces/b0001/rank0.pt.trace.json.gz")
        'traces/b0001/rank0.json.gz'
    """
    return trace.replace(".pt.trace.json", ".json")


def _board(run: RunData, variant: str) -> Board:
    points = run.good_points(variant)
    return Board(
        summary=run.summary(variant),
        dtype=run.dtype(variant),
        components={
            point.size: run.components(point.size, variant) for point in points if point.components
        },
        traces={point.key: (point.size, _trace_of(run, point)) for point in points if point.trace},
        timeline=run.timeline(None, variant),
    )


def _trace_of(run: RunData, point: Point) -> Path:
    """The trace file of a point, which was read: nothing else may be linked into a log directory.

    Raises:
        TraceError: it is no trace.
        RunError: it lies outside of the run directory.
    """
    path = inside(run.path, point.trace).resolve()
    read_trace(path)
    return path
