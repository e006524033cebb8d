"""Writes runs and recordings for TensorBoard: event files, and traces for its profiler plugin."""

from __future__ import annotations

import io
import shutil
import threading
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from samprof.errors import MissingPackageError, RunError
from samprof.files import written_whole
from samprof.integrations.tensorboard.board import Board, Experiment, experiments, scalars, texts
from samprof.integrations.tensorboard.profiles import (
    OWN_RUNS,
    PROFILES,
    link_or_copy,
    link_trace,
    span_name,
    spans_in,
)
from samprof.report.png.run import run_figures
from samprof.report.text.check import check_text
from samprof.report.text.layers import layers_text
from samprof.trace.read.cache import cache_path

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

    from samprof.trace import Trace

POINTS = "points"
_SUFFIX = ".samprof"


def write_boards(
    directory: Path, boards: Sequence[Board], name: str, files: Mapping[str, Path | bytes]
) -> Path:
    """Writes a run: one subdirectory per variant, so that TensorBoard overlays their curves.

    `points` holds one experiment per point, `plugins/profile` the traces, `plugins/samprof` the run for
    samprof's own tab. What samprof wrote into the directory before is replaced, once all is written;
    other files stay.

    Args:
        directory: TensorBoard's log directory.
        boards: the variants of the run.
        name: of the run.
        files: of its directory, or what stands in them, by their paths in it.

    Returns:
        The directory.

    Raises:
        MissingPackageError: tensorboard or matplotlib is not installed.
        RunError: the directory cannot be written.
    """
    writer_class()
    with _errors_named(directory):
        directory.mkdir(parents=True, exist_ok=True)
        new = directory / f".samprof.{uuid.uuid4().hex[:8]}"
        try:
            _write(new, boards)
            for place, content in files.items():
                _put(new / OWN_RUNS / _safe(name) / place, content)
            _remove_former(directory)
            _move(new, directory)
        finally:
            shutil.rmtree(new, ignore_errors=True)
    return directory


def _write(directory: Path, boards: Sequence[Board]) -> None:
    for board in boards:
        with event_file(directory / board.summary.variant) as writer:
            for scalar in scalars(board):
                writer.add_scalar(*scalar)
            for tag, text in texts(board).items():
                writer.add_text(tag, text)
            for name, picture in run_figures(board.summary, board.timeline).items():
                writer.add_image(name, _pixels(picture), dataformats="HWC")
        for name, (_, trace) in board.traces.items():
            link_or_copy(trace, directory / PROFILES / name / span_name(trace))
    rows = [experiment for board in boards for experiment in experiments(board)]
    values = {key: sorted({row.hparams[key] for row in rows}) for key in rows[0].hparams}
    for row in rows:
        with event_file(directory / POINTS / row.name) as writer:
            _add_experiment(writer, row, values)


def _move(new: Path, directory: Path) -> None:
    """Moves the files, each into the same folder of the other directory."""
    for path in sorted(new.rglob("*")):
        target = directory / path.relative_to(new)
        if path.is_dir():
            target.mkdir(exist_ok=True)
        else:
            path.replace(target)


def write_recording(directory: Path, name: str, path: Path, trace: Trace, rank: int) -> Path:
    """Writes a recording: its trace for the plugin, and its layer table as text.

    Recordings of the same name are spans of one run of the plugin.

    Args:
        directory: TensorBoard's log directory.
        name: of the run.
        path: the trace file.
        trace: the same, read.
        rank: of the process that recorded it.

    Returns:
        The trace in the directory.

    Raises:
        MissingPackageError: tensorboard is not installed; the trace is written nevertheless.
        RunError: the directory cannot be written.
    """
    folder = _safe(name)
    with _errors_named(directory):
        target = directory / PROFILES / folder / span_name(path, rank)
        link_or_copy(path, target)
        number = spans_in(target.parent).index(target)
        table = layers_text(trace.layers("samprof"), None, time_source=trace.time_source)
        accounting = check_text(trace.check("samprof").as_dict())
        with event_file(directory / folder) as writer:
            writer.add_text("layers", f"{table}\n{accounting}", number)
    return target


def writer_class() -> type[SummaryWriter]:
    """The class `torch.utils.tensorboard.SummaryWriter`.

    Raises:
        MissingPackageError: tensorboard is not installed.
    """
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        raise MissingPackageError("tensorboard", "tensorboard", "tensorboard") from None
    return SummaryWriter


@contextmanager
def event_file(directory: Path) -> Iterator[SummaryWriter]:
    """A writer of one event file, whose suffix marks it as samprof's.

    Raises:
        MissingPackageError: tensorboard is not installed.
        OSError: it cannot be written.
    """
    with _quiet_threads():
        writer = writer_class()(str(directory), filename_suffix=_SUFFIX)
        try:
            yield writer
        finally:
            writer.close()


@contextmanager
def _quiet_threads() -> Iterator[None]:
    """Lets no thread print that it cannot write: TensorBoard's tells whoever closes the file as well."""
    usual = threading.excepthook

    def print_others(arguments: threading.ExceptHookArgs) -> None:
        if not issubclass(arguments.exc_type, OSError):
            usual(arguments)

    threading.excepthook = print_others
    try:
        yield
    finally:
        threading.excepthook = usual


def _put(target: Path, content: Path | bytes) -> None:
    if isinstance(content, Path):
        link_trace(content, target)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(target) as file:
        file.write(content)


def _add_experiment(
    writer: SummaryWriter, experiment: Experiment, values: dict[str, list[Any]]
) -> None:
    """Writes what `SummaryWriter.add_hparams` does, but into this file instead of a new one."""
    from torch.utils.tensorboard.summary import hparams

    assert writer.file_writer is not None
    for part in hparams(experiment.hparams, experiment.metrics, values):
        writer.file_writer.add_summary(part)
    for tag, value in experiment.metrics.items():
        writer.add_scalar(tag, value)


def _pixels(picture: bytes) -> Any:
    """The PNG as an array `[height, width, 3]`."""
    import numpy as np
    from PIL import Image

    return np.asarray(Image.open(io.BytesIO(picture)).convert("RGB"))


def _remove_former(directory: Path) -> None:
    for pattern in (f"*/events.*{_SUFFIX}", f"{POINTS}/*/events.*{_SUFFIX}"):
        for path in directory.glob(pattern):
            path.unlink()
    for folder in (directory / PROFILES).glob("*"):
        for path in spans_in(folder):
            path.unlink()
            cache_path(path).unlink(missing_ok=True)
    for run in (directory / OWN_RUNS).glob("*"):
        shutil.rmtree(run)


def _safe(name: str) -> str:
    """The name of a root module as a folder name."""
    return (
        "".join(c if c.isalnum() or c in "._-+ " else "_" for c in name).strip(". ") or "recording"
    )


@contextmanager
def _errors_named(directory: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        cause = error.strerror or str(error)
        remedy = "free space or choose another directory"
        raise RunError("tensorboard", error.filename or directory, cause, remedy) from None
