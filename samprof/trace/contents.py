"""What is read from a trace file, before it is a `Trace`; and one part of it put beside another."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from samprof.trace.events import Events, Ints, MemoryEvents, SmallInts, Table
from samprof.trace.growing import Growing

T = TypeVar("T", bound=Table)
K = TypeVar("K")


@dataclass
class Part:
    """The events of some pieces of a file.

    Attributes:
        events, memory: their rows, in the order of the pieces.
        begun: number of each piece, and where its rows of the two tables begin.
        names, threads, inputs: what the tables point to.
        passed_over: how many events were left out or mended, by reason.
    """

    events: Growing[Events]
    memory: Growing[MemoryEvents]
    begun: list[tuple[int, int, int]]
    names: dict[str, int]
    threads: dict[tuple[str, str], int]
    inputs: dict[bytes, int]
    passed_over: Counter[str]


@dataclass(frozen=True, slots=True)
class Contents:
    """A whole file: its events, and what surrounds them."""

    events: Events
    memory: MemoryEvents
    names: tuple[str, ...]
    threads: tuple[tuple[str, str], ...]
    inputs: tuple[str, ...]
    metadata: Mapping[str, Any]
    notes: tuple[str, ...]


def whole(parts: list[Part], metadata: Mapping[str, Any], notes: list[str]) -> Contents:
    """The contents of a file whose pieces are in these parts, in the order of the pieces.

    The parts give up their rows.
    """
    names, threads, inputs = parts[0].names, parts[0].threads, parts[0].inputs
    numbers = [
        {
            "name": _adopted(part.names, names),
            "thread": _adopted(part.threads, threads),
            "inputs": np.append(_adopted(part.inputs, inputs), np.int32(-1)),  # -1 stays -1
        }
        for part in parts[1:]
    ]
    passed_over = sum((part.passed_over for part in parts), Counter[str]())
    begun = [np.array(part.begun, np.int64).reshape(-1, 3) for part in parts]
    return Contents(
        events=_table(
            Events, [part.events for part in parts], [at[:, [0, 1]] for at in begun], numbers
        ),
        memory=_table(
            MemoryEvents, [part.memory for part in parts], [at[:, [0, 2]] for at in begun], numbers
        ),
        names=tuple(names),
        threads=tuple(threads),
        inputs=tuple(text.decode("utf-8", "replace") for text in inputs),
        metadata=metadata,
        notes=(
            *notes,
            *(
                f"{count} event{'s' if count > 1 else ''} {reason}"
                for reason, count in sorted(passed_over.items())
            ),
        ),
    )


def _adopted(own: Mapping[K, int], known: dict[K, int]) -> SmallInts:
    """For each of the part's own numbers the one in `known`, which is extended."""
    return np.array([known.setdefault(key, len(known)) for key in own], np.int32)


def _table(
    table: type[T],
    parts: list[Growing[T]],
    begun: list[Ints],
    numbers: list[dict[str, SmallInts]],
) -> T:
    """One table of the parts' rows, column by column, so that little is held twice."""
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
