"""The founding question: does batching the image encoder help, and beside what others published?

Peaks first (as `samprof doctor` measures them), then sweeps of the encoders as they are and as
variants, a point at a time, and the pipeline taken apart. The answer has the expected shape if the
encoder dominates, batching gains little, and an image more costs about the memory that others saw.
All else is shown: this device is not theirs, and the faster a forward is, the more of batch 1 is
waiting for the host.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch

from bench.gpu import published
from bench.gpu.books import own_check
from bench.gpu.check import Check, failed, not_run, shown, within
from bench.gpu.kit import Case, Kit
from samprof.sweep.engines import Job, ThisProcess
from samprof.sweep.plan import EAGER, Plan
from samprof.sweep.point import Point
from samprof.sweep.run import Run
from samprof.sweep.store import Store
from samprof.sweep.target import Change, Target

GROUP = "founding"
_COMPILING_S = 45.0
_MADE_S = 10.0  # a model made on the host


def cases(kit: Kit) -> Iterator[Case]:
    """Peaks, the sweeps' points, pipelines, and what all of it answers."""
    yield Case("peaks", lambda: _peaks(kit), lambda: 8 * kit.scale.peak_seconds)
    for number, (model, variant, batches) in enumerate(kit.scale.founding):
        yield from (_point_case(kit, model, variant, batch) for batch in batches)
        if number == 0:
            yield from (_pipeline_case(kit, name) for name in kit.scale.components[:1])
    yield from (_pipeline_case(kit, name) for name in kit.scale.components[1:])
    yield from (_masks_case(kit, points) for points in kit.scale.masks_at_once)


def answers(kit: Kit) -> Iterator[Case]:
    """What the sweeps say, model by model, and the published numbers beside them: quick, and last."""
    for model in dict.fromkeys(model for model, _, _ in kit.scale.founding):
        yield Case(f"{model}: answers", lambda model=model: _answers(kit, model))  # type: ignore[misc]
    yield Case("beside the published numbers", lambda: _beside(kit))


def run_directory(kit: Kit, model: str) -> Path:
    """Where the sweeps of a model are."""
    return kit.out / "runs" / model


def _peaks(kit: Kit) -> Iterator[Check]:
    from samprof.record.kept_peaks import keep_peaks
    from samprof.record.peaks import measure_peaks

    peaks = measure_peaks(kit.device.torch_device, seconds=kit.scale.peak_seconds)
    keep_peaks(peaks)  # the kit has a cache folder of its own; sweeps look there
    kit.keep("peaks", peaks.as_dict())
    for name, rate in peaks.flops_per_s.items():
        yield shown(f"peak {name}", rate / 1e12, "TFLOP/s")
    yield shown("peak copy", peaks.bytes_per_s / 1e12, "TB/s")


def _plan(kit: Kit, model: str, variant: str, batch: int) -> Plan:
    asked = {"model": model, "device": kit.device.name}
    return Plan(asked, (batch,), repeats=kit.scale.repeats, warmup=1, variant=variant)


def _point_case(kit: Kit, model: str, variant: str, batch: int) -> Case:
    label = f"{model} {variant} batch {batch}"
    forwards = 2 * kit.scale.repeats + 2 + 3 * (variant != EAGER)
    besides = _COMPILING_S if "compile" in variant else 0.0

    def run() -> Iterator[Check]:
        point = _measured(kit, model, variant, batch)
        if point.status != "ok":
            tell = not_run if point.status == "oom" else failed
            yield tell(label, "out of memory" if point.status == "oom" else point.message)
            return
        ms = sorted(point.wall_ns)[len(point.wall_ns) // 2] / 1e6 / batch
        kit.keep(label, {"ms": ms, "bytes": point.peak_memory_bytes})
        yield shown(f"{label}: an image", ms, "ms", "; ".join(point.notes))
        yield from own_check(label, point.check)

    return kit.paced(label, (model, variant, batch), forwards, run, besides)


def _measured(kit: Kit, model: str, variant: str, batch: int) -> Point:
    """The point, put into the model's run directory."""
    out, plan = run_directory(kit, model), _plan(kit, model, variant, batch)
    store = Store(out)
    store.accept(plan, fresh=False)
    engine = ThisProcess(lambda: _target(kit, model, variant))
    point = engine.measure(Job(plan, batch, out), lambda _: None)
    store.write_point(point)
    return point


def _target(kit: Kit, model: str, variant: str) -> Target:
    from samprof.sam import variants
    from samprof.sam.roles import describe

    torch._dynamo.reset()  # it stops compiling after some encoders
    encoder = kit.fresh(model)
    change = Change(lambda: variants.apply(encoder, variant), variants.tolerance(variant))
    return Target(
        encoder,
        lambda batch: (kit.images(encoder, batch),),
        describe(encoder),
        label=model,
        change=change if variants.parse(variant) else None,
    )


def _pipeline_case(kit: Kit, model: str) -> Case:
    return Case(f"{model}: components of predict", lambda: _pipeline(kit, model), lambda: _MADE_S)


def _pipeline(kit: Kit, model: str) -> Iterator[Check]:
    """One image and one prompt: how much of the time is the encoder's."""
    from samprof.sam.workloads import predict

    label = f"{model}: components of predict"
    asked: dict[str, Any] = {"model": model, "device": kit.device.name}
    out = kit.out / "runs" / f"predict-{model}"
    plan = Plan(asked, (1,), kit.scale.repeats, warmup=1, variant="together", over="prompts")
    engine = ThisProcess(lambda: kit.cut(predict(**asked, variant=plan.variant)))
    point = engine.measure(Job(plan, 1, out), lambda _: None)
    Store(out).write_point(point)
    if point.status != "ok":
        yield failed(label, f"{point.status}: {point.message}")
        return
    table = Run(out).components()
    on_device = "device" if point.clock == "device" else "host"
    times = dict(zip(table["component"], table[f"{on_device}_ns"].tolist(), strict=True))
    kit.keep(label, times)
    times.pop("device idle", None)
    whole = sum(times.values())
    share = 100 * times["image encoder"] / whole
    yield within(f"{label}: the encoder's share", share, kit.limits.encoder_share, "%")
    rest = times["prompt encoder"] + times["mask decoder"]
    note = f"{published.SET_IMAGE_TO_PREDICT:.0f} with set_image and predict, T4, ViT-H"
    yield shown(f"{label}: encoder to decoders", times["image encoder"] / rest, "times", note)


def _masks_case(kit: Kit, points: int) -> Case:
    what = _masks_label(points)

    def run() -> Iterator[Check]:
        from samprof.sam.automatic import amg

        model = kit.scale.main
        asked: dict[str, Any] = {"model": model, "device": kit.device.name}
        over = "points-per-batch"
        plan = Plan(asked, (points,), 1, warmup=1, over=over)
        out = kit.out / "runs" / f"masks-{model}"
        engine = ThisProcess(lambda: kit.cut(amg(**asked, over=over)))
        point = engine.measure(Job(plan, points, out), lambda _: None)
        if point.status != "ok":
            yield (not_run if point.status == "oom" else failed)(what, point.message)
            return
        kit.keep(what, {"masks_s": point.wall_ns[-1] / 1e9})
        yield shown(what, point.wall_ns[-1] / 1e9, "s", "; ".join(point.notes))
        yield shown(f"{what}: peak memory", point.peak_memory_bytes / 2**30, "GiB")

    return Case(what, run, lambda: 2 * _MADE_S)


def _masks_label(points: int) -> str:
    return f"automatic masks, {points} points at once"


def _answers(kit: Kit, model: str) -> Iterator[Check]:
    run = Run(run_directory(kit, model))
    for variant in run.variants():
        table = run.points()
        ok = table[(table["variant"] == variant) & (table["status"] == "ok")].set_index(
            "batch_size"
        )
        label = f"{model} {variant}"
        if len(ok) < 2:
            yield not_run(f"{label}: gain", "fewer than two batch sizes ran")
            continue
        yield from _gain(kit, label, variant, _by_batch(ok["images_per_s"]))
        yield from _memory(kit, label, model, variant, _by_batch(ok["peak_memory_bytes"]))
        verdict = run.verdict(variant)
        yield shown(f"{label}: best batch", verdict.best_batch_size, "", verdict.reason)
        kit.keep(
            f"{label}: answers",
            {
                "verdict": verdict.as_dict(),
                "points": _rows(ok.reset_index()),
                "roles": _rows(run.roles(variant)),
                "scaling": _rows(run.scaling(variant)),
                "roofline": _rows(run.roofline(variant)),
            },
        )


def _gain(kit: Kit, label: str, variant: str, rates: Mapping[int, float]) -> Iterator[Check]:
    batch = kit.scale.gain_batch
    if not {1, batch} <= rates.keys():
        yield not_run(f"{label}: gain", f"batch 1 or {batch} did not run")
        return
    limit = kit.limits.gain if variant == EAGER else None
    gain = rates[batch] / rates[1]
    yield within(f"{label}: gain from batch 1 to {batch}", gain, limit, "times")


def _memory(
    kit: Kit, label: str, model: str, variant: str, peaks: Mapping[int, float]
) -> Iterator[Check]:
    batch = kit.scale.gain_batch
    if not {1, batch} <= peaks.keys():
        return
    ours = (peaks[batch] - peaks[1]) / (batch - 1)
    yield shown(f"{label}: memory of an image more", ours / 2**20, "MiB")
    theirs = published.memory_per_image(model, variant, batch)
    if theirs is not None:
        limit = kit.limits.memory if variant == EAGER else None
        yield within(f"{label}: memory of an image to the published", ours / theirs, limit, "times")


def _beside(kit: Kit) -> Iterator[Check]:
    details = kit.results.details.get(GROUP, {})
    found = {
        (model, variant, batch): details.get(f"{model} {variant} batch {batch}", {})
        for model, variant, batches in kit.scale.founding
        for batch in batches
    }
    for points in kit.scale.masks_at_once:
        found[kit.scale.main, "masks", points] = details.get(_masks_label(points), {})
    rows = published.beside(found)
    kit.keep("published", rows)
    (kit.out / "published.md").write_text(published.as_text(rows))
    ratios = [row["ratio"] for row in rows if row["ratio"] is not None]
    what = "published numbers with one of ours beside them"
    note = (
        f"ratios {min(ratios):.2g} to {max(ratios):.2g}" if ratios else "none of these points ran"
    )
    yield shown(what, len(ratios), f"of {len(rows)}", note)


def _by_batch(column: Any) -> dict[int, float]:
    return {int(batch): float(value) for batch, value in column.items()}


def _rows(frame: Any) -> Any:
    """A table as plain rows; what is no number is null."""
    import json

    return json.loads(frame.to_json(orient="records"))
