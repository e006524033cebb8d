"""What `samprof run` says of a program: its calls, components and layers, and what to know of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import samprof
from samprof.errors import SamprofError
from samprof.report.text.table import Width, wrapped
from samprof.script.folder import folder_name
from samprof.script.record import Ran
from samprof.script.roots import MOST_ROOTS, MOST_SIZES, Calls, Root
from samprof.units import time_text

_LAYER_TABLES = 3
_NAMES = 3


def script_text(ran: Ran, name: str, wanted: Sequence[str], depth: int | None, width: Width) -> str:
    """The tables of a program that has run, and sentences on how it ran.

    Args:
        ran: the program, and what was recorded of it.
        name: what to call it.
        wanted: what `--module` asked for.
        depth: of the layer tables; None for all layers.
        width: columns of the terminal.
    """
    sections = list(_tables(ran, depth, width)) if ran.roots else []
    sentences = [_what_happened(ran, name, wanted), *_notes(ran)]
    return "\n".join([*sections, "".join(wrapped(sentence, width) for sentence in sentences)])


def _tables(ran: Ran, depth: int | None, width: Width) -> Iterator[str]:
    from samprof.report.text.calls import calls_text
    from samprof.report.text.components import components_text
    from samprof.script.tables import calls_table, components_of_all

    yield calls_text(calls_table(ran.roots, ran.wall_ns), width)
    components = components_of_all(ran.roots)
    if components is not None:
        about = "All calls, each with the times of the median recorded one of its kind."
        yield components_text({"": components}, width) + wrapped(about, width)
    recorded = [root for root in _slowest_first(ran.roots) if root.recorded()]
    for root in recorded[:_LAYER_TABLES]:
        yield _layers(root, depth, width)
        if len(root.recorded()) > 1:
            yield _scaling(root, ran.folder, depth, width)
    if len(recorded) > _LAYER_TABLES:
        more = _some([root.name for root in recorded[_LAYER_TABLES:]])
        yield wrapped(f"Also recorded, for samprof layers: {more}", width)


def _layers(root: Root, depth: int | None, width: Width) -> str:
    """The layer table of one recorded call: the median one, of the size that took most of the time."""
    from samprof.report.text.layers import layers_text
    from samprof.trace import load_trace

    calls, median = max(root.recorded(), key=lambda found: found[0].wall_ns)
    trace = load_trace(median.trace)
    title = wrapped(f"{_title(root, calls)}: {_shown(median.trace)}", width)
    layers = trace.layers("samprof")
    return title + layers_text(layers, width, time_source=trace.time_source, depth=depth)


def _scaling(root: Root, folder: Path, depth: int | None, width: Width) -> str:
    """How the layers scale with the size, of all recorded calls; they become a run directory."""
    from samprof.report.text.run import run_text

    warm = [calls for calls, _ in root.recorded() if calls.recorded]
    used = warm if len(warm) > 1 else [calls for calls, _ in root.recorded()]
    cold = [str(calls.size) for calls, _ in root.recorded() if not calls.recorded]
    note = f"Note: of size {_some(cold)} only the first call was recorded, warm-up included"
    note += "; it is left out of the scaling." if used is warm else "."
    traces = [path for calls in used for path in calls.traces]
    out = folder / f"{folder_name(root.name)}-scaling"
    try:
        run = samprof.scaling(traces, out=out)
    except SamprofError as error:  # one root whose sizes cannot be compared leaves the others
        return wrapped(f"Note: {error}", width)
    said = [*([note] if cold else []), f"Run: {_shown(out)}"]
    text = run_text(run.summary(), width, depth=depth)
    return text + "".join(wrapped(line, width) for line in said)


def _title(root: Root, calls: Calls) -> str:
    """Which call a layer table is of."""
    size = "" if calls.size is None else f", size {calls.size}"
    if not calls.recorded:
        return f"{root.name}{size}, the first call, warm-up included"
    count = len(calls.recorded)
    return f"{root.name}{size}" + (f", the median of {count} calls" if count > 1 else ", one call")


def _what_happened(ran: Ran, name: str, wanted: Sequence[str]) -> str:
    """The sentence that says whether anything was recorded, and where it is."""
    ran_for = f"samprof: {name} ran for {time_text(ran.wall_ns)}, exit code {ran.exit_code}"
    seen = sum(calls.seen for root in ran.roots for calls in root.all_calls())
    files = sum(len(calls.traces) for root in ran.roots for calls in root.all_calls())
    if not ran.has_torch:
        return f"{ran_for}: it imported no torch, so there was nothing to record."
    if not ran.roots:
        what = f"no module {' or '.join(wanted)}" if wanted else "no module"
        return f"{ran_for}: it called {what}, so there was nothing to record."
    if not files:
        return f"{ran_for}: none of its {seen} calls was recorded."
    took = time_text(ran.recording_ns)
    return f"{ran_for}; {files} of {seen} calls recorded, in {took}: {_shown(ran.folder)}"


def _notes(ran: Ran) -> Iterator[str]:
    """What a reader of the tables should know."""
    if ran.failure:
        yield f"Note: recording ended early: {ran.failure}"
    if ran.profiled:
        calls = "1 call was" if ran.profiled == 1 else f"{ran.profiled} calls were"
        yield f"Note: {calls} not recorded: a profiler of the program's own ran."
    if any(root.trains for root in ran.roots):
        yield (
            "Note: models were called in training mode, with gradients: what follows a call, such as "
            "its backward pass, is not recorded; samprof.profile around a step records it."
        )
    if any(root.others.seen for root in ran.roots):
        yield f"Note: of each root, the first {MOST_SIZES} sizes are recorded."
    if any(not root.is_recorded for root in ran.roots):
        yield f"Note: the first {MOST_ROOTS} roots are recorded; --module chooses others."
    if ran.children:
        yield f"Note: processes that it started are not recorded: {_some(ran.children)}"


def _slowest_first(roots: Sequence[Root]) -> list[Root]:
    return sorted(roots, key=lambda root: -root.wall_ns)


def _some(names: Sequence[str]) -> str:
    """The first names, and how many there are besides."""
    more = len(names) - _NAMES
    return ", ".join(names[:_NAMES]) + (f" and {more} more" if more > 0 else "")


def _shown(path: Path) -> str:
    """The path as the user would type it."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
