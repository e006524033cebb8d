"""The time accounting of a trace file: samprof's tables against the sums of the file's own events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from samprof.trace import Trace, load_trace
from samprof.trace.model.slicing import slice_time
from samprof.verify.check import Check, is_true, limited, none_of, shown
from samprof.verify.event_sums import events_ns
from samprof.verify.limits import Limits

_OUTSIDE, _NO_LAUNCH = "(outside)", "(no launch)"
_OWNERLESS = (_OUTSIDE, _NO_LAUNCH)
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Accounting:
    """How the time in a trace file adds up.

    Attributes:
        rows_ns: sum of the self times of all rows (I1).
        events_ns: the same sum from the file's JSON.
        unequal: paths whose total is not their self time plus the totals inside (I2), and "roots"
            if the outermost rows do not add up to everything.
        lost: kernel launches without a record, after the first step.
        uneven: the number of kernels by which steps after the first differ.
        late: kernels that the first step lacks: a session can lose its first ones.
        kernels: step -> number of kernels.
        outside, no_launch: their shares of all time.
        ok: what samprof's own check says about the steps after the first.
        time_source: `device` if the file holds any device activity, else `cpu`.
        notes: the notes of that check.
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
    ok: bool
    notes: tuple[str, ...]
    time_source: str

    def checks(self, label: str, limits: Limits, *, on_gpu: bool) -> Iterable[Check]:
        """The lines of one recording; on a GPU the first says whether it holds device activity."""
        yield from device_recorded(label, self.time_source, on_gpu=on_gpu)
        difference = self.rows_ns - self.events_ns
        yield limited(
            f"{label}: sum of rows minus sum of events (I1)", difference, limits.accounting, "ns"
        )
        unequal = ", ".join(self.unequal[:_SHOWN])
        yield none_of(
            f"{label}: totals that do not add up (I2)", len(self.unequal), "rows", unequal
        )
        yield none_of(f"{label}: lost records", self.lost, "launches")
        yield none_of(f"{label}: difference in kernels between forwards", self.uneven, "kernels")
        notes = "" if self.ok else "; ".join(self.notes[:_SHOWN])
        yield is_true(f"{label}: passes samprof's own check", true=self.ok, note=notes)
        late = f"the session's first forward lacks {self.late} kernels" if self.late else ""
        yield shown(f"{label}: time outside of every layer", 100 * self.outside, "%", late)
        yield shown(f"{label}: time without a launch", 100 * self.no_launch, "%")


def device_recorded(label: str, time_source: str, *, on_gpu: bool) -> Iterable[Check]:
    """The line that fails where a GPU ran and its profiler (CUPTI) recorded none of it.

    Without it the sums would be those of CPU time, which add up whatever the GPU did.
    """
    if on_gpu:
        note = "" if time_source == "device" else "no CUPTI, or another profiler holds it"
        yield is_true(f"{label}: device activity is recorded", true=not note, note=note)


def own_check(label: str, found: Mapping[str, Any], *, on_gpu: bool) -> Iterable[Check]:
    """The lines of samprof's own check of a trace, which is given as plain data."""
    yield from device_recorded(label, found["time_source"], on_gpu=on_gpu)
    yield none_of(f"{label}: lost records", found["lost_records"], "launches")
    notes = "" if found["ok"] else "; ".join(found["notes"])
    yield is_true(f"{label}: time accounting", true=found["ok"], note=notes)


def accounting_of(path: Path) -> Accounting:
    """The time accounting of a trace that samprof recorded step by step."""
    trace = load_trace(path, cache=False)
    table, time_source = trace.layers("samprof"), trace.time_source
    own = table.set_index("path")[f"{time_source}_self_ns"]
    total = int(own.sum())
    kernels = _kernels(trace)
    usual, *_ = [count for _, count in sorted(kernels.items())][1:] or [0]
    after = [count for step, count in kernels.items() if step > 0]
    check = _after_first(trace).check("samprof")
    return Accounting(
        rows_ns=total,
        events_ns=events_ns(path),
        unequal=tuple(_unequal(table, f"{time_source}_total_ns", f"{time_source}_self_ns", total)),
        lost=check.lost_records,
        uneven=max(after, default=0) - min(after, default=0),
        late=max(usual - kernels.get(0, usual), 0),
        kernels=kernels,
        outside=int(own.get(_OUTSIDE, 0)) / max(total, 1),
        no_launch=int(own.get(_NO_LAUNCH, 0)) / max(total, 1),
        ok=check.ok,
        notes=check.notes,
        time_source=time_source,
    )


def _unequal(table: pd.DataFrame, total: str, own: str, everything: int) -> Iterable[str]:
    """Paths whose total is not self plus children, which are the rows below with no row in between."""
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
    return slice_time(trace, start, end)
