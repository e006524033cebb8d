"""The context manager that `samprof.profile` returns."""

from __future__ import annotations

import importlib.util
import weakref
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from types import TracebackType

from torch import nn

from samprof.errors import (
    MissingPackageError,
    RecordingError,
    SamprofError,
    UsageError,
)
from samprof.record.interrupts import complete
from samprof.record.last import last, remember, tell_where_it_is, warn
from samprof.record.options import Options
from samprof.record.ranges.labels import ModelLabels
from samprof.record.ranges.select import Selection, select
from samprof.record.recording import AsRun, Recording


class Profile:
    """Gives a `Recording` for each time it is entered, also nested.

    Args:
        module: what to record.
        name: the first part of every path.
        granularity: block, layer or op.
        steps: end after so many calls of `Recording.step`.
        memory: record allocator events.
        shapes: record the shapes of op inputs.
        stacks: record Python stacks (slow).
        labels: names, roles and functions of the module's parts.
        whole: whether the caller enters the root's range itself, around more than the module's forward.
        methods: methods of the root that get a range wherever they are called.
        logdir: TensorBoard's log directory; each recording is written to it when it ends.
        as_run: makes a run of a recording; see `Recording.scaling`.
        remember: make each recording the one that `samprof.last` gives, and tell a person of one that
            nobody kept.

    Raises:
        UsageError: an argument is invalid.
        MissingPackageError: logdir is given, and tensorboard is not installed.
    """

    def __init__(
        self,
        module: nn.Module,
        *,
        name: str | None = None,
        granularity: str = "block",
        steps: int | None = None,
        memory: bool = True,
        shapes: bool = True,
        stacks: bool = False,
        labels: ModelLabels | None = None,
        whole: bool = False,
        methods: Sequence[str] = (),
        logdir: str | Path | None = None,
        as_run: AsRun | None = None,
        remember: bool = False,
    ) -> None:
        if not isinstance(module, nn.Module):
            cause = "not an nn.Module"
            raise UsageError("profile", type(module).__name__, cause, "give the model itself")
        if steps is not None and (type(steps) is not int or steps < 1):
            raise UsageError(
                "profile", f"steps={steps!r}", "not a number of steps", "give 1 or more"
            )
        if logdir is not None and importlib.util.find_spec("tensorboard") is None:
            raise MissingPackageError("profile", "tensorboard", "tensorboard")
        self._module = module
        self._name = name
        self._granularity = granularity
        self._steps = steps
        self._options = Options(memory=memory, shapes=shapes, stacks=stacks)
        self._labels = labels or ModelLabels()
        self._whole = whole
        self._methods = methods
        self._logdir = logdir
        self._as_run = as_run
        self._remember = remember
        self._recordings: list[Recording] = []
        weakref.finalize(self, complete, partial(_end_all, self._recordings)).atexit = False
        self._select()

    def _select(self) -> Selection:
        return select(
            self._module,
            self._name,
            self._granularity,
            self._labels,
            whole=self._whole,
            methods=self._methods,
        )

    def __enter__(self) -> Recording:
        recording = Recording(self._select(), self._options, self._steps, self._as_run)
        try:
            self._recordings.append(recording)
            recording._open()
            if self._logdir is not None and recording._window is not None:
                cause = "inside another recording, whose trace is not written yet"
                raise RecordingError(
                    "profile", "logdir", cause, "give it to the outermost recording"
                )
            return recording
        except BaseException:
            complete(lambda: _end(self._recordings, recording))
            raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if not self._recordings:
            cause, remedy = "it was not entered", "use it in a with statement"
            raise RecordingError("profile", "__exit__", cause, remedy)
        recording = self._recordings[-1]
        try:
            _end(self._recordings, recording)
        except BaseException:
            complete(lambda: _end(self._recordings, recording))
            raise
        warned = False
        if self._remember:
            remember(recording)
            warned = warn(recording)
        if self._logdir is not None:
            self._write(recording, self._logdir, error)
        elif self._remember:
            kept = weakref.ref(recording)
            del recording  # the last reference, unless the block has one: `as recording`
            if kept() is None and not warned:
                tell_where_it_is(last())

    def _write(self, recording: Recording, logdir: str | Path, error: BaseException | None) -> None:
        """Writes the recording for TensorBoard; the error of the block comes before its own."""
        try:
            recording.tensorboard(logdir)
        except SamprofError as failure:
            if error is None:
                raise
            error.add_note(
                f"samprof: {failure}"
            )  # the first error is the one that the user must see


def _end(recordings: list[Recording], recording: Recording) -> None:
    """Closes one of the recordings and takes it off the list; may be called again."""
    recording._close()
    recordings[:] = [one for one in recordings if one is not recording]


def _end_all(recordings: list[Recording]) -> None:
    """Closes what nobody can leave any more: an interrupt came before the first line of `__exit__`."""
    for recording in reversed(recordings):
        recording._close()
    recordings.clear()
