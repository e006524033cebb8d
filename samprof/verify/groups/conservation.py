"""Conservation: is every nanosecond of every kernel counted once, at every size and precision?

Each point records some forwards of an encoder and checks the time accounting
(`samprof.verify.accounting`): self times of all rows against the sum of the file's device activities
(I1), totals against self times and the totals inside (I2), launches without a record, and kernels of one
forward against the next. The same is checked after many sessions in one process, which is when profilers
were seen to lose kernels, and in a process of its own.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from samprof.sam.model.roles import describe
from samprof.sweeps.execute import run_sweep
from samprof.sweeps.inputs import batched
from samprof.sweeps.measure.engines import ThisProcess
from samprof.sweeps.measure.job import Job
from samprof.sweeps.measure.processes.subprocess_engine import Subprocess
from samprof.sweeps.plan import Plan
from samprof.sweeps.run.stored.directory import RunDirectory
from samprof.sweeps.run.stored.sample import Sample
from samprof.sweeps.target import Recipe, Target
from samprof.verify.accounting import accounting_of, own_check
from samprof.verify.case import Case
from samprof.verify.check import Check, failed, none_of, shown
from samprof.verify.session import VerifySession

GROUP = "conservation"
_SWEEPS = "sweeps in one process"
_WARM_UP = 2
_PROCESS_S = 15.0  # to start Python, torch and CUDA, and to build the model


def cases(session: VerifySession) -> Iterator[Case]:
    """The most important batches of all models, then sessions and processes, then the other batches."""
    scale = session.scale
    first, rest = scale.batches[:2], scale.batches[2:]
    points = [
        (model, precision, b)
        for model in scale.models
        for precision in scale.precisions
        for b in first
    ]
    yield from (_point_case(session, *point) for point in points)
    yield Case(
        f"sweep number {scale.repeated_sweeps} in one process",
        lambda: _many_sweeps(session),
        lambda: scale.repeated_sweeps * session.estimates.expected(scale.main, "float32", 6),
    )
    for batch in scale.own_process_batches:
        yield Case(
            f"a process of its own, batch {batch}",
            lambda batch=batch: _separate(session, batch),  # type: ignore[misc]
            lambda batch=batch: (
                _PROCESS_S  # type: ignore[misc]
                + session.estimates.expected(scale.main, "float32", 6 * batch)
            ),
        )
    points = [
        (model, precision, b)
        for b in rest
        for model in scale.models
        for precision in scale.precisions
    ]
    yield from (_point_case(session, *point) for point in points)


def _point_case(session: VerifySession, model: str, precision: str, batch: int) -> Case:
    label = f"{model} {precision} batch {batch}"
    forwards = _WARM_UP + 1 + session.scale.steps
    return session.timed_case(
        label,
        (model, precision, batch),
        forwards,
        lambda: _point(session, label, model, precision, batch),
    )


def _point(
    session: VerifySession, label: str, model: str, precision: str, batch: int
) -> Iterator[Check]:
    encoder = session.encoder(model, precision)
    with session.precision(precision), tempfile.TemporaryDirectory() as folder:
        pixels = session.images(encoder, batch)
        session.warm_up(encoder, pixels, model, precision)
        recording = session.record(encoder, lambda: encoder(pixels))
        accounting = accounting_of(recording.save(folder))
    session.add_details(
        label, {"kernels": dict(accounting.kernels), "time_ns": accounting.events_ns}
    )
    yield from accounting.checks(label, session.limits, on_gpu=session.device.is_gpu)


def _many_sweeps(session: VerifySession) -> Iterator[Check]:
    """Sweep after sweep in this process: the last one finds what the first one found."""
    encoder, points = session.encoder(session.scale.main), []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(session.scale.repeated_sweeps):
            out = Path(folder) / str(number)
            pixels = session.images(encoder, 1)
            target = Target(encoder, batched(pixels, encoder), describe(encoder))
            plan = Plan(
                target.description(), (1,), rounds=1, repeats=session.scale.repeats, warmup=1
            )
            run_sweep(plan, ThisProcess(lambda target=target: target), out)  # type: ignore[misc]
            points += [one for point in RunDirectory(out).points() for one in point.recorded]
    label = f"sweep number {len(points)} in one process"
    session.add_details(_SWEEPS, {"kernels": [point.kernels for point in points]})
    # Sets: a sweep takes more forwards where the machine was slowed down meanwhile.
    differing = sum({*point.kernels} != {*points[0].kernels} for point in points)
    yield none_of(f"{label}: sweeps whose kernels differ from the first one's", differing, "sweeps")
    yield from own_check(label, points[-1].check, on_gpu=session.device.is_gpu)


def _separate(session: VerifySession, batch: int) -> Iterator[Check]:
    """A point in a process of its own finds what this process finds."""
    scale = session.scale
    label = f"a process of its own, batch {batch}"
    arguments = {"model": scale.main, "device": session.device.name, "blocks": scale.blocks}
    recipe = Recipe("samprof.verify.models:encoder", arguments)
    plan = Plan(target=arguments, sizes=(batch,), rounds=1, repeats=scale.repeats, warmup=1)
    with tempfile.TemporaryDirectory() as folder:
        point = Subprocess(recipe).measure(Job(plan, batch, Path(folder) / "run"))
    if point.status != "ok":
        yield failed(label, f"{point.status}: {point.message}")
        return
    session.add_details(label, {"kernels": point.kernels, "wall_ns": point.wall_ns})
    yield from _point_checks(session, label, point, batch)


def _point_checks(session: VerifySession, label: str, point: Sample, batch: int) -> Iterator[Check]:
    yield from own_check(label, point.check, on_gpu=session.device.is_gpu)
    difference = max(point.kernels) - min(point.kernels)
    yield none_of(f"{label}: difference in kernels between forwards", difference, "kernels")
    here = session.results.details.get(GROUP, {}).get(_SWEEPS)
    if here and batch == 1:
        # Not limited to 0: cuDNN may choose other kernels when a different amount of memory is free.
        difference = abs(here["kernels"][0][0] - point.kernels[0])
        yield shown(f"{label}: difference in kernels from this process", difference, "kernels")
