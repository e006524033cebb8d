"""The books of a trace file, kept twice: by samprof, and by adding up the file's JSON alone.

On a device: the sum of the durations of all kernels, copies and fills. Without one: the time that ops
and ranges cover on their threads. Times are converted exactly, by decimals.
"""

from __future__ import annotations

import gzip
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pandas as pd

from bench.gpu.check import Check, holds, none_of, shown, within
from bench.gpu.scale import Limits
from samprof.trace import Trace, load_trace
from samprof.trace.window import within as window

_DEVICE = {"kernel", "gpu_memcpy", "gpu_memset"}
_OWNERLESS = ("(outside)", "(no launch)")
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Books:
    """What the sums of one trace file gave.

    Attributes:
        rows_ns: sum of the self times of all rows (I1).
        events_ns: the same from the file's JSON.
        unequal: paths whose total is not their self time and the totals inside (I2), and "roots"
            where the outermost rows are not everything.
        lost: kernel launches without a record, after the first step.
        uneven: kernels by which steps after the first differ.
        late: kernels that the first step has less than the usual step: a session can lose its first.
        kernels: step -> kernels.
        outside, no_launch: their shares of all time.
        fine: what samprof's own check says of the steps after the first.
        notes: the first of its notes.
    """

    rows_ns: int
    events_ns: int
    unequal: tuple[str, ...]
    lost: int
    uneven: int
    late: int
    kernels: Mapping[int, int]
    outside: float
    no_launch: float
    fine: bool
    notes: tuple[str, ...]

    def checks(self, label: str, limits: Limits) -> Iterable[Check]:
        """The lines of one recording."""
        off = self.rows_ns - self.events_ns
        yield within(f"{label}: rows less events (I1)", off, limits.books, "ns")
        unequal = ", ".join(self.unequal[:_SHOWN])
        yield none_of(
            f"{label}: totals that do not add up (I2)", len(self.unequal), "rows", unequal
        )
        yield none_of(f"{label}: lost records", self.lost, "launches")
        yield none_of(f"{label}: kernels between forwards differ", self.uneven, "kernels")
        notes = "" if self.fine else "; ".join(self.notes[:_SHOWN])
        yield none_of(f"{label}: samprof's own check finds faults", int(not self.fine), note=notes)
        late = f"the session's first forward misses {self.late} kernels" if self.late else ""
        yield shown(f"{label}: outside", 100 * self.outside, "%", late)
        yield shown(f"{label}: without launch", 100 * self.no_launch, "%")


def own_check(label: str, found: Mapping[str, Any]) -> Iterable[Check]:
    """The lines of samprof's own check of a trace, as plain data."""
    yield none_of(f"{label}: lost records", found["lost_records"], "launches")
    faults = "" if found["ok"] else "; ".join(found["notes"])
    yield holds(f"{label}: books", true=found["ok"], note=faults)


def books_of(path: Path) -> Books:
    """The books of a trace that samprof recorded step by step."""
    trace = load_trace(path, cache=False)
    table, clock = trace.layers("samprof"), trace.clock
    own = table.set_index("path")[f"{clock}_self_ns"]
    total = int(own.sum())
    kernels = _kernels(trace)
    usual, *_ = [count for _, count in sorted(kernels.items())][1:] or [0]
    after = [count for step, count in kernels.items() if step > 0]
    check = _after_first(trace).check("samprof")
    return Books(
        rows_ns=total,
        events_ns=events_ns(path),
        unequal=tuple(_unequal(table, f"{clock}_total_ns", f"{clock}_self_ns", total)),
        lost=check.lost_records,
        uneven=max(after, default=0) - min(after, default=0),
        late=max(usual - kernels.get(0, usual), 0),
        kernels=kernels,
        outside=int(own.get(_OWNERLESS[0], 0)) / max(total, 1),
        no_launch=int(own.get(_OWNERLESS[1], 0)) / max(total, 1),
        fine=check.ok,
        notes=check.notes,
    )


def events_ns(path: Path) -> int:
    """All time in a trace file, from its JSON alone."""
    packed = path.read_bytes()
    text = gzip.decompress(packed) if packed[:2] == b"\x1f\x8b" else packed
    events = [one for one in msgspec.json.decode(text, type=_File).events if one.ph == "X"]
    device = [one for one in events if str(one.cat).lower() in _DEVICE]
    if device:
        return sum(_ns(one.dur) for one in device)
    threads: dict[Any, list[tuple[int, int]]] = defaultdict(list)
    for one in events:
        if one.cat == "cpu_op" or str(one.name).startswith("samprof:"):
            start = _ns(one.ts)
            threads[one.pid, one.tid].append((start, start + _ns(one.dur)))
    return sum(_covered(sorted(spans)) for spans in threads.values())


class _Event(msgspec.Struct):
    """What the sums need of an event."""

    ph: Any = ""
    cat: Any = ""
    name: Any = ""
    pid: Any = 0
    tid: Any = 0
    ts: Decimal = Decimal(0)
    dur: Decimal = Decimal(0)


class _File(msgspec.Struct):
    """A trace file."""

    events: list[_Event] = msgspec.field(name="traceEvents")


def _ns(microseconds: Decimal) -> int:
    return int(microseconds * 1000)


def _covered(spans: list[tuple[int, int]]) -> int:
    """The length of the union of sorted intervals."""
    covered, reached = 0, spans[0][0]
    for start, end in spans:
        covered += max(end - max(start, reached), 0)
        reached = max(reached, end)
    return covered


def _unequal(table: pd.DataFrame, total: str, own: str, everything: int) -> Iterable[str]:
    """Paths whose total is not self plus children: a row's children are the rows one name longer."""
    rows = table[~table["path"].isin(_OWNERLESS)]
    inside: Counter[str] = Counter()
    totals = dict(zip(rows["path"], rows[total].tolist(), strict=True))
    roots = int(table.loc[table["path"].isin(_OWNERLESS), total].sum())
    for path, time in totals.items():
        above = _parent(path, totals)
        if above is None:
            roots += time
        else:
            inside[above] += time
    for path, time, self_time in zip(rows["path"], rows[total], rows[own], strict=True):
        if int(time) != int(self_time) + inside[path]:
            yield str(path)
    if roots != everything:
        yield "roots"


def _parent(path: str, known: Mapping[str, Any]) -> str | None:
    """The nearest path around this one that has a row."""
    while "." in path:
        path = path.rpartition(".")[0]
        if path in known:
            return path
    return None


def _kernels(trace: Trace) -> dict[int, int]:
    table = trace.kernels("samprof")
    counts = table.loc[table["kind"] == "kernel", "step"].value_counts()
    steps: Any = sorted(counts.items())
    return {int(step): int(count) for step, count in steps}


def _after_first(trace: Trace) -> Trace:
    (_, start, _), *_, (_, _, end) = trace.steps()[1:]
    return window(trace, start, end)
