"""The traces of a job, each read once, under the rank that HTA takes it for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from samprof.errors import TraceError
from samprof.trace import Trace, load_trace
from samprof.trace.ranks.rank_tables import rank_in, rank_numbers


@dataclass(frozen=True, slots=True)
class RankTraces:
    """Traces by rank.

    Attributes:
        paths: rank -> trace file.
        traces: rank -> the same file, read.
        notes: files that could not be read, and why.
    """

    paths: dict[int, Path]
    traces: dict[int, Trace]
    notes: tuple[str, ...]


def rank_traces(paths: Sequence[Path]) -> RankTraces:
    """The traces by rank; a trace that stands alone is rank 0.

    Args:
        paths: trace files; the columns of several are cached beside them.

    Raises:
        TraceError: none of them can be read, or nothing tells their ranks.
    """
    if len(paths) == 1:
        return RankTraces({0: paths[0]}, {0: load_trace(paths[0])}, ())
    found: dict[Path, Trace] = {}
    errors: list[TraceError] = []
    for path in paths:
        try:
            found[path] = load_trace(path, cache=True)
        except TraceError as error:
            errors.append(error)
    if not found:
        raise errors[0]
    ranks = rank_numbers({path: rank_in(trace) for path, trace in found.items()})
    return RankTraces(
        paths={rank: path for path, rank in ranks.items()},
        traces={rank: found[path] for path, rank in ranks.items()},
        notes=tuple(f"{error.subject} left out: {error.cause}" for error in errors),
    )
