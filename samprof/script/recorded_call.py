"""One recorded call: a profiler session of its own, ended before the script goes on.

Nothing is left running between two calls. One session over many of them would record, and slow, what
the script does in between; it would grow with whatever that is, and a script that starts torch.profiler
itself would find it taken. What a session of its own costs on a CPU (torch 2.15, one thread): 1.5 ms to
start, 2 ms to end and 2 ms to write for a module of one op, and 40 ms in all for the small encoder,
whose forward takes 130 ms; the first session of a process takes 1.7 s.
"""

import itertools
import threading
from pathlib import Path

import torch
from torch import nn

from samprof.record.profile import Profile
from samprof.sam.model.roles import describe
from samprof.script.roots import Root

_sessions = itertools.count(1)


class Window:
    """A recording that is open while one call runs.

    Attributes:
        number: which call of its root and size it is, from 1.
        is_open: whether it still records.

    Raises:
        RecordingError: the profiler does not start.
    """

    def __init__(self, module: nn.Module, root: Root, number: int, granularity: str) -> None:
        self.number = number
        self.is_open = False
        self._thread = threading.get_ident()
        if root.labels is None:
            root.labels = describe(module)
        self._profile = Profile(
            module, name=root.start, granularity=granularity, labels=root.labels
        )
        self._recording = self._profile.__enter__()
        try:
            _launch_kernels_to_lose()
            self.is_open = True
        except BaseException:
            self._profile.__exit__(None, None, None)
            raise

    def end(self) -> None:
        """Ends the recording; on the thread that opened it, others cannot."""
        if self.is_open and threading.get_ident() == self._thread:
            self.is_open = False
            self._profile.__exit__(None, None, None)

    def save(self, directory: Path, label: str) -> Path:
        """Writes the trace.

        Args:
            directory: made if it is missing.
            label: the first part of the file's name.

        Raises:
            SamprofError: another profiler took what was recorded, or the disk is full.
        """
        saved = self._recording.save(directory)
        return saved.rename(saved.with_name(f"{label}.{saved.name}"))


def _launch_kernels_to_lose() -> None:
    """Launches small kernels where the profiler loses the first ones of a session.

    CUPTI of CUDA 12.6 to 13.0 does, one more in each session of a process (pytorch #192021).
    """
    number = next(_sessions)
    if torch.version.cuda is None or not torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        return
    major, minor, *_ = map(int, torch.version.cuda.split("."))
    if (12, 6) <= (major, minor) <= (13, 0):
        spent = torch.zeros(1, device="cuda")
        for _ in range(2 * number):
            spent.add_(1)
        torch.cuda.synchronize()


def is_an_execution() -> bool:
    """Whether a call now computes something: it is not traced, exported or captured into a graph."""
    if torch._C._get_tracing_state() is not None:
        return False
    return not (torch.cuda.is_initialized() and torch.cuda.is_current_stream_capturing())  # type: ignore[no-untyped-call]


def is_profiled() -> bool:
    """Whether a profiler runs already."""
    return bool(torch._C._autograd._profiler_enabled())
