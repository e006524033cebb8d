"""Runs and recordings as TensorBoard reads them: event files, and traces for its profiler plugin."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from samprof.bridges.board import Board, experiments, scalars, texts
from samprof.bridges.plugin import PROFILES, lay_down, span_name, spans_in
from samprof.errors import MissingPackageError, RunError
from samprof.report.figures import run_figures
from samprof.report.text import check_text, layers_text

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

    from samprof.trace import Trace

POINTS = "points"
_OURS = ".samprof"


def write_boards(directory: Path, boards: Sequence[Board]) -> Path:
    """Writes a run: a subdirectory a variant, so that their curves lie over each other.

    `points` holds one experiment a point, `plugins/profile` the traces. What samprof wrote into the
    directory before is replaced; files of others stay.

    Returns:
        The directory.

    Raises:
        MissingPackageError: tensorboard or matplotlib is not installed.
        RunError: the directory cannot be written.
    """
    writer_class()
    with _errors_named(directory):
        directory.mkdir(parents=True, exist_ok=True)
        pictures = [run_figures(board.summary, board.lanes) for board in boards]
        _remove_ours(directory)
        for board, figures in zip(boards, pictures, strict=True):
            with event_file(directory / board.summary.variant) as writer:
                for scalar in scalars(board):
                    writer.add_scalar(*scalar)
                for tag, text in texts(board).items():
                    writer.add_text(tag, text)
                for name, picture in figures.items():
                    writer.add_image(name, _pixels(picture), dataformats="HWC")
            for name, (_, trace) in board.traces.items():
                lay_down(trace, directory / PROFILES / name / span_name(trace))
        rows = [experiment for board in boards for experiment in experiments(board)]
        values = {key: sorted({row.asked[key] for row in rows}) for key in rows[0].asked}
        for row in rows:
            with event_file(directory / POINTS / row.name) as writer:
                _add_experiment(writer, row.asked, row.found, values)
    return directory


def write_recording(directory: Path, name: str, path: Path, trace: Trace, rank: int) -> Path:
    """Writes a recording: its trace for the plugin, and its layer table as text.

    Recordings of one name are the spans of one run of the plugin.

    Args:
        directory: TensorBoard's log directory.
        name: of the run.
        path: the trace file.
        trace: the same, read.
        rank: of the process that recorded it.

    Returns:
        The trace in the directory.

    Raises:
        MissingPackageError: tensorboard is not installed; the trace is there all the same.
        RunError: the directory cannot be written.
    """
    folder = _safe(name)
    with _errors_named(directory):
        target = directory / PROFILES / folder / span_name(path, rank)
        lay_down(path, target)
        number = spans_in(target.parent).index(target)
        table = layers_text(trace.layers("samprof"), None, clock=trace.clock)
        books = check_text(trace.check("samprof").as_dict())
        with event_file(directory / folder) as writer:
            writer.add_text("layers", f"{table}\n{books}", number)
    return target


def writer_class() -> type[SummaryWriter]:
    """The ordinary SummaryWriter.

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
    """A writer of one event file, whose name says that it is samprof's.

    Raises:
        MissingPackageError: tensorboard is not installed.
        OSError: it cannot be written.
    """
    writer = writer_class()(str(directory), filename_suffix=_OURS)
    try:
        yield writer
    finally:
        writer.close()


def _add_experiment(
    writer: SummaryWriter,
    asked: dict[str, str | int],
    found: dict[str, float],
    values: dict[str, list[Any]],
) -> None:
    """What `SummaryWriter.add_hparams` writes, but into this file, not into one of its own."""
    from torch.utils.tensorboard.summary import hparams

    assert writer.file_writer is not None
    for part in hparams(asked, found, values):
        writer.file_writer.add_summary(part)
    for tag, value in found.items():
        writer.add_scalar(tag, value)


def _pixels(picture: bytes) -> Any:
    """The PNG as an array `[height, width, 3]`."""
    import numpy as np
    from PIL import Image

    return np.asarray(Image.open(io.BytesIO(picture)).convert("RGB"))


def _remove_ours(directory: Path) -> None:
    for pattern in (f"*/events.*{_OURS}", f"{POINTS}/*/events.*{_OURS}"):
        for path in directory.glob(pattern):
            path.unlink()
    for folder in (directory / PROFILES).glob("*"):
        for path in spans_in(folder):
            path.unlink()


def _safe(name: str) -> str:
    """The name of a root module as the name of a folder."""
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
