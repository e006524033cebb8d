"""Distortion: the wall time of a forward without a profiler, with torch's alone, and with samprof.

The ways take turns, round after round, so that clocks that sink lower all of them. In each visit one
forward gets the profiler going, then each forward is timed until the device is idle. torch's profiler
records what samprof's does: host and device, shapes, allocator events. Figures are shown and have no
limit: what a profiler costs depends on how far the device is ahead of the host.
"""

from __future__ import annotations

import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch

import samprof
from bench.gpu.check import Check, shown
from bench.gpu.kit import Case, Kit

GROUP = "distortion"
_PLAIN = "no profiler"
_OPENING_S = 1.5  # a visit: to start the profiler, to stop it, to write the trace
Ways = Mapping[str, Callable[[], AbstractContextManager[Any]]]


def cases(kit: Kit) -> Iterator[Case]:
    """One a point."""
    scale = kit.scale
    rounds, forwards = scale.rounds + scale.warm_rounds, scale.forwards + 1
    for model, mode, batch in scale.distortion:
        yield kit.paced(
            f"{model} {mode} batch {batch}",
            (model, mode, batch),
            5 * rounds * forwards,
            lambda point=(model, mode, batch): _point(kit, *point),  # type: ignore[misc]
            besides=4 * rounds * _OPENING_S,
        )


def ways_of(kit: Kit, encoder: torch.nn.Module) -> Ways:
    """How a forward is recorded: name -> the block around it."""

    def plain_profiler() -> AbstractContextManager[Any]:
        return torch.profiler.profile(
            activities=kit.device.activities, record_shapes=True, profile_memory=True
        )

    return {
        _PLAIN: nullcontext,
        "torch.profiler": plain_profiler,
        "samprof, block": lambda: samprof.profile(encoder, granularity="block"),
        "samprof, layer": lambda: samprof.profile(encoder, granularity="layer"),
        "samprof, op": lambda: samprof.profile(encoder, granularity="op"),
    }


def _point(kit: Kit, model: str, mode: str, batch: int) -> Iterator[Check]:
    encoder, scale = kit.encoder(model, mode), kit.scale
    with kit.mode(mode):
        pixels = kit.images(encoder, batch)

        def forward() -> float:
            start = time.perf_counter()
            encoder(pixels)
            kit.device.synchronize()
            return time.perf_counter() - start

        ways = ways_of(kit, encoder)
        take_turns(ways, forward, scale.warm_rounds, scale.forwards)
        times = take_turns(ways, forward, scale.rounds, scale.forwards)
    kit.keep(f"{model} {mode} batch {batch}", {"forward_s": times})
    label = f"{model} {mode} batch {batch}"
    plain = [statistics.median(visit) for visit in times[_PLAIN]]
    yield shown(f"{label}: forward, {_PLAIN}", 1e3 * statistics.median(plain), "ms")
    for way, visits in times.items():
        if way == _PLAIN:
            continue
        ratios = [time / base for visit, base in zip(visits, plain, strict=True) for time in visit]
        low, middle, high = quartiles(ratios)
        note = f"quartiles {low:.3f} to {high:.3f}"
        yield shown(f"{label}: {way}, to {_PLAIN}", middle, "times", note)


def take_turns(
    ways: Ways, forward: Callable[[], float], rounds: int, count: int
) -> dict[str, list[list[float]]]:
    """Seconds of each forward, by way and visit, without the first of each visit."""
    times: dict[str, list[list[float]]] = defaultdict(list)
    for _ in range(rounds):
        for name, opened in ways.items():
            with opened():
                times[name].append([forward() for _ in range(count + 1)][1:])
    return dict(times)


def quartiles(values: Sequence[float]) -> tuple[float, float, float]:
    """First quartile, median, third quartile; of one value, that value."""
    if len(values) == 1:
        return (values[0],) * 3
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, middle, high
