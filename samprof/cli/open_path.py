"""What the user names, opened: a trace, the traces of several ranks, or a run directory.

A path that cannot be loaded is an error of `load`; one that a command cannot use is an error of that
command.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from samprof.errors import UsageError

if TYPE_CHECKING:
    from samprof.sweeps.run.run import Run
    from samprof.trace import Trace
    from samprof.trace.ranks.ranks import Ranks

ANY_PATH = "a trace (.json, .json.gz), a run directory, or a directory with one trace per rank"
ONE_TRACE = "a trace (.json, .json.gz) or a run directory"


def add_trace_arguments(parser: argparse.ArgumentParser, path_help: str = ONE_TRACE) -> None:
    """The path, and which trace of a run: `--size` and `--variant`."""
    parser.add_argument("path", help=path_help)
    add_size_argument(parser, "for a run: which size (default: the largest)")
    parser.add_argument(
        "--variant", metavar="V", help="for a run: which variant (default: eager, or the first)"
    )


def add_size_argument(parser: argparse.ArgumentParser, size_help: str) -> None:
    """`--size`, also known as `--batch-size`."""
    parser.add_argument(
        "--size", "--batch-size", dest="size", type=int, metavar="N", help=size_help
    )


def add_by_argument(
    parser: argparse.ArgumentParser, default: str = "the first of these that the trace holds"
) -> None:
    """`--by`; what it is by default is in the help."""
    parser.add_argument(
        "--by",
        default="auto",
        metavar="RANGES",
        help="the ranges that own the time: samprof, module, annotation or op (default: "
        f"{default})",
    )


def add_cache_argument(parser: argparse.ArgumentParser) -> None:
    """`--no-cache`."""
    parser.add_argument(
        "--no-cache",
        action="store_true",
        help="parse the trace again, and write no cache (.samprof.npz) beside it",
    )


def open_path(path: str, *, cache: bool = True) -> Trace | Ranks | Run:
    """The trace, the ranks or the run at the path.

    Raises:
        SamprofError: there is nothing, or it cannot be read.
    """
    from samprof.api import load

    return load(existing(path), cache=cache)


def open_run(path: str, command: str) -> Run:
    """The run at the path.

    Raises:
        SamprofError: it is not a run, or cannot be read.
    """
    from samprof.sweeps.run.run import Run

    found = open_path(path, cache=False)
    if not isinstance(found, Run):
        what = "a directory of traces" if Path(path).is_dir() else "a trace"
        remedy = "give the directory that samprof sweep wrote"
        raise UsageError(command, path, f"{what}, not a run", remedy)
    return found


def open_traces(options: argparse.Namespace) -> Trace | Ranks:
    """The trace, or the traces of all ranks, that the arguments select.

    Raises:
        SamprofError: it cannot be read, or an argument does not fit.
    """
    from samprof.trace.ranks.ranks import Ranks

    paths = trace_files(options)
    if len(paths) > 1:
        return Ranks(Path(options.path), paths, not options.no_cache)
    return open_trace(options)


def open_trace(options: argparse.Namespace) -> Trace:
    """The one trace that the arguments select.

    Raises:
        SamprofError: it cannot be read, there are several, or an argument does not fit.
    """
    from samprof.trace import load_trace

    path = trace_file(options)
    # Nothing but what the sweep wrote goes into a run directory.
    return load_trace(path, cache=not options.no_cache and not is_run(Path(options.path)))


def trace_file(options: argparse.Namespace) -> Path:
    """The one trace file that the arguments select; it is not read.

    Raises:
        SamprofError: there is none, there are several, or an argument does not fit.
    """
    paths = trace_files(options)
    if len(paths) > 1:
        refuse_several(options.path, options.command, paths)
    return paths[0]


def trace_files(options: argparse.Namespace) -> tuple[Path, ...]:
    """The trace files that the arguments select: one, or one per rank; none is read.

    Raises:
        SamprofError: there is none, or an argument does not fit.
    """
    from samprof.sweeps.run.run import Run
    from samprof.trace.read.load import traces_in

    path = existing(options.path)
    if is_run(path):
        return (Run(path).trace_path(options.size, options.variant),)
    refuse_selection(options, options.path, "size", "variant")
    return tuple(traces_in(path)) if path.is_dir() else (path,)


def refuse_selection(options: argparse.Namespace, path: str, *names: str) -> None:
    """Ends a command whose arguments select a point of a path that is not a run.

    Raises:
        UsageError: one of the named arguments is given.
    """
    for name in names:
        value = getattr(options, name)
        if value is not None:
            cause, remedy = f"{path} is not a run", "leave it out, or give a run directory"
            raise UsageError(options.command, f"--{name} {value}", cause, remedy)


def refuse_several(path: str, command: str, traces: Sequence[Path]) -> NoReturn:
    """Ends a command that takes one trace.

    Raises:
        UsageError: always.
    """
    names = ", ".join(trace.name for trace in traces[:3])
    cause = f"{len(traces)} traces in this directory"
    raise UsageError(command, path, cause, f"give one of them ({names})")


def existing(path: str) -> Path:
    """The path.

    Raises:
        UsageError: there is nothing.
    """
    if not Path(path).exists():
        raise UsageError("load", path, "no such file or directory", "check the path")
    return Path(path)


def is_run(path: Path) -> bool:
    """Whether there is a run directory at the path."""
    from samprof.sweeps.run.stored.layout import RUN_FILE

    return (path / RUN_FILE).is_file()
