"""The tables of one rank's trace, and the number of each rank."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from samprof.errors import SamprofError, TraceError
from samprof.trace.model.ranges import By
from samprof.trace.tables.kernels_by_layer import kernels_by_layer
from samprof.trace.trace import load_trace

if TYPE_CHECKING:
    import pandas as pd

    from samprof.trace.tables.check import Check
    from samprof.trace.trace import Trace

_COLLECTIVE = re.compile(r"^(nccl|rccl|oneccl|mscclpp|msccl|vllm::cross_device)", re.IGNORECASE)
_RANK_IN_NAME = re.compile(r"rank[-_]?(\d+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class RankTables:
    """The tables that are kept of one trace.

    Attributes:
        path: the trace file.
        rank: from the trace's metadata; None if it is not there.
        layers: its layer table.
        kernels: how often each kernel ran in each layer; see `kernels_by_layer`.
        check: its time accounting.
        collective_ns: device time of collective operations, which last until the slowest rank arrives.
    """

    path: Path
    rank: int | None
    layers: pd.DataFrame
    kernels: pd.DataFrame
    check: Check
    collective_ns: int


def attempt(path: Path, by: By, cache: bool) -> RankTables | TraceError:
    """The tables of one trace, or the reason that it cannot be read."""
    try:
        return tables_of(load_trace(path, cache=cache), by, path)
    except SamprofError as error:
        return TraceError(error.operation, error.subject, error.cause, error.remedy)


def tables_of(trace: Trace, by: By, path: Path) -> RankTables:
    """The tables of one rank's trace, which is in the file at `path`.

    Raises:
        UsageError: `by` is no kind of range.
    """
    kernels = kernels_by_layer(trace, by)
    waiting = kernels["kernel"].str.match(_COLLECTIVE)
    return RankTables(
        path=path,
        rank=rank_in(trace),
        layers=trace.layers(by),
        kernels=kernels,
        check=trace.check(by),
        collective_ns=int(kernels.loc[waiting, "time_ns"].sum()) if len(kernels) else 0,
    )


def rank_in(trace: Trace) -> int | None:
    """The rank in a trace's metadata; None if it is not there."""
    information = trace.metadata.get("distributedInfo")
    rank = information.get("rank") if isinstance(information, dict) else None
    return rank if type(rank) is int else None


def rank_numbers(known: Mapping[Path, int | None]) -> dict[Path, int]:
    """A rank for each trace, in the order of the ranks.

    Args:
        known: trace file -> the rank in its metadata.

    Returns:
        Ranks from the metadata; where these are not all there and different, from the file names. A
        trace that stands alone is rank 0 where nothing else is known.

    Raises:
        TraceError: neither tells that they are of different ranks: traces of several batch sizes, or of
            one rank at several times, have no slowest rank.
    """
    paths = sorted(known, key=lambda path: path.name)
    names = [_RANK_IN_NAME.search(path.name) for path in paths]
    named = [int(match[1]) if match else None for match in names]
    for ranks in ([known[path] for path in paths], named, [0]):
        found = {path: rank for path, rank in zip(paths, ranks, strict=False) if rank is not None}
        if len(set(found.values())) == len(paths):
            return dict(sorted(found.items(), key=lambda item: item[1]))
    cause = (
        f"{len(paths)} traces, which neither distributedInfo nor their names give different ranks"
    )
    remedy = "give one of them, name them rank0.json and so on, or compare sizes: samprof scaling"
    raise TraceError("ranks", paths[0].parent, cause, remedy)


def number_ranks(found: list[RankTables]) -> list[RankTables]:
    """Gives every trace its own rank; see `rank_numbers`.

    Raises:
        TraceError: they are not of different ranks.
    """
    tables = {one.path: one for one in found}
    ranks = rank_numbers({one.path: one.rank for one in found})
    return [replace(tables[path], rank=rank) for path, rank in ranks.items()]
