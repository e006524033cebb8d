"""Profiler overhead: wall time of a forward without a profiler, with torch's alone, and with samprof.

The profilers take turns, round after round, so that falling clocks slow all of them down. In each visit
one forward gets the profiler going, then each forward is timed until the device is idle. torch's
profiler records what samprof's does: host and device, shapes, allocator events. Figures are shown and
have no limit: the cost of a profiler depends on how far the host is ahead of the device.
"""

from __future__ import annotations

import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch

from samprof.verify.case import Case
from samprof.verify.check import Check, shown
from samprof.verify.session import VerifySession

GROUP = "profiler overhead"
_PLAIN = "no profiler"
_OPENING_S = 0.8  # per visit, to start and stop the profiler and to write the trace
Profilers = Mapping[str, Callable[[], AbstractContextManager[Any]]]


def cases(session: VerifySession) -> Iterator[Case]:
    """One per point."""
    scale = session.scale
    rounds, forwards = scale.overhead_rounds + scale.warm_rounds, scale.overhead_forwards + 1
    for model, precision, batch in scale.profiler_overhead:
        yield session.timed_case(
            f"{model} {precision} batch {batch}",
            (model, precision, batch),
            5 * rounds * forwards + 2,
            lambda point=(model, precision, batch): _point(session, *point),  # type: ignore[misc]
            extra_s=4 * rounds * _OPENING_S,
        )


def profilers_of(session: VerifySession, encoder: torch.nn.Module) -> Profilers:
    """Name -> the context in which a forward is recorded."""

    def plain_profiler() -> AbstractContextManager[Any]:
        return torch.profiler.profile(
            activities=session.device.activities, record_shapes=True, profile_memory=True
        )

    return {
        _PLAIN: nullcontext,
        "torch.profiler": plain_profiler,
        "samprof, block": lambda: session.profile(encoder, granularity="block"),
        "samprof, layer": lambda: session.profile(encoder, granularity="layer"),
        "samprof, op": lambda: session.profile(encoder, granularity="op"),
    }


def _point(session: VerifySession, model: str, precision: str, batch: int) -> Iterator[Check]:
    encoder, scale = session.encoder(model, precision), session.scale
    with session.precision(precision):
        pixels = session.images(encoder, batch)
        session.warm_up(encoder, pixels, model, precision)

        def forward() -> float:
            start = time.perf_counter()
            encoder(pixels)
            session.device.synchronize()
            return time.perf_counter() - start

        profilers = profilers_of(session, encoder)
        take_turns(profilers, forward, scale.warm_rounds, scale.overhead_forwards)
        times = take_turns(profilers, forward, scale.overhead_rounds, scale.overhead_forwards)
    session.add_details(f"{model} {precision} batch {batch}", {"forward_s": times})
    label = f"{model} {precision} batch {batch}"
    plain = [statistics.median(visit) for visit in times[_PLAIN]]
    yield shown(f"{label}: forward, {_PLAIN}", 1e3 * statistics.median(plain), "ms")
    for profiler, visits in times.items():
        if profiler == _PLAIN:
            continue
        ratios = [time / base for visit, base in zip(visits, plain, strict=True) for time in visit]
        low, middle, high = quartiles(ratios)
        note = f"quartiles {low:.3f} to {high:.3f}"
        yield shown(f"{label}: {profiler} relative to {_PLAIN}", middle, "x", note)


def take_turns(
    profilers: Profilers, forward: Callable[[], float], rounds: int, count: int
) -> dict[str, list[list[float]]]:
    """Profiler -> seconds of each forward of each visit, without the first forward of a visit."""
    times: dict[str, list[list[float]]] = defaultdict(list)
    for _ in range(rounds):
        for name, context in profilers.items():
            with context():
                times[name].append([forward() for _ in range(count + 1)][1:])
    return dict(times)


def quartiles(values: Sequence[float]) -> tuple[float, float, float]:
    """First quartile, median, third quartile; a single value is all three."""
    if len(values) == 1:
        return (values[0],) * 3
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, middle, high
