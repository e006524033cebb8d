"""The arguments that say what of SAM runs, on what, and as which variants."""

import argparse
from pathlib import Path

from samprof.analysis.axis import AXES, axis_named
from samprof.cli.model import add_model_arguments, model_arguments
from samprof.errors import UsageError
from samprof.sam import plans
from samprof.sam.names import AUTO, EAGER, PROMPT_KINDS, WORKLOADS, variants_of
from samprof.sweep.engines import Engine, Ray, Subprocess, ThisProcess
from samprof.sweep.plan import Plan
from samprof.sweep.target import Recipe

_WORKLOAD_OPTIONS = {
    "images": "images",
    "kind": "prompt_kind",
    "prompts": "prompts",
    "points_per_side": "points_per_side",
    "points_per_batch": "points_per_batch",
    "crop_layers": "crop_layers",
    "pred_iou_thresh": "pred_iou_thresh",
    "stability_score_thresh": "stability_score_thresh",
}
"""Keyword of the workload's factory -> name of the parsed argument."""


def add_workload_arguments(parser: argparse.ArgumentParser) -> None:
    """Model, inputs, what is done with them, variants, and how often."""
    add_model_arguments(parser)
    parser.add_argument(
        "--variant",
        metavar="V,V,...",
        help="how the image encoder runs: bf16, fp16, sdpa, compile, cudagraph, channels-last, "
        "joined by +; results are compared with eager float32 before anything is timed",
    )
    parser.add_argument(
        "--images",
        metavar="PATH",
        help="a photo, a folder of them, or SA-1B's folder (images with JSON beside them)",
    )
    parser.add_argument("--prompts", type=int, metavar="N", help="prompts an image")
    parser.add_argument("--prompt-kind", metavar="KIND", help=", ".join(PROMPT_KINDS))
    parser.add_argument(
        "--points-per-side", type=int, metavar="N", help="of automatic masks (default: 32)"
    )
    parser.add_argument(
        "--points-per-batch", type=int, metavar="N", help="of automatic masks (default: 64)"
    )
    parser.add_argument(
        "--crop-layers", type=int, metavar="N", help="of automatic masks (default: 0)"
    )
    parser.add_argument(
        "--pred-iou-thresh",
        type=float,
        metavar="X",
        help="of automatic masks (default: 0.88; with random weights what a twentieth reach)",
    )
    parser.add_argument(
        "--stability-score-thresh",
        type=float,
        metavar="X",
        help="of automatic masks (default: 0.95; 0 with random weights)",
    )
    parser.add_argument("--repeats", type=int, default=5, metavar="N", help="default: 5")
    parser.add_argument("--warmup", type=int, default=2, metavar="N", help="default: 2")
    parser.add_argument(
        "--processes",
        type=int,
        default=1,
        metavar="N",
        help="measure each point anew in N processes, whose luck is not the same (default: 1; 4 "
        "before samprof compare --gate)",
    )
    parser.add_argument(
        "--granularity", default="block", help="block, layer or op (default: block)"
    )
    parser.add_argument(
        "--out",
        metavar="DIR",
        help="the run directory (default: below runs, named after what is measured)",
    )
    parser.add_argument("--fresh", action="store_true", help="start over in a used directory")
    parser.add_argument(
        "--engine",
        choices=("subprocess", "process", "ray"),
        default="subprocess",
        help="measure each point in a process of its own (default), in this one, or on Ray",
    )


def workload_recipe(options: argparse.Namespace, workload: str, over: str) -> Recipe:
    """What the arguments ask for, whatever the variant.

    Raises:
        ModelError: an unknown model or dtype.
        UsageError: an argument that this workload does not have, or an axis.
    """
    if options.factory:
        return Recipe(options.factory)
    known = WORKLOADS[workload]
    if axis_named(over).name not in known.over:
        fitting = [name for name, other in WORKLOADS.items() if over in other.over]
        remedy = f"sweep {workload} over {' or '.join(known.over)}, or use {' or '.join(fitting)}"
        raise UsageError("sweep", f"--over {over}", f"{workload} has no {AXES[over].label}", remedy)
    arguments = model_arguments(options)
    for keyword, name in _WORKLOAD_OPTIONS.items():
        value = getattr(options, name)
        if value is None or (keyword == "prompts" and "prompts" in known.over):
            continue
        if keyword not in known.options:
            flag = f"--{name.replace('_', '-')}"
            remedy = f"leave it out, or use {' or '.join(_with_option(keyword))}"
            raise UsageError(workload, flag, "means nothing here", remedy)
        arguments[keyword] = value
    return plans.workload_recipe(workload, over, arguments)


def plans_of(
    options: argparse.Namespace, workload: str, recipe: Recipe, over: str, sizes: str
) -> list[Plan]:
    """The plan of each variant.

    Raises:
        UsageError: sizes, counts, granularity or variants that mean nothing.
    """
    if options.processes > 1 and options.engine == "process":
        cause, remedy = "all of them would be this one", "use --engine subprocess"
        raise UsageError("sweep", f"--processes {options.processes}", cause, remedy)
    return plans.variant_plans(
        recipe,
        [EAGER] if options.factory else variants_of(workload, options.variant),
        sizes.split(","),
        over=over,
        repeats=options.repeats,
        warmup=options.warmup,
        granularity=options.granularity,
        processes=options.processes,
    )


def engine_of(options: argparse.Namespace, recipe: Recipe, variant: str) -> Engine:
    """Where the points of a variant are measured."""
    if not options.factory:
        recipe = plans.variant_recipe(recipe, variant)
    if options.engine == "ray":
        return Ray(recipe, gpus=0 if options.device == "cpu" else 1)
    return Subprocess(recipe) if options.engine == "subprocess" else ThisProcess(recipe.make)


def directory_of(options: argparse.Namespace, *first: str) -> Path:
    """The run directory: the one that is given, or a name for what was asked.

    Args:
        options: parsed arguments; what they leave open is left out of the name.
        first: what the name begins with.
    """
    if options.out:
        return Path(options.out)
    model = options.factory.replace(":", ".") if options.factory else options.model
    parts = ["sam" if model == AUTO else model, options.dtype, options.device.replace(":", "")]
    return Path("runs") / "-".join([*first, *(part for part in parts if part != AUTO)])


def _with_option(keyword: str) -> list[str]:
    return [name for name, workload in WORKLOADS.items() if keyword in workload.options]


def default_over(workload: str | None, over: str | None) -> tuple[str, str]:
    """The workload and the axis, where one or both are left open.

    Raises:
        UsageError: no such workload or axis.
    """
    if workload is not None and workload not in WORKLOADS:
        remedy = f"use one of {', '.join(WORKLOADS)}"
        raise UsageError("sweep", workload, "no such workload", remedy)
    if over is None:
        chosen = workload or "encode"
        return chosen, WORKLOADS[chosen].over[0]
    axis_named(over)
    if workload is None:
        workload = next(name for name, known in WORKLOADS.items() if over in known.over)
    return workload, over
