"""Conservation: is every nanosecond of every kernel counted once, at every size and precision?

Each point records some forwards of an encoder and keeps its books twice (`bench.gpu.books`): self
times of all rows against the sum of the file's device activities (I1), totals against self and what
is inside (I2), launches without a record, kernels of one forward against the next. The same after
many sessions in one process, which is when profilers were seen to lose kernels, and in a process of
its own.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.gpu.books import books_of, own_check
from bench.gpu.check import Check, failed, none_of, shown
from bench.gpu.kit import Case, Kit
from samprof.sweep.engines import Job, Subprocess
from samprof.sweep.plan import Plan
from samprof.sweep.point import Point
from samprof.sweep.store import Store
from samprof.sweep.target import Recipe

GROUP = "conservation"
_SWEEPS = "sweeps in one process"
_WARM_UP = 1
_PROCESS_S = 15.0  # to start Python, torch and CUDA, and to make the model


def cases(kit: Kit) -> Iterator[Case]:
    """The points, the important batches of all models first; then sessions and processes."""
    scale = kit.scale
    first, rest = scale.batches[:2], scale.batches[2:]
    points = [(model, mode, b) for model in scale.models for mode in scale.modes for b in first]
    yield from (_point_case(kit, *point) for point in points)
    yield Case(
        f"sweep number {scale.sweeps} in one process",
        lambda: _many_sweeps(kit),
        lambda: scale.sweeps * kit.pace.expected(scale.main, "float32", 6),
    )
    for batch in scale.separate:
        yield Case(
            f"a process of its own, batch {batch}",
            lambda batch=batch: _separate(kit, batch),  # type: ignore[misc]
            lambda batch=batch: (
                _PROCESS_S  # type: ignore[misc]
                + kit.pace.expected(scale.main, "float32", 6 * batch)
            ),
        )
    points = [(model, mode, b) for b in rest for model in scale.models for mode in scale.modes]
    yield from (_point_case(kit, *point) for point in points)


def _point_case(kit: Kit, model: str, mode: str, batch: int) -> Case:
    label = f"{model} {mode} batch {batch}"
    forwards = _WARM_UP + 1 + kit.scale.steps
    return kit.paced(
        label, (model, mode, batch), forwards, lambda: _point(kit, label, model, mode, batch)
    )


def _point(kit: Kit, label: str, model: str, mode: str, batch: int) -> Iterator[Check]:
    encoder = kit.encoder(model, mode)
    with kit.mode(mode), tempfile.TemporaryDirectory() as folder:
        pixels = kit.images(encoder, batch)
        for _ in range(_WARM_UP):
            encoder(pixels)
        recording = kit.record(encoder, lambda: encoder(pixels))
        books = books_of(recording.save(folder))
    kit.keep(label, {"kernels": dict(books.kernels), "time_ns": books.events_ns})
    yield from books.checks(label, kit.limits)


def _many_sweeps(kit: Kit) -> Iterator[Check]:
    """Sweep after sweep in this process: the last finds what the first found."""
    import samprof

    encoder, points = kit.encoder(kit.scale.main), []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(kit.scale.sweeps):
            out = Path(folder) / str(number)
            pixels, repeats = kit.images(encoder, 1), kit.scale.repeats
            samprof.sweep(encoder, pixels, [1], repeats=repeats, warmup=1, out=out)
            points += Store(out).points()
    label = f"sweep number {len(points)} in one process"
    kit.keep(_SWEEPS, {"kernels": [point.kernels for point in points]})
    off = sum(point.kernels != points[0].kernels for point in points)
    yield none_of(f"{label}: sweeps with other kernels than the first", off, "sweeps")
    yield from own_check(label, points[-1].check)


def _separate(kit: Kit, batch: int) -> Iterator[Check]:
    """One point in a process of its own finds what this process finds."""
    scale = kit.scale
    label = f"a process of its own, batch {batch}"
    arguments = {"model": scale.main, "device": kit.device.name, "blocks": scale.blocks}
    recipe = Recipe("bench.gpu.models:encoder", arguments)
    plan = Plan(target=arguments, batch_sizes=(batch,), repeats=scale.repeats, warmup=1)
    with tempfile.TemporaryDirectory() as folder:
        point = Subprocess(recipe).measure(Job(plan, batch, Path(folder) / "run"), lambda _: None)
    if point.status != "ok":
        yield failed(label, f"{point.status}: {point.message}")
        return
    kit.keep(label, {"kernels": point.kernels, "wall_ns": point.wall_ns})
    yield from _point_checks(kit, label, point, batch)


def _point_checks(kit: Kit, label: str, point: Point, batch: int) -> Iterator[Check]:
    yield from own_check(label, point.check)
    off = max(point.kernels) - min(point.kernels)
    yield none_of(f"{label}: kernels between forwards differ", off, "kernels")
    here = kit.results.details.get(GROUP, {}).get(_SWEEPS)
    if here and batch == 1:
        # Not held to 0: cuDNN may choose other kernels where other memory is free.
        off = abs(here["kernels"][0][0] - point.kernels[0])
        yield shown(f"{label}: kernels differ from this process's", off, "kernels")
