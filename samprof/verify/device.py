"""What the checks ask of a device, for a CUDA device and for the CPU in its place.

Every check uses only these few calls, so that a dry run on a CPU runs the same lines. Where a CPU has
no counterpart (a queue, a stream) the call does nothing.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import torch
from torch.profiler import ProfilerActivity

# About that of the clock that torch.cuda._sleep counts; it only has to be long enough.
_CYCLES_PER_S = 2e9


class Cpu:
    """The CPU: its forwards end when they return, so marks are readings of the clock."""

    name = "cpu"
    is_gpu = False
    activities: tuple[ProfilerActivity, ...] = (ProfilerActivity.CPU,)

    @property
    def torch_device(self) -> torch.device:
        """The device as torch names it."""
        return torch.device(self.name)

    def synchronize(self) -> None:
        """Waits until the device is idle."""

    def hold(self, seconds: float) -> None:
        """Keeps the device busy for that time, so that what follows queues up behind."""

    def mark(self) -> Any:
        """A mark in the device's queue."""
        return time.perf_counter_ns()

    def passed(self, mark: Any) -> bool:
        """Whether the device has already reached the mark, which means that its queue ran empty."""
        del mark
        return False

    def ns_between(self, first: Any, second: Any) -> float:
        """Nanoseconds between two marks; call `synchronize` before."""
        return float(second - first)

    def streams(self, count: int) -> Sequence[AbstractContextManager[Any]]:
        """Contexts in which work goes to separate streams."""
        return [nullcontext() for _ in range(count)]

    def release(self) -> str:
        """Gives cached memory back; says why the device is of no use any more, empty if it is."""
        return ""


class Cuda(Cpu):
    """The current CUDA device."""

    name = "cuda"
    is_gpu = True
    activities = (ProfilerActivity.CPU, ProfilerActivity.CUDA)

    def synchronize(self) -> None:  # noqa: D102
        torch.cuda.synchronize()

    def hold(self, seconds: float) -> None:  # noqa: D102
        torch.cuda._sleep(int(seconds * _CYCLES_PER_S))  # type: ignore[no-untyped-call]

    def mark(self) -> torch.cuda.Event:  # noqa: D102
        event = torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]
        event.record()
        return event

    def passed(self, mark: Any) -> bool:  # noqa: D102
        return bool(mark.query())

    def ns_between(self, first: Any, second: Any) -> float:  # noqa: D102
        return float(first.elapsed_time(second)) * 1e6

    def streams(self, count: int) -> Sequence[AbstractContextManager[Any]]:  # noqa: D102
        current, found = torch.cuda.current_stream(), []
        for _ in range(count):
            stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
            stream.wait_stream(current)
            found.append(torch.cuda.stream(stream))
        return found

    def release(self) -> str:  # noqa: D102
        try:
            self.synchronize()
            torch.cuda.empty_cache()
        except RuntimeError as error:  # raised again by every call until the process ends
            return " ".join(str(error).partition("\n")[0].split())
        return ""


@contextmanager
def tf32(on: bool) -> Iterator[None]:
    """Turns TF32 for float32 products and convolutions on CUDA on or off until the block ends.

    Uses the older of torch's two settings; reading it raises an error once the newer one is "tf32".
    """
    matmul, cudnn = torch.backends.cuda.matmul, torch.backends.cudnn
    before = matmul.allow_tf32, cudnn.allow_tf32
    try:
        matmul.allow_tf32 = cudnn.allow_tf32 = on
        yield
    finally:
        matmul.allow_tf32, cudnn.allow_tf32 = before
