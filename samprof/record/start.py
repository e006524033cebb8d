"""Starts torch.profiler so that the first kernels of what is recorded are not lost.

CUPTI of CUDA 12.6 Update 2 to 13.0 loses the first kernels after it is switched on, one more in every
session of a process. torch.profiler switches it on before it begins to record, which is its warm-up: so
kernels that nobody needs run in between. They are in no trace.
"""

import itertools
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import torch

NOT_RUNNING = "when it's not running"
"""What torch's error says where there is no profiler to end."""
_LEAST = 32
_sessions = itertools.count(1)


def start(profiler: Any, throwaway: Callable[[], object] | None = None) -> None:
    """Starts a `torch.profiler.profile` without a schedule.

    Args:
        profiler: not started yet.
        throwaway: work between its warm-up and its recording; by default kernels on the current CUDA
            device, where this process uses one.
    """
    work = throwaway or _kernels()
    if work is None:
        _again_where_refused(profiler.start)
        return
    _again_where_refused(profiler.prepare_trace)
    work()
    profiler.start_trace()


def _again_where_refused(begin: Callable[[], object]) -> None:
    """Calls it; a second time where torch up to 2.11 refuses for what is left of another profiler.

    One with memory events that ended on another thread than it began on leaves such a rest, and one that
    warms up on this thread looks like it.
    """
    try:
        begin()
    except RuntimeError as error:
        if NOT_RUNNING not in str(error):
            raise
        _remove_rest()
        begin()


def _remove_rest() -> None:
    """A session of its own, even one that was refused at first, leaves nothing behind."""
    from torch.profiler import ProfilerActivity, profile

    session = profile(activities=[ProfilerActivity.CPU], acc_events=True)
    with suppress(RuntimeError):
        session.prepare_trace()
    session.start_trace()
    session.stop_trace()


def _kernels() -> Callable[[], object] | None:
    """Many tiny kernels and the wait for them; None where this process does not use CUDA so far."""
    if not (torch.cuda.is_available() and torch.cuda.is_initialized()):  # type: ignore[no-untyped-call]
        return None
    count = _LEAST + 2 * next(_sessions)

    def run() -> None:
        number = torch.zeros(1, device="cuda")
        for _ in range(count):
            number.add_(1)
        torch.cuda.synchronize()

    return run
