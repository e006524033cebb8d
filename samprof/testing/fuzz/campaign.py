"""Many damaged traces, each read and compared with the plain reader; what differs is a finding."""

import gzip
import json
import re
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from samprof.errors import SamprofError
from samprof.testing.fuzz.mutate import mutated
from samprof.testing.fuzz.oracle import Sums, sums_of
from samprof.testing.options import TraceOptions
from samprof.testing.writer import write_trace
from samprof.trace import Trace, load_trace
from samprof.trace.model.events import Kind
from samprof.trace.tables.lost_records import lost_records

_LEAST_EVENTS = 4400
_SLICES, _SLICE_EVENTS = 4, 12
_LARGEST_BYTES = 4 << 20
_SECONDS, _SECONDS_PER_BYTE = 10.0, 1e-4
_HARD = TraceOptions(no_launch=0.02, lost_share=0.02, outside=True, backward=True, graphs=True)
_WRONG = re.compile(r"sum to|roots hold|above total|above summed")
_AMBIGUOUS = re.compile(r"another traceEvents list|from the others|add up with the others")


@dataclass(frozen=True, slots=True)
class Finding:
    """A case in which samprof is wrong, or fails.

    Attributes:
        case: its number; with the seed, it makes the same file again.
        what: what was found.
        content: the file.
    """

    case: int
    what: str
    content: bytes


def originals(folder: Path, traces: Path | None = None) -> list[list[Any]]:
    """The events of two generated traces, and of the traces in a folder that are not large.

    Args:
        folder: where the generated ones are written.
        traces: a folder of real ones.
    """
    paths = [folder / "plain.json", folder / "hard.json"]
    for path, options in zip(paths, (TraceOptions(), _HARD), strict=True):
        write_trace(path, _LEAST_EVENTS, options)
    found = [_events(path) for path in (*paths, *_real(traces))]
    return [events for events in found if events]


def campaign(
    events: Sequence[list[Any]], path: Path, *, seed: int, first: int, cases: int
) -> Iterator[tuple[str, Finding | None]]:
    """The outcome of each case (read, refused or failed), and what was found.

    Args:
        events: of the originals.
        path: the file that every case is written to; it is overwritten.
        seed: with the number of the case, it decides everything.
        first: the number of the first case.
        cases: how many.
    """
    for case in range(first, first + cases):
        rng = Random(f"{seed} {case}")
        content = mutated(_some(rng.choice(events), rng), rng)
        path.write_bytes(content)
        before = time.process_time()
        outcome, what = _outcome(path, sums_of(content))
        took = time.process_time() - before
        if not what and took > _SECONDS + _SECONDS_PER_BYTE * len(content):
            what = f"takes {took:.0f} s"
        yield outcome, Finding(case, what, content) if what else None


def summary(outcomes: Counter[str]) -> str:
    """How many cases ended how, in a few words."""
    return ", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items()))


def _outcome(path: Path, sums: Sums | None) -> tuple[str, str]:
    """What reading came to, and what is wrong with it; empty if nothing is."""
    try:
        trace = load_trace(path)
        return "read", _difference(trace, sums)
    except SamprofError as error:
        return "refused", f"refused, though plain JSON reads it: {error}" if sums else ""
    except Exception:
        return "failed", traceback.format_exc()


def _difference(trace: Trace, sums: Sums | None) -> str:
    check, durations = trace.check(), trace.kernels()["dur_ns"]
    parts = check.attributed_ns + check.outside_ns + check.no_launch_ns
    wrong = [note for note in check.notes if _WRONG.search(note)]
    if parts != check.total_ns or wrong:
        return f"the accounting is wrong: {parts} ns of {check.total_ns}; {wrong}"
    # What plain JSON refuses may be read in part, and what it reads another way is said.
    if sums is None or any(map(_AMBIGUOUS.search, trace.notes)):
        return ""
    found = Sums(len(durations), int(durations.sum()), _without_activity(trace))
    if sums.lost is None:
        found = Sums(found.activities, found.device_ns, None)
    return "" if found == sums else f"{found} instead of {sums}; notes {trace.notes}"


def _without_activity(trace: Trace) -> int:
    """Kernel launches without any device activity, lost or captured."""
    lost = lost_records(trace)
    captured = sum(int((one.kinds == Kind.KERNEL).sum()) for one in trace.captures())
    return len(lost.launches) - lost.of_graphs + captured


def _some(events: list[Any], rng: Random) -> list[Any]:
    """A few slices of the events: small files are read fast, and lack something by themselves."""
    begins = sorted(rng.randrange(len(events)) for _ in range(_SLICES))
    return [one for begin in begins for one in events[begin : begin + _SLICE_EVENTS]]


def _real(traces: Path | None) -> list[Path]:
    found = sorted(traces.glob("*.json*")) if traces is not None else []
    return [path for path in found if path.stat().st_size < _LARGEST_BYTES]


def _events(path: Path) -> list[Any]:
    data = path.read_bytes()
    document = json.loads(gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data)
    events = document.get("traceEvents") if isinstance(document, dict) else document
    return events if isinstance(events, list) else []
