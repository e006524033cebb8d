"""The torch.profiler session of this process, shared by all open recordings."""

import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import RLock
from typing import Any

import torch
import torch.autograd.profiler as autograd_profiler

from samprof.errors import RecordingError
from samprof.files import temporary_folder
from samprof.record.captures import keep_captures, kept_captures
from samprof.record.export import write_trace
from samprof.record.metadata import as_json
from samprof.record.options import Options, profiler_of, sees_all_threads
from samprof.record.ranges.entering import other_threads
from samprof.record.ranges.other_threads import Range, ids_of_launches
from samprof.record.ranges.patches import root_calls
from samprof.record.start import NOT_RUNNING, start

FREE_SPACE = "free space in the temporary directory, or set TMPDIR"
_lock = RLock()
_open: "Session | None" = None


@dataclass
class Session:
    """One run of torch.profiler.

    What is known of it is set before it is done, so that `stop` also ends what was interrupted, a start
    or a stop.

    Attributes:
        users: the recordings that share it, with their metadata.
        folder: holds the exported trace once the session has ended; removed with its last user.
        calls: root -> thread and size of the root's input at each of its calls.
        error, remedy: why an ended session has no trace, and what to do about it.
        is_foreign: whether someone else runs the profiler, so that the ranges are in their trace.
    """

    options: Options
    users: dict[object, Mapping[str, Any]] = field(default_factory=dict)
    ended: bool = False
    error: str = "it was interrupted"
    remedy: str = "record again"
    calls: Mapping[str, list[tuple[int, int]]] = field(default_factory=dict)
    folder: tempfile.TemporaryDirectory[str] | None = None
    is_foreign: bool = False
    _metadata: list[Mapping[str, Any]] = field(default_factory=list)
    _profiler: Any = None
    _was_enabled: bool = False
    _path: Path | None = None

    @property
    def path(self) -> Path:
        """The exported trace, `.json.gz`.

        Raises:
            RecordingError: the session is still open, not ours, or its export failed.
        """
        if self.is_foreign:
            cause = "another torch.profiler was running and holds the ranges"
            remedy = "export that profiler's trace and read it with samprof.load"
            raise RecordingError("recording", "trace", cause, remedy)
        if not self.ended:
            remedy = "leave the with block (of the outermost recording) first"
            raise RecordingError("recording", "trace", "still recording", remedy)
        if self._path is None:
            raise RecordingError("recording", "trace", self.error, self.remedy)
        return self._path

    def start(self) -> None:
        """Starts the profiler with the devices idle, or joins one that is already running."""
        root_calls.begin()
        if torch._C._autograd._profiler_enabled():
            self.is_foreign = True
            return
        synchronize()
        profiler = profiler_of(self.options)
        self._was_enabled = autograd_profiler._is_profiler_enabled
        self._profiler = profiler
        try:
            start(profiler)
        except Exception as error:
            with suppress(Exception):
                self._end(profiler)
            cause = f"the profiler did not start ({error})"
            remedy = "close other profilers (Nsight, another torch.profiler) and try again"
            raise RecordingError("recording", "torch.profiler", cause, remedy) from error
        if not sees_all_threads(self.options):
            other_threads.begin()

    def stop(self) -> None:
        """Stops the profiler with the devices idle, exports its trace; called again, does the rest."""
        is_first_try = not self.ended
        self.ended = True
        self.calls = root_calls.end() or self.calls
        if self.is_foreign:
            with suppress(RuntimeError):
                torch._C._autograd._add_metadata_json("samprof", self._recorded())
            return
        profiler = self._profiler
        ranges = other_threads.end()
        if profiler is None:
            return
        try:
            profiler.add_metadata_json("samprof", self._recorded(ranges))
            if not (torch.distributed.is_available() and torch.distributed.is_initialized()):
                # Without it HTA assumes rank 0 and warns.
                profiler.add_metadata_json("distributedInfo", '{"rank": 0, "world_size": 1}')
            synchronize()
        finally:
            # The profiler must stop even if the device raises.
            running = autograd_profiler._is_profiler_enabled
            self._end(profiler)
        if running and _has_recorded(profiler):
            self._export(profiler, ranges)
        elif is_first_try:
            self.error = "the profiler was ended by another one, or runs on another thread"
            self.remedy = (
                "run one profiler at a time, and leave the block on the thread that entered it"
            )

    def _end(self, profiler: Any) -> None:
        """Stops the profiler, wherever it was when its start or its stop was interrupted."""
        if profiler.profiler is not None:
            # On only to keep torch from warning; left on, torch would make Python objects of all events.
            profiler.profiler.acc_events = False
        try:
            if autograd_profiler._is_profiler_enabled:
                _stop(profiler)
            if torch._C._autograd._profiler_enabled():
                torch._C._autograd._disable_profiler()
        except Exception:
            self._profiler = None
            raise
        finally:
            if not self._was_enabled:
                autograd_profiler._run_on_profiler_stop()  # type: ignore[no-untyped-call]
        self._profiler = None

    def _recorded(self, ranges: Sequence[Range] = ()) -> str:
        return as_json(self._metadata, self.calls, ids_of_launches(ranges), kept_captures())

    def _export(self, profiler: Any, ranges: list[Range]) -> None:
        def write_plain(path: str) -> None:
            try:
                profiler.export_chrome_trace(path)
            finally:
                # Kilobytes per event, which only the garbage collector would free: the objects of the
                # profiler form a cycle.
                profiler.profiler.kineto_results = None

        try:
            self.folder = temporary_folder(ignore_cleanup_errors=True)
            path = Path(self.folder.name) / "trace.json.gz"
            captured = write_trace(write_plain, path, ranges)
            self._path = path
            if captured:
                keep_captures(path)
        except (OSError, RuntimeError) as error:
            self.error, self.remedy = f"the trace could not be written ({error})", FREE_SPACE
        except BaseException:
            self._path = None
            if self.folder is not None:
                self.folder.cleanup()
            raise


def join(user: object, options: Options, metadata: Mapping[str, Any]) -> tuple[Session, bool]:
    """The open session, or a new one that is now running; and whether it was already open."""
    global _open
    with _lock:
        session = _open
        if session is not None and not session.users:  # the last one that left was interrupted
            _finish(session)
            session = None
        joined = session is not None
        if session is None:
            session = Session(options)
            session.users[user] = metadata
            _open = session
            session.start()
        session.users[user] = metadata
        session._metadata.append(metadata)
        return session, joined


def leave(user: object) -> None:
    """Ends the session when its last recording leaves; may be called again where it was interrupted."""
    with _lock:
        session = _open
        if session is None:
            return
        session.users.pop(user, None)
        if not session.users:
            _finish(session)


def _finish(session: Session) -> None:
    global _open
    try:
        session.stop()
    except Exception:  # it has stopped, as far as it can
        _open = None
        raise
    _open = None


def synchronize() -> None:
    """Waits until every accelerator of the process is idle."""
    if torch.cuda.is_available():
        if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
            # Waiting for a device on which this process does nothing would begin to use it.
            in_use = getattr(torch._C, "_cuda_hasPrimaryContext", lambda _: True)
            for device in filter(in_use, range(torch.cuda.device_count())):
                torch.cuda.synchronize(device)
    elif torch.accelerator.is_available():
        torch.accelerator.synchronize()


def _stop(profiler: Any) -> None:
    try:
        profiler.stop()
    except RuntimeError as error:
        # In torch up to 2.11 a profiler that another one has ended raises; later ones say nothing.
        if NOT_RUNNING not in str(error):
            raise


def _has_recorded(profiler: Any) -> bool:
    results = profiler.profiler.kineto_results
    return results is not None and results.trace_start_ns() > 0
