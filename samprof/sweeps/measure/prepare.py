"""A module changed into a variant of itself, after its results were compared."""

import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch

from samprof.errors import RecordingError
from samprof.record.profile import Profile
from samprof.record.ranges.patches import around
from samprof.record.session import synchronize
from samprof.sweeps.inputs import Arguments
from samprof.sweeps.measure.machine.device_memory import peak_bytes, reset_peak
from samprof.sweeps.target import Target


class DeviatesError(Exception):
    """The changed module gives other results: there is nothing to time.

    Attributes:
        error: relative error of the results; NaN where they are not numbers.
        limit: what would still count as the same result.
    """

    def __init__(self, error: float, limit: float) -> None:
        cause = f"differs from eager float32 by {error:.2g}, more than {limit:.2g}"
        super().__init__(f"{cause}: not timed")
        self.error, self.limit = error, limit


@dataclass(frozen=True, slots=True)
class Prepared:
    """What changing the module took.

    Attributes:
        time_ns: change and first forward: compiling, capturing, exporting.
        error: relative error of the results.
        limit: the largest that counts as the same result.
        held_bytes: what the device holds from then on at least; 0 where that is counted anyway.
    """

    time_ns: int
    error: float
    limit: float
    held_bytes: int = 0


def prepare(
    target: Target, call: Callable[..., Any], arguments: Arguments, device: torch.device
) -> Prepared | None:
    """Applies the target's change, if it has one.

    Args:
        target: whose module is changed.
        call: what is timed afterwards.
        arguments: of the call.
        device: where the module is.

    Raises:
        DeviatesError: the results stray further than the change allows.
    """
    change = target.change
    if change is None:
        return None
    result = change.result or call
    expected = list(_tensors(arguments.call(result)))
    start = time.perf_counter_ns()
    change.apply()
    reset_peak(device)
    elapsed = time.perf_counter_ns() - start
    with _recorded(target, call) if change.captures else nullcontext(call) as first:
        start = time.perf_counter_ns()
        arguments.call(first)
        synchronize()
        elapsed += time.perf_counter_ns() - start
    held = peak_bytes(device) if change.holds_memory else 0
    error = relative_error(list(_tensors(arguments.call(result))), expected)
    if not error <= change.tolerance:  # nan deviates too
        raise DeviatesError(error, change.tolerance)
    return Prepared(elapsed, error, change.tolerance, held)


@contextmanager
def _recorded(target: Target, call: Callable[..., Any]) -> Iterator[Callable[..., Any]]:
    """The call in a recording, which keeps what it captures (see `samprof.record.captures`).

    Where the profiler does not start, the call is not recorded.
    """
    profile = Profile(
        target.module, granularity="op", labels=target.labels, whole=target.call is not None
    )
    try:
        recording = profile.__enter__()
    except RecordingError:
        yield call
        return
    try:
        yield around(target.call, recording.root) if target.call else call
    finally:
        profile.__exit__(*sys.exc_info())


def relative_error(found: list[torch.Tensor], expected: list[torch.Tensor]) -> float:
    """Norm of the difference over the norm of what was expected, over all tensors together.

    Example:
        >>> relative_error([torch.tensor([3.0, 4.0])], [torch.tensor([3.0, 4.5])])
        0.09245003270420486
    """
    if [tensor.shape for tensor in found] != [tensor.shape for tensor in expected]:
        return math.inf
    off = sum(_squared(a - b) for a, b in zip(found, expected, strict=True))
    size = sum(_squared(tensor) for tensor in expected)
    return math.sqrt(off / size) if size else (0.0 if off == 0 else math.inf)


def _squared(tensor: torch.Tensor) -> float:
    return float(tensor.square().sum())


def _tensors(result: Any) -> Iterator[torch.Tensor]:
    """All tensors and arrays in a result, in double precision on the host."""
    if isinstance(result, dict):
        result = list(result.values())
    if isinstance(result, list | tuple):
        for part in result:
            yield from _tensors(part)
    elif hasattr(result, "__array__"):
        yield torch.as_tensor(result).detach().to("cpu", torch.float64)
