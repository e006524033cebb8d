"""The torch.profiler session of this process, shared by all open recordings."""

import json
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import RLock
from typing import Any

import torch
import torch.autograd.profiler as autograd_profiler

from samprof._version import __version__
from samprof.errors import RecordingError
from samprof.files import temporary_folder
from samprof.record.environment import machine
from samprof.record.export import write_trace
from samprof.record.other_threads import Range
from samprof.record.patches import fast_record_function, other_threads, root_calls
from samprof.trace.model.names import encoded

SCHEMA = 1
FREE_SPACE = "free space in the temporary directory, or set TMPDIR"
_lock = RLock()
_open: "Session | None" = None


@dataclass(frozen=True, slots=True)
class Options:
    """What the profiler records besides ops and kernels."""

    memory: bool
    shapes: bool
    stacks: bool


@dataclass
class Session:
    """One run of torch.profiler.

    Attributes:
        folder: holds the exported trace once the session has ended; removed with its last user.
        calls: root -> thread and size of the root's input at each of its calls.
        error, remedy: why an ended session has no trace, and what to do about it.
    """

    options: Options
    users: int = 0
    ended: bool = False
    error: str = ""
    remedy: str = FREE_SPACE
    metadata: list[Mapping[str, Any]] = field(default_factory=list)
    calls: Mapping[str, list[tuple[int, int]]] = field(default_factory=dict)
    folder: tempfile.TemporaryDirectory[str] | None = None
    _profiler: Any = None
    _path: Path | None = None

    @property
    def is_foreign(self) -> bool:
        """Whether someone else runs the profiler, so that the ranges are in their trace."""
        return self._profiler is None

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
            raise RecordingError("recording", "trace", self.error or "not exported", self.remedy)
        return self._path

    def start(self) -> None:
        """Starts the profiler with the devices idle, or joins one that is already running."""
        root_calls.begin()
        if torch._C._autograd._profiler_enabled():
            return
        synchronize()
        self._profiler = _profiler(self.options)
        try:
            self._profiler.start()
        except Exception as error:
            self._profiler = None
            cause = f"the profiler did not start ({error})"
            remedy = "close other profilers (Nsight, another torch.profiler) and try again"
            raise RecordingError("recording", "torch.profiler", cause, remedy) from error
        if self.options.memory:
            other_threads.begin()

    def stop(self) -> None:
        """Stops the profiler with the devices idle, and exports its trace."""
        self.ended = True
        ranges = other_threads.end()
        self.calls = root_calls.end()
        if self.is_foreign:
            with suppress(RuntimeError):
                torch._C._autograd._add_metadata_json("samprof", self._recorded())
            return
        try:
            self._profiler.add_metadata_json("samprof", self._recorded())
            if not (torch.distributed.is_available() and torch.distributed.is_initialized()):
                # Without it HTA assumes rank 0 and warns.
                self._profiler.add_metadata_json("distributedInfo", '{"rank": 0, "world_size": 1}')
            synchronize()
        finally:
            # The profiler must stop even if the device raises.
            profiler, self._profiler = self._profiler, _DONE
            running = autograd_profiler._is_profiler_enabled
            # On only to keep torch from warning; left on, torch would make Python objects of all events.
            profiler.profiler.acc_events = False
            profiler.stop()
        if running and _has_recorded(profiler):
            self._export(profiler, ranges)
        else:
            self.error = "the profiler was ended by another one, or runs on another thread"
            self.remedy = (
                "run one profiler at a time, and leave the block on the thread that entered it"
            )

    def _recorded(self) -> str:
        held = _merged(self.metadata) | {"calls": _encoded(self.calls), "machine": machine()}
        return json.dumps(held, separators=(",", ":"))

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
            write_trace(write_plain, path, ranges)
        except (OSError, RuntimeError) as error:
            self.error = f"the trace could not be written ({error})"
        else:
            self._path = path


_DONE = object()


def join(options: Options, metadata: Mapping[str, Any]) -> tuple[Session, bool]:
    """The open session, or a new one that is now running; and whether it was already open."""
    global _open
    with _lock:
        joined = _open is not None
        session = _open or Session(options)
        if not joined:
            session.start()
            _open = session
        session.users += 1
        session.metadata.append(metadata)
        return session, joined


def leave(session: Session) -> None:
    """Ends the session when its last recording leaves."""
    global _open
    with _lock:
        session.users -= 1
        if session.users == 0 and not session.ended:
            _open = None
            session.stop()


def synchronize() -> None:
    """Waits until every accelerator of the process is idle."""
    if torch.cuda.is_available():
        if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
            for device in range(torch.cuda.device_count()):
                torch.cuda.synchronize(device)
    elif torch.accelerator.is_available():
        torch.accelerator.synchronize()


def _has_recorded(profiler: Any) -> bool:
    results = profiler.profiler.kineto_results
    return results is not None and results.trace_start_ns() > 0


def _profiler(options: Options) -> Any:
    from torch.profiler import ProfilerActivity, profile

    activities = [ProfilerActivity.CPU]
    if torch.cuda.is_available():
        activities.append(ProfilerActivity.CUDA)
    elif torch.accelerator.is_available():
        accelerator = torch.accelerator.current_accelerator()
        kind = accelerator.type.upper() if accelerator is not None else ""
        if kind in ProfilerActivity.__members__:
            activities.append(ProfilerActivity.__members__[kind])
    return profile(
        activities=activities,
        record_shapes=options.shapes,
        profile_memory=options.memory,
        with_stack=options.stacks,
        experimental_config=_config(options),
        acc_events=True,
    )


def _config(options: Options) -> Any:
    """The experimental settings that this version of torch supports; None if it supports none.

    All threads are recorded only without memory events: the two exclude each other, because allocators
    report to the profiler of their thread. Python objects of the events are not needed: samprof reads
    the exported trace.
    """
    from torch._C._profiler import _ExperimentalConfig

    every_thread = {} if options.memory else {"profile_all_threads": True}
    trace_only = {} if options.stacks else {"trace_only": True}
    for settings in ({**every_thread, **trace_only}, every_thread):
        try:
            return _ExperimentalConfig(**settings)  # type: ignore[arg-type]
        except TypeError:
            continue
    return None


def _merged(parts: list[Mapping[str, Any]]) -> dict[str, Any]:
    """The metadata of the trace file, merged from all recordings that shared the session."""
    merged: dict[str, Any] = {
        "schema": SCHEMA,
        "version": __version__,
        "ranges": fast_record_function()[1],
        "roots": [part["root"] for part in parts],
        "granularity": parts[0]["granularity"] if parts else "",
    }
    for key in ("modules", "functions", "inner_ops", "components", "weights", "remarks"):
        merged[key] = {path: value for part in parts for path, value in part[key].items()}
    encoded = _encoded(merged)
    assert isinstance(encoded, dict)
    return encoded


def _encoded(value: Any) -> Any:
    """The value with all its strings encoded."""
    if isinstance(value, str):
        return encoded(value)
    if isinstance(value, Mapping):
        return {encoded(str(key)): _encoded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_encoded(item) for item in value]
    return value
