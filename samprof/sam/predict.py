"""`samprof.predict`: a model or a recorded run on a device that is not here."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from samprof.errors import RunError, UsageError

if TYPE_CHECKING:
    from torch import nn

    from samprof.prediction.meta_forwards import MetaModel
    from samprof.prediction.predict import Forward
    from samprof.record.ranges.labels import Granularity, ModelLabels
    from samprof.sweeps.run.run import Run

BATCH_SIZES = (1, 2, 4, 8, 16)


def predict(
    model: str | nn.Module | Run | Path,
    device: str,
    batch_sizes: Iterable[int] | None = None,
    *,
    inputs: Any = None,
    variants: str = "eager",
    dtype: str | None = None,
    granularity: Granularity = "block",
    name: str | None = None,
    labels: ModelLabels | None = None,
    devices: str | Path | None = None,
    out: str | Path | None = None,
) -> Run:
    """What a model would take on a device that is not here: a run as of a sweep, all of it predicted.

    Nothing is computed. FLOPs and bytes of every op are known from shapes, what classes of ops reach of
    a device's peaks from real traces; docs/predict.md has the model, its error and where it fails.

    Args:
        model: vit_b, vit_l, vit_h or small (SAM's image encoder); any `nn.Module`; a run of another
            device, or the path of its directory, of which every recorded size is predicted.
        device: its name in the table of datasheets: L4, L40S, A100, H100, ...; "this" for the GPU of
            this machine by the peaks that `samprof doctor` or a sweep measured.
        batch_sizes: of a model; by default 1, 2, 4, 8, 16.
        inputs: of an `nn.Module`: what it is called with, as in `sweep`.
        variants: of SAM's image encoder: eager, sdpa, bf16, fp16, compile, cudagraph and their
            combinations, separated by commas, as in `samprof sweep --variant`. Of other models eager.
        dtype: float32, bfloat16 or float16; by default that of the model.
        granularity: as in `profile`.
        name: what to call the module.
        labels: your own, as in `profile`.
        devices: a file with devices of your own, in the form of `samprof/prediction/devices.toml`.
        out: the run directory, empty or new; by default a new one below the temporary directory.

    Returns:
        A run whose points have the status "predicted". Its intervals are those within which at least
        90 % of the published numbers lay that were compared.

    Raises:
        UsageError: no such device, an argument does not fit, a dtype does not run on the device, or
            the peaks of "this" were not measured.
        ModelError: a forward does not run on shapes alone.
        RunError: a run holds no trace with shapes, or `out` holds something else.

    Example:
        >>> run = samprof.predict("small", "L4", [1, 2])  # doctest: +SKIP
        >>> run.points()["status"].tolist()  # doctest: +SKIP
        ['predicted', 'predicted']
    """
    from samprof.prediction.devices import device_named
    from samprof.prediction.measured_peaks import THIS, this_device
    from samprof.prediction.predict import Question, predicted_run
    from samprof.prediction.shares import expected_error, load_shares
    from samprof.sweeps.plan import checked_sizes
    from samprof.sweeps.run.run import Run

    extra = Path(devices) if devices is not None else None
    chosen = this_device(extra) if device == THIS else device_named(device, extra)
    shares = load_shares()
    if chosen.is_measured:
        shares = shares.of_measured_peaks()
    question = Question(chosen, shares, expected_error(), granularity=granularity)
    directory = Path(out) if out is not None else Path(tempfile.mkdtemp(prefix="samprof-run-"))
    if isinstance(model, str) and _is_name(model):
        models = [sam_on_meta(model, variant, dtype) for variant in _variants(variants)]
    elif isinstance(model, str | Path):
        model = Run(model)
    if isinstance(model, Run):
        _refuse(model, batch_sizes=batch_sizes, inputs=inputs, dtype=dtype)
        forwards, question = _of_run(model, question)
        return predicted_run(forwards, question, directory)
    if not isinstance(model, str | Path):
        models = [_module(model, inputs, dtype, name, labels, variants)]
    from samprof.prediction.meta_forwards import forwards_of

    sizes = checked_sizes(BATCH_SIZES if batch_sizes is None else batch_sizes)
    question = replace(question, target=_target(models[0]), colors=models[0].labels.colors)
    return predicted_run(forwards_of(models, sizes, granularity), question, directory)


def _is_name(model: str) -> bool:
    from samprof.sam.catalogue import AUTO, MODELS

    return model in (AUTO, *MODELS) or not Path(model).exists()


def _variants(text: str) -> list[str]:
    from samprof.sam.model.variant_names import canonical

    return list(dict.fromkeys(canonical(one) for one in text.split(",")))


def sam_on_meta(name: str, variant: str, dtype: str | None) -> MetaModel:
    """SAM's image encoder on the meta device.

    Args:
        name: as in `samprof.sam.model.build.build_sam`; auto is vit_b.
        variant: as in `samprof.sam.model.variant_names`; compile and cudagraph change no shapes.
        dtype: of weights and images; None for float32.
    """
    import torch

    from samprof.analysis.scaling.variant import EAGER
    from samprof.prediction.meta_forwards import MetaModel
    from samprof.sam.catalogue import AUTO, DTYPES
    from samprof.sam.model.build import build_sam, place
    from samprof.sam.model.roles import describe
    from samprof.sam.model.variant_names import dtype_of, parse
    from samprof.sam.model.variants import apply
    from samprof.sweeps.inputs import Arguments

    with torch.device("meta"):
        sam: Any = place(build_sam("vit_b" if name == AUTO else name), "meta", dtype or DTYPES[0])
    encoder = sam.image_encoder
    parts = [part for part in parse(variant) if part not in ("compile", "cudagraph")]
    labels = describe(encoder)
    apply(encoder, "+".join(parts) or EAGER)
    side, given = int(encoder.img_size), getattr(torch, dtype or DTYPES[0])

    def images(size: int) -> Arguments:
        return Arguments((torch.empty(size, 3, side, side, device="meta", dtype=given),))

    runs_in = dtype_of(variant) or dtype or DTYPES[0]
    return MetaModel(encoder, images, labels, runs_in, variant, label=name)


def _module(
    module: nn.Module,
    inputs: Any,
    dtype: str | None,
    name: str | None,
    labels: ModelLabels | None,
    variants: str,
) -> MetaModel:
    """A module of the user's on the meta device."""
    import torch

    from samprof.prediction.meta_forwards import MetaModel
    from samprof.prediction.shapes import arguments_on_meta, on_meta
    from samprof.sam.model.build import place
    from samprof.sam.model.pipeline import module_of
    from samprof.sam.model.roles import describe
    from samprof.sweeps.inputs import batched

    if variants != "eager":
        cause = "variants are of SAM's image encoder by name"
        raise UsageError("predict", f"variants={variants!r}", cause, "change the module yourself")
    held = module_of(module)
    if inputs is None:
        cause = "what it is called with is not known"
        raise UsageError("predict", type(held).__name__, cause, "give inputs, as to samprof.sweep")
    of_size = batched(inputs, held)
    made = on_meta(held)
    if dtype is not None:
        made = place(made, "meta", dtype)
    first = next((one for one in made.parameters() if one.is_floating_point()), None)
    runs_in = str(first.dtype).removeprefix("torch.") if first is not None else "float32"
    target = None if dtype is None else getattr(torch, dtype)
    return MetaModel(
        made,
        lambda size: arguments_on_meta(of_size(size), target),
        labels if labels is not None else describe(held),
        runs_in,
        name=name,
    )


def _target(model: MetaModel) -> Mapping[str, Any]:
    """What tells the model from others."""
    module = model.module
    return {
        "module": f"{type(module).__module__}.{type(module).__qualname__}",
        "name": model.name or model.labels.name or type(module).__name__,
        "label": model.label,
        "parameters": sum(one.numel() for one in module.parameters()),
        "dtype": model.dtype,
    }


def _of_run(run: Run, question: Any) -> tuple[list[Forward], Any]:
    """The forwards that a run recorded, at every size and variant that has a trace."""
    from samprof.prediction.predict import Forward
    from samprof.sweeps.gather.calls import calls_of, kind_for

    data, forwards = run.data, []
    on_gpu = str(run.target.get("device", "")).startswith("cuda")
    device: Literal["cpu", "gpu"] = "gpu" if on_gpu else "cpu"
    for point in data.measured:
        if point.status != "ok" or not point.trace:
            continue
        trace = run.trace(point.size, point.variant)
        by = kind_for([trace], "auto")
        found = calls_of(trace, str(run.path), by, None)
        peak = max(sample.peak_memory_bytes for sample in point.samples)
        dtype = data.dtype(point.variant) or "float32"
        last = found.calls[-1].trace
        forward = Forward(
            point.size, last, found.root, dtype, peak, point.variant, memory_from=device
        )
        forwards.append(forward)
    if not forwards:
        cause, remedy = "no size of it has a trace", "sweep it again, without removing traces"
        raise RunError("predict", run.path, cause, remedy)
    return forwards, replace(
        question,
        target={**run.target, "dtype": forwards[0].dtype},
        colors=data.colors,
        axis=run.axis,
        granularity=str(run.asked.get("granularity", "block")),
        by=by,
    )


def _refuse(run: Run, **given: Any) -> None:
    for name, value in given.items():
        if value is not None:
            cause = f"{run.path} is a run: all of its sizes are predicted"
            raise UsageError("predict", name, cause, "leave it out")
