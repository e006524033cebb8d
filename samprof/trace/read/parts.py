"""The parts of a file that different processes read, and their merge into one trace."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from samprof.trace.model.data import TraceData
from samprof.trace.model.events import Events, Ints, MemoryEvents, SmallInts, Table
from samprof.trace.read.table_builder import TableBuilder

T = TypeVar("T", bound=Table)
K = TypeVar("K")


@dataclass
class Part:
    """The events of some pieces of a file.

    Attributes:
        events, allocations: the rows of the two tables, in the order of the pieces.
        begun: number of each piece, and its first row in the two tables.
        names, threads, inputs: the strings that the tables index.
        skipped: how many events were skipped or repaired, by reason.
    """

    events: TableBuilder[Events]
    allocations: TableBuilder[MemoryEvents]
    begun: list[tuple[int, int, int]]
    names: dict[str, int]
    threads: dict[tuple[str, str], int]
    inputs: dict[bytes, int]
    skipped: Counter[str]


def merge_parts(parts: list[Part], metadata: Mapping[str, Any], notes: list[str]) -> TraceData:
    """The trace whose pieces are in these parts, in the order of the pieces.

    The parts are empty afterwards.
    """
    names, threads, inputs = parts[0].names, parts[0].threads, parts[0].inputs
    numbers = [
        {
            "name": _numbers_in(part.names, names),
            "thread": _numbers_in(part.threads, threads),
            "inputs": np.append(_numbers_in(part.inputs, inputs), np.int32(-1)),  # -1 stays -1
        }
        for part in parts[1:]
    ]
    skipped = sum((part.skipped for part in parts), Counter[str]())
    begun = [np.array(part.begun, np.int64).reshape(-1, 3) for part in parts]
    return TraceData(
        events=_table(
            Events, [part.events for part in parts], [at[:, [0, 1]] for at in begun], numbers
        ),
        allocations=_table(
            MemoryEvents,
            [part.allocations for part in parts],
            [at[:, [0, 2]] for at in begun],
            numbers,
        ),
        names=tuple(names),
        threads=tuple(threads),
        inputs=tuple(text.decode("utf-8", "replace") for text in inputs),
        metadata=metadata,
        notes=(
            *notes,
            *(
                f"{count} event{'s' if count > 1 else ''} {reason}"
                for reason, count in sorted(skipped.items())
            ),
        ),
    )


def _numbers_in(own: Mapping[K, int], known: dict[K, int]) -> SmallInts:
    """The number in `known` of each of a part's own strings; `known` is extended."""
    return np.array([known.setdefault(key, len(known)) for key in own], np.int32)


def _table(
    table: type[T],
    parts: list[TableBuilder[T]],
    begun: list[Ints],
    numbers: list[dict[str, SmallInts]],
) -> T:
    """One table of the parts' rows, merged column by column so that little is held twice."""
    if len(parts) == 1:
        return parts[0].finish()
    rows = [len(part) for part in parts]
    columns = {}
    for name in table.dtypes():
        own, *others = (part.pop(name) for part in parts)
        renumbered = [
            number[name][column] if name in number else column
            for number, column in zip(numbers, others, strict=True)
        ]
        columns[name] = _in_order_of_pieces([own, *renumbered], begun, rows)
    return table(**columns)


def _in_order_of_pieces(
    columns: list[np.ndarray[Any, Any]], begun: list[Ints], rows: list[int]
) -> np.ndarray[Any, Any]:
    pieces = []
    for column, at, end in zip(columns, begun, rows, strict=True):
        numbers, starts = at.T.tolist()
        if not numbers:
            continue
        pieces += [
            (number, column[start:stop])
            for number, start, stop in zip(numbers, starts, [*starts[1:], end], strict=True)
        ]
    pieces.sort(key=lambda piece: piece[0])
    return np.concatenate([rows for _, rows in pieces] or columns)
