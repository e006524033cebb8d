"""What is gathered: traces, recordings and files, each with its name and what is said of its size."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from samprof.errors import TraceError, UsageError
from samprof.sweeps.plan import checked_size
from samprof.trace import Trace, load_trace
from samprof.trace.read.load import traces_in

if TYPE_CHECKING:
    from samprof.record.recording import Recording

    Item = Recording | Trace | str | Path
    Given = Item | Mapping[int, Item] | Iterable[Item]

_KINDS = "a recording, a trace, a path, a list of them, or a dict of size -> one of them"


@dataclass(frozen=True, slots=True)
class Source:
    """One trace.

    Attributes:
        name: what messages call it.
        trace: its columns.
        path: its file; None where it has none.
        root: the root that was recorded, where that is known.
        sizes: what the user says: one size for all calls, or one per call; empty for nothing.
    """

    name: str
    trace: Trace
    path: Path | None = None
    root: str | None = None
    sizes: tuple[int, ...] = ()


def sources_of(traces: Given, sizes: Iterable[int] | None) -> list[Source]:
    """The traces that are meant, in the order in which they are given; those of a folder by name.

    Args:
        traces: one or more recordings, traces or paths; a path may be that of a folder.
        sizes: one per trace; or one per call of the root, where a single trace is given.

    Raises:
        UsageError: it is something else, nothing, or the sizes do not fit.
        SamprofError: a trace cannot be read.
    """
    if isinstance(traces, Mapping):
        if sizes is not None:
            cause, remedy = "given twice, by the keys of a dict and by sizes=", "give one of them"
            raise UsageError("scaling", "sizes", cause, remedy)
        return [
            _source(item, (checked_size(size, "scaling"),))
            for size, item in _not_empty([*traces.items()])
        ]
    items = _items(traces)
    given = None if sizes is None else tuple(checked_size(size, "scaling") for size in sizes)
    if given is None:
        return [_source(item, ()) for item in items]
    if len(items) == 1:
        return [_source(items[0], given)]
    if len(given) != len(items):
        cause = f"{len(given)} sizes for {len(items)} traces"
        raise UsageError("scaling", "sizes", cause, "give one size per trace, in their order")
    return [_source(item, (size,)) for item, size in zip(items, given, strict=True)]


def _items(traces: Any) -> list[Any]:
    """Each trace by itself; a folder stands for the traces in it."""
    given = traces if isinstance(traces, list | tuple) else [traces]
    found: list[Any] = []
    for item in given:
        is_folder = isinstance(item, str | Path) and Path(item).is_dir()
        found += _in_folder(Path(item)) if is_folder else [item]
    return _not_empty(found)


def _in_folder(folder: Path) -> list[Path]:
    """The traces in a folder; where it has none itself, those in its folders, as a run keeps them."""
    try:
        return traces_in(folder)
    except TraceError:
        inner = sorted(path for path in folder.iterdir() if path.is_dir())
        found = []
        for path in inner:
            try:
                found += traces_in(path)
            except TraceError:
                continue
        if not found:
            raise
        return found


def _not_empty(items: list[Any]) -> list[Any]:
    if not items:
        raise UsageError("scaling", "traces", "none given", f"give {_KINDS}")
    return items


def _source(item: Any, sizes: tuple[int, ...]) -> Source:
    if isinstance(item, str | Path):
        path = Path(item)
        return Source(_name(path), load_trace(path), path, sizes=sizes)
    if isinstance(item, Trace):
        name = _name(item.path) if item.path is not None else "trace"
        return Source(name, item, item.path, sizes=sizes)
    trace, root = getattr(item, "trace", None), getattr(item, "root", None)
    if not isinstance(trace, Trace) or not isinstance(root, str):
        raise UsageError("scaling", type(item).__name__, "not a trace", f"give {_KINDS}")
    return Source(f"recording of {root}", trace, trace.path, root, sizes)


def _name(path: Path) -> str:
    """The file, with its folder where that alone tells it from others."""
    return f"{path.parent.name}/{path.name}" if path.name.startswith("rank") else path.name
