"""What one `with samprof.profile(...)` recorded."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from samprof.errors import (
    RecordingError,
    RunError,
    TraceError,
)
from samprof.files import copy_whole
from samprof.markup import html_paragraphs
from samprof.printable import printable
from samprof.record import words
from samprof.record.interrupts import complete
from samprof.record.options import Options
from samprof.record.ranges.marks import Mark
from samprof.record.ranges.patches import enter_ranges, leave_ranges
from samprof.record.ranges.select import Selection
from samprof.record.session import FREE_SPACE, Session, join, leave
from samprof.trace import Trace, load_trace
from samprof.trace.model.events import STEP_PREFIX
from samprof.trace.model.slicing import slice_annotation, slice_before_annotation, slice_root

if TYPE_CHECKING:
    import pandas as pd
    from hta.trace_analysis import TraceAnalysis

AsRun = Callable[["Recording", int], Any]
"""Makes the `Run` of a recording that holds so many sizes at least."""
TRACE_NAME = "rank{rank}.pt.trace.json.gz"
_numbers = itertools.count()
_NO_MODULE = torch.nn.Module()


class Recording:
    """What one `with samprof.profile(...)` recorded. Its tables are available after the block."""

    def __init__(
        self,
        selection: Selection,
        options: Options,
        steps: int | None,
        as_run: AsRun | None = None,
    ) -> None:
        self._selection = selection
        self._as_run = as_run
        self._options = options
        self._limit = steps
        self._step: Mark | None = None
        self._part: Mark | None = None
        self._number = 0
        self._window: str | None = None
        self._is_open = False
        self._end: str | None = None
        self._session: Session | None = None

    @property
    def root(self) -> str:
        """The first part of every path."""
        return self._selection.root

    def __repr__(self) -> str:
        """What was recorded, in words."""
        root = words.without_raising(lambda: printable(self.root))
        return f"<Recording {root}: {words.without_raising(self._summary)}>"

    def _repr_html_(self) -> str:
        if self._is_open:
            return html_paragraphs(
                [f"{self.root}: still recording; leave the block to see its tables."]
            )
        return self.trace._repr_html_()

    def step(self) -> None:
        """Marks the end of a step; the recording ends after `steps` of them.

        Raises:
            RecordingError: an outer recording is open, whose steps count.
        """
        if self._window is not None:
            remedy = "call step() of the outermost recording"
            raise RecordingError("recording", "step", "inside another recording", remedy)
        if not self._is_open:
            return
        self._end_step()
        self._number += 1
        if self._limit is not None and self._number >= self._limit:
            complete(self._close)
        else:
            self._begin_step()

    @cached_property
    def trace(self) -> Trace:
        """The recorded trace.

        Raises:
            RecordingError: the recording is still open, or another profiler holds its trace.
        """
        try:
            trace = load_trace(self._trace_path())
        except TraceError as error:
            raise RecordingError("recording", "trace", error.cause, FREE_SPACE) from None
        if not trace.steps():
            cause = "another torch.profiler took what was recorded"
            raise RecordingError("recording", "trace", cause, "run one profiler at a time")
        if self._end is not None:
            trace = slice_before_annotation(trace, self._end)
        if self._window is not None:
            trace = slice_annotation(trace, self._window)
        if self._end is not None or self._window is not None:
            trace = slice_root(trace, self._selection.root)
        return words.noted(trace, self.root)

    def layers(self) -> pd.DataFrame:
        """One row per layer; the columns of `Trace.layers`."""
        return self.trace.layers("samprof")

    def components(self) -> pd.DataFrame:
        """One row per component; the columns of `Trace.components`."""
        return self.trace.components("samprof")

    def kernels(self) -> pd.DataFrame:
        """One row per device activity; the columns of `Trace.kernels`."""
        return self.trace.kernels("samprof")

    def memory(self) -> pd.DataFrame:
        """One row per layer with what was allocated in it; the columns of `Trace.memory`.

        Raises:
            TraceError: it was recorded with memory=False.
        """
        return self.trace.memory("samprof")

    def scaling(self) -> Any:
        """What `samprof.scaling` gives for this recording, whose calls differ in size: a `Run`.

        Raises:
            RecordingError: the recording is still open, or was not made by `samprof.profile`.
            UsageError: there is one size only.
        """
        return self._made_run(2)

    def report(self, path: str | Path) -> Path:
        """Writes a page on what was recorded, one HTML file that needs nothing else; returns its path.

        Raises:
            RecordingError: the recording is still open, or was not made by `samprof.profile`.
            SamprofError: the size of the calls cannot be told, or the file cannot be written.
        """
        written: Path = self._made_run(1).report(path)
        return written

    def _made_run(self, sizes: int) -> Any:
        if self._as_run is None:
            cause, remedy = "not a recording of samprof.profile", "record with samprof.profile"
            raise RecordingError("recording", self.root, cause, remedy)
        return self._as_run(self, sizes)

    def save(self, directory: str | Path) -> Path:
        """Writes the trace under a name that HTA and the TensorBoard profiler plugin recognise.

        Args:
            directory: created if missing; the file in it is named after the rank. It holds the whole
                session, even if this recording is only a part of it.

        Returns:
            The path of the written file.

        Raises:
            RunError: the directory cannot be written.
        """
        source = self._trace_path()
        target = Path(directory) / TRACE_NAME.format(rank=_rank())
        try:
            copy_whole(source, target)
        except OSError as error:
            cause = error.strerror or str(error)
            raise RunError("save", target, cause, "free space or choose another path") from error
        return target

    def tensorboard(self, directory: str | Path) -> Path:
        """Writes the trace for TensorBoard's profiler plugin, and the layer table as text.

        Args:
            directory: TensorBoard's log directory. Recordings of the same root are spans of one run.

        Returns:
            The directory.

        Raises:
            MissingPackageError: tensorboard is not installed.
            RunError: the directory cannot be written; the recording is unaffected.
        """
        from samprof.integrations.tensorboard.write import write_recording

        directory = Path(directory)
        write_recording(directory, self.root, self._trace_path(), self.trace, _rank())
        return directory

    def hta(self) -> TraceAnalysis:
        """Holistic Trace Analysis of the whole session's trace, with exact times.

        Raises:
            MissingPackageError: neither HolisticTraceAnalysis nor traceinsight is installed.
            TraceError: HTA cannot read the trace.
        """
        from samprof.integrations.hta.analysis import trace_analysis

        return trace_analysis({_rank(): self._trace_path()})

    @property
    def _has_trace(self) -> bool:
        """Whether its session has ended, so that there is a trace, or a reason why there is none."""
        return self._session is not None and self._session.ended

    def _summary(self) -> str:
        """What was recorded, in words.

        Raises:
            RecordingError: as for `trace`.
        """
        if self._is_open:
            return "still recording"
        size = self._trace_path().stat().st_size
        if "trace" not in vars(self) and size > words.MOST_READ_BYTES:
            return words.unread_text(size)
        return words.recorded_text(self.root, self.trace, self._number)

    def _trace_path(self) -> Path:
        if self._session is None:
            remedy = "leave the with block first"
            raise RecordingError("recording", "trace", "not recorded yet", remedy)
        return self._session.path

    def _open(self) -> None:
        """Enters the ranges and the session; whatever it raises, `_close` undoes what was done."""
        enter_ranges(self._selection, self)
        self._session, joined = join(self, self._options, self._selection.metadata)
        if joined:
            self._window = f"samprof recording {next(_numbers)}"
            self._part = Mark(self._window)
            self._part.begin()
        else:
            self._begin_step()
        self._is_open = True

    def _close(self) -> None:
        """Undoes all that `_open` did; may be called again where it was interrupted."""
        was_open, self._is_open = self._is_open, False
        # So that the recording does not keep the model alive.
        self._selection = replace(self._selection, modules={}, module=_NO_MODULE)
        try:
            self._end_step()
            if self._part is not None:
                self._part.end()
            elif was_open:
                self._mark_end()
            leave(self)
        finally:
            leave_ranges(self)

    def _mark_end(self) -> None:
        """Marks where this recording ends in a session that other recordings continue."""
        if self._session is not None and len(self._session.users) > 1:
            self._end = f"samprof recording {next(_numbers)} ended"
            mark = Mark(self._end)
            mark.begin()
            mark.end()

    def _begin_step(self) -> None:
        if self._session is None or self._session.is_foreign:
            return
        self._step = Mark(f"{STEP_PREFIX}{self._number}")
        self._step.begin()

    def _end_step(self) -> None:
        if self._step is not None:
            self._step.end()
            self._step = None


def _rank() -> int:
    distributed = torch.distributed
    if distributed.is_available() and distributed.is_initialized():
        return distributed.get_rank()
    return 0
