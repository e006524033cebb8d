"""Times of an encoder's parts by events in the device's queue, without any profiler."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn

from samprof.verify.device import Cpu

WHOLE = ""
Times = Mapping[str, list[float]]
"""Name below the encoder -> nanoseconds, one per forward; `WHOLE` is the encoder."""


@dataclass
class Marks:
    """Marks around the parts of an encoder in one forward.

    Attributes:
        around: part -> its first and last mark.
        queued: part -> whether all of it was queued before the device reached it.
    """

    around: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    queued: dict[str, bool] = field(default_factory=dict)


def parts_of(encoder: Any) -> dict[str, nn.Module]:
    """The parts of an encoder, in the order in which they run."""
    blocks = {f"blocks.{number}": block for number, block in enumerate(encoder.blocks)}
    return {"patch_embed": encoder.patch_embed, **blocks, "neck": encoder.neck}


def by_events(
    device: Cpu, encoder: Any, pixels: Tensor, rounds: int, hold_s: float
) -> tuple[dict[str, list[float]], float]:
    """Times between events, and the share of parts that were timed with the queue full."""
    times: dict[str, list[float]] = defaultdict(list)
    queued = total = 0
    for _ in range(rounds):
        marks = Marks()
        with _marked(device, encoder, marks):
            device.synchronize()
            device.hold(hold_s)
            start = device.mark()
            encoder(pixels)
            end = device.mark()
            device.synchronize()
        for name, (first, last) in marks.around.items():
            if marks.queued[name]:
                times[name].append(device.ns_between(first, last))
        queued, total = queued + sum(marks.queued.values()), total + len(marks.queued)
        if all(marks.queued.values()):
            times[WHOLE].append(device.ns_between(start, end))
    return times, queued / total


@contextmanager
def _marked(device: Cpu, encoder: Any, marks: Marks) -> Iterator[None]:
    """Puts marks around every part until the block ends."""
    with ExitStack() as undo:
        starts = {}
        for name, part in parts_of(encoder).items():

            def before(*_: Any, name: str = name) -> None:
                starts[name] = device.mark()

            def after(*_: Any, name: str = name) -> None:
                marks.around[name] = (starts[name], device.mark())
                marks.queued[name] = not device.passed(starts[name])

            undo.callback(part.register_forward_pre_hook(before).remove)
            undo.callback(part.register_forward_hook(after).remove)
        yield


def host_seconds(device: Cpu, encoder: Any, pixels: Tensor) -> float:
    """Seconds that the host needs to queue a forward, measured with the queue never full."""
    for _ in range(2):
        device.synchronize()
        start = time.perf_counter()
        encoder(pixels)
        queued = time.perf_counter() - start
    device.synchronize()
    return queued
