"""What a recording is, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from samprof.errors import SamprofError
from samprof.trace import Trace
from samprof.units import TIME_SOURCES, memory_text, time_text

NOTHING_RAN = "nothing of it ran"
_NOTHING = "nothing of "
_MOST_NAMED = 3
MOST_READ_BYTES = 16 * 2**20
"""A larger trace takes seconds to read: too long for a few words."""


def recorded_text(root: str, trace: Trace, steps: int) -> str:
    """What a trace holds of a root: layers, calls, steps, time and memory.

    Args:
        root: the first part of every path.
        trace: of one recording.
        steps: how many were marked.
    """
    layers = trace.layers("samprof")
    mine = layers[[_is_of(root, path) for path in layers["path"]]]
    if mine.empty:
        return NOTHING_RAN
    parts = [_counted(len(mine), "layer")]
    whole = mine[mine["path"] == root]
    if len(whole):
        time_ns = int(whole[f"{trace.time_source}_total_ns"].sum())
        parts.append(_counted(int(whole["calls"].sum()), "call"))
    else:  # only what is inside of it was called
        time_ns = int(mine[f"{trace.time_source}_self_ns"].sum())
    parts += [_counted(steps, "step")] if steps else []
    parts.append(f"{time_text(time_ns)} of {TIME_SOURCES[trace.time_source]}")
    if "memory_peak_bytes" in mine:
        parts.append(f"memory peak {memory_text(int(mine['memory_peak_bytes'].max()))}")
    return ", ".join(parts)


def unread_text(size: int) -> str:
    """What is said of a trace that is too large to be read for it."""
    return f"a trace of {memory_text(size)}"


def noted(trace: Trace, root: str) -> Trace:
    """The trace, with a note where nothing of the root ran."""
    if any(_is_of(root, path) for path in trace.ranges("samprof").paths):
        return trace
    return replace(trace, notes=(*trace.notes, _nothing_text(root, trace)))


def _nothing_text(root: str, trace: Trace) -> str:
    """That nothing of the root ran, and what ran instead: other roots, else the ops of most time."""
    text = f"{_NOTHING}{root} ran while it was recorded"
    ranges, ops = trace.ranges("samprof"), trace.launches().ops
    others = [path for path, depth in zip(ranges.paths, ranges.depth, strict=True) if depth == 0]
    if not others:
        outer = ops.parent < 0
        time_ns: Counter[str] = Counter()
        codes = trace.events.name[ops.rows[outer]].tolist()
        for code, spent in zip(codes, (ops.end - ops.start)[outer].tolist(), strict=True):
            time_ns[trace.names[code]] += spent
        others = [name for name, _ in time_ns.most_common()]
    if not others:
        return f"{text}, and nothing else either"
    more = f" and {len(others) - _MOST_NAMED} more" if others[_MOST_NAMED:] else ""
    named = ", ".join(others[:_MOST_NAMED])
    return f"{text}, but {named}{more}: was another object called, such as a copy or a part of it?"


def nothing_ran(trace: Trace) -> str:
    """The note of `noted`; empty where something of the root ran."""
    return next((note for note in trace.notes if note.startswith(_NOTHING)), "")


def without_raising(say: Callable[[], str]) -> str:
    """The text; where it cannot be told, why not."""
    try:
        return say()
    except SamprofError as error:
        return error.cause
    except Exception as error:  # what stands in a debugger or a log must not fail
        return type(error).__name__


def _is_of(root: str, path: str) -> bool:
    return path == root or path.startswith((f"{root}.", f"{root} > "))


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'s' if count != 1 else ''}"
