"""Batching: does it help the image encoder, and how do the numbers compare with published ones?

Peaks are measured first (as `samprof doctor` does), then sweeps of the encoders as they are and as
variants, one point at a time, and the pipeline is taken apart. `samprof.verify.groups.batching_answers`
says what all of that shows.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from samprof.analysis.scaling.variant import EAGER
from samprof.sam.axes import axis_named
from samprof.sweeps.execute import measure_once
from samprof.sweeps.measure.engines import ThisProcess
from samprof.sweeps.measure.job import Job
from samprof.sweeps.plan import Plan
from samprof.sweeps.run.run import Run
from samprof.sweeps.run.stored.directory import RunDirectory
from samprof.sweeps.run.stored.sample import Sample
from samprof.sweeps.target import Change, Target
from samprof.verify import published
from samprof.verify.accounting import own_check
from samprof.verify.case import Case
from samprof.verify.check import Check, failed, limited, not_run, shown
from samprof.verify.session import VerifySession

GROUP = "batching"
_COMPILING_S = 45.0
_BUILD_S = 10.0  # to build a model on the host


def cases(session: VerifySession) -> Iterator[Case]:
    """Peaks, the points of the sweeps, pipelines and automatic masks."""
    yield Case("peaks", lambda: _peaks(session), lambda: 8 * session.scale.peak_seconds)
    for number, (model, variant, batches) in enumerate(session.scale.batching):
        yield from (_point_case(session, model, variant, batch) for batch in batches)
        if number == 0:
            yield from (_pipeline_case(session, name) for name in session.scale.predict_models[:1])
    yield from (_pipeline_case(session, name) for name in session.scale.predict_models[1:])
    yield from (_masks_case(session, points) for points in session.scale.points_per_batch)


def run_directory(session: VerifySession, model: str) -> Path:
    """The run directory of a model's sweeps."""
    return session.out / "runs" / model


def nothing_measured(session: VerifySession, model: str) -> str:
    """Why nothing can be said of a model's sweeps: no point of them was measured; else empty."""
    directory = RunDirectory(run_directory(session, model))
    measured = directory.holds_run and any(point.status == "ok" for point in directory.points())
    return "" if measured else "none of its points ran"


def _peaks(session: VerifySession) -> Iterator[Check]:
    peaks = session.peaks()
    session.add_details("peaks", peaks.as_dict())
    for name, rate in peaks.flops_per_s.items():
        yield shown(f"peak {name}", rate / 1e12, "TFLOP/s")
    yield shown("peak copy", peaks.bytes_per_s / 1e12, "TB/s")


def _plan(session: VerifySession, model: str, variant: str, batch: int) -> Plan:
    asked = {"model": model, "device": session.device.name}
    return Plan(asked, (batch,), rounds=1, repeats=session.scale.repeats, warmup=1, variant=variant)


def _point_case(session: VerifySession, model: str, variant: str, batch: int) -> Case:
    label = f"{model} {variant} batch {batch}"
    forwards = 2 * session.scale.repeats + 2 + 3 * (variant != EAGER)
    extra_s = _COMPILING_S if "compile" in variant else 0.0

    def run() -> Iterator[Check]:
        point = _measured(session, model, variant, batch)
        if point.status != "ok":
            out_of_memory = point.status == "oom"
            yield not_run(label, "out of memory") if out_of_memory else failed(label, point.message)
            return
        ms = sorted(point.wall_ns)[len(point.wall_ns) // 2] / 1e6 / batch
        session.estimates.learn(model, variant, batch, ms * batch / 1e3)
        session.add_details(label, {"ms": ms, "bytes": point.peak_memory_bytes})
        yield shown(f"{label}: time per image", ms, "ms", "; ".join(point.notes))
        yield from own_check(label, point.check, on_gpu=session.device.is_gpu)

    return session.timed_case(label, (model, variant, batch), forwards, run, extra_s)


def _measured(session: VerifySession, model: str, variant: str, batch: int) -> Sample:
    """The point, measured and put into the model's run directory."""
    out, plan = run_directory(session, model), _plan(session, model, variant, batch)
    engine = ThisProcess(lambda: _target(session, model, variant))
    return measure_once(plan, engine, batch, out)


def _target(session: VerifySession, model: str, variant: str) -> Target:
    from samprof.sam.model import variant_names, variants
    from samprof.sam.model.roles import describe

    torch._dynamo.reset()  # otherwise it stops compiling after a few encoders
    encoder = session.only_encoder(model)
    change = Change(
        lambda: variants.apply(encoder, variant),
        variant_names.tolerance(variant),
        dtype=variant_names.dtype_of(variant),
        holds_memory=variant_names.holds_memory(variant),
        captures=variant_names.captures(variant),
    )
    return Target(
        encoder,
        lambda batch: (session.images(encoder, batch),),
        describe(encoder),
        label=model,
        change=change if variant_names.parse(variant) else None,
    )


def _pipeline_case(session: VerifySession, model: str) -> Case:
    return Case(
        f"{model}: components of predict", lambda: _pipeline(session, model), lambda: _BUILD_S
    )


def _pipeline(session: VerifySession, model: str) -> Iterator[Check]:
    """One image and one prompt: how much of the time the encoder takes."""
    from samprof.sam.workloads.predict import predict

    label = f"{model}: components of predict"
    asked: dict[str, Any] = {"model": model, "device": session.device.name}
    out = session.out / "runs" / f"predict-{model}"
    plan = Plan(
        asked,
        (1,),
        rounds=1,
        repeats=session.scale.repeats,
        warmup=1,
        variant="together",
        axis=axis_named("prompts"),
    )
    engine = ThisProcess(lambda: session.shortened(predict(**asked, variant=plan.variant)))
    point = measure_once(plan, engine, 1, out)
    if point.status != "ok":
        yield failed(label, f"{point.status}: {point.message}")
        return
    table = Run(out).components()
    on_device = "device" if point.time_source == "device" else "host"
    times = dict(zip(table["component"], table[f"{on_device}_ns"].tolist(), strict=True))
    session.add_details(label, times)
    times.pop("device idle", None)
    whole = sum(times.values())
    share = 100 * times["image encoder"] / whole
    yield limited(f"{label}: share of the encoder", share, session.limits.encoder_share, "%")
    rest = times["prompt encoder"] + times["mask decoder"]
    note = f"{published.SET_IMAGE_TO_PREDICT:.0f} for set_image to predict, T4, ViT-H"
    yield shown(f"{label}: encoder time to decoder time", times["image encoder"] / rest, "x", note)


def _masks_case(session: VerifySession, points: int) -> Case:
    what = masks_label(points)

    def run() -> Iterator[Check]:
        from samprof.sam.workloads.amg import amg

        session.free_encoders()  # they would count as memory of the masks
        model = session.scale.main
        asked: dict[str, Any] = {"model": model, "device": session.device.name}
        over = "points-per-batch"
        plan = Plan(asked, (points,), rounds=1, repeats=1, warmup=1, axis=axis_named(over))
        out = session.out / "runs" / f"masks-{model}"
        engine = ThisProcess(lambda: session.shortened(amg(**asked, over=over)))
        point = engine.measure(Job(plan, points, out))
        if point.status != "ok":
            yield (not_run if point.status == "oom" else failed)(what, point.message)
            return
        session.add_details(what, {"masks_s": point.wall_ns[-1] / 1e9})
        yield shown(what, point.wall_ns[-1] / 1e9, "s", "; ".join(point.notes))
        yield shown(f"{what}: peak memory", point.peak_memory_bytes / 2**30, "GiB")

    return Case(what, run, lambda: 2 * _BUILD_S)


def masks_label(points: int) -> str:
    """What automatic masks with this number of points at once are called."""
    return f"automatic masks, {points} points at once"
