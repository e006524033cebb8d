"""What a recording is, in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from samprof.errors import SamprofError
from samprof.trace import Trace
from samprof.units import TIME_SOURCES, memory_text, time_text

NOTHING_RAN = "nothing of it ran"
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
    note = f"nothing of {root} ran while it was recorded: was another object called?"
    return replace(trace, notes=(*trace.notes, note))


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
