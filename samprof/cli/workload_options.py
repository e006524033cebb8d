"""The arguments that say which workload runs, on which inputs, as which variants, and how often."""

import argparse
from pathlib import Path

from samprof.analysis.scaling.variant import EAGER
from samprof.cli.model_options import (
    add_granularity_argument,
    add_model_arguments,
    model_arguments,
)
from samprof.errors import UsageError
from samprof.sam.axes import axis_named
from samprof.sam.catalogue import AUTO, PROMPT_KINDS, WORKLOADS, variants_of
from samprof.sam.workloads import plans
from samprof.sweeps.measure.machine.allocators import ALLOCATORS, environment_for, find_allocator
from samprof.sweeps.plan import Plan, measuring
from samprof.sweeps.target import Recipe
from samprof.units import nanoseconds_of

_ACCELERATORS = ("/dev/nvidiactl", "/dev/nvidia0", "/dev/kfd", "/dev/dxg")
"""Device files of GPUs: NVIDIA, AMD, and either below Windows."""
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
    _add_input_arguments(parser.add_argument_group("inputs and variants"))
    _add_measuring_arguments(parser.add_argument_group("measuring"))


def _add_input_arguments(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--variant",
        metavar="V,V,...",
        help="how the image encoder runs: bf16, fp16, sdpa, compile, cudagraph, channels-last, or "
        "several joined by +; their results are compared with eager float32 before anything is "
        "timed",
    )
    group.add_argument(
        "--images",
        metavar="PATH",
        help="an image, a directory of images, or a directory of SA-1B (images with JSON files "
        "beside them)",
    )
    group.add_argument("--prompts", type=int, metavar="N", help="prompts per image")
    group.add_argument(
        "--prompt-kind", metavar="KIND", help=f"{', '.join(PROMPT_KINDS)} (default: points)"
    )
    group.add_argument(
        "--points-per-side",
        type=int,
        metavar="N",
        help="automatic masks: points along each side of the grid (default: 32)",
    )
    group.add_argument(
        "--points-per-batch",
        type=int,
        metavar="N",
        help="automatic masks: points per batch (default: 64)",
    )
    group.add_argument(
        "--crop-layers", type=int, metavar="N", help="automatic masks: crop layers (default: 0)"
    )
    group.add_argument(
        "--pred-iou-thresh",
        type=float,
        metavar="X",
        help="automatic masks: drop masks below this predicted IoU (default: 0.88; with random "
        "weights, the IoU that one mask in twenty reaches)",
    )
    group.add_argument(
        "--stability-score-thresh",
        type=float,
        metavar="X",
        help="automatic masks: drop masks below this stability score (default: 0.95; 0 with "
        "random weights)",
    )


def _add_measuring_arguments(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--precision",
        default="3%",
        metavar="SHARE",
        help="measure in rounds until the 95%% interval of the speed-up is known to within this, up "
        "or down (default: 3%%)",
    )
    group.add_argument(
        "--time-limit",
        metavar="TIME",
        help="begin no further round after this long (90s, 10min; default: 90s, or for slow models "
        "what four rounds take, at most 20min)",
    )
    group.add_argument(
        "--rounds", type=int, metavar="N", help="measure so many rounds, whatever the precision"
    )
    group.add_argument(
        "--repeats",
        type=int,
        metavar="N",
        help="forwards per process (default: as many as are worth their time, at most 8)",
    )
    group.add_argument(
        "--warmup",
        type=int,
        default=2,
        metavar="N",
        help="forwards of a process before those (default: 2)",
    )
    group.add_argument(
        "--allocator",
        default=AUTO,
        metavar="NAME",
        help=f"memory allocator of the processes on a CPU: {', '.join(ALLOCATORS)} (default: "
        "tcmalloc where it is installed, else system)",
    )
    add_granularity_argument(group)
    group.add_argument(
        "--out",
        metavar="DIR",
        help="the run directory (default: a directory in runs, named after what is measured)",
    )
    group.add_argument(
        "--fresh", action="store_true", help="remove an earlier sweep from the run directory first"
    )
    group.add_argument(
        "--engine",
        choices=(AUTO, "fork", "subprocess", "process", "ray"),
        default=AUTO,
        help="where samples are taken: each in a process forked from one that built the model "
        "(default on a CPU), each in a fresh process (default on a GPU), all in this process, or on Ray",
    )


def workload_recipe(options: argparse.Namespace, workload: str, over: str) -> Recipe:
    """How to make what the arguments ask for, whatever the variant.

    Raises:
        ModelError: an unknown model or dtype.
        UsageError: an argument or an axis that this workload does not support.
    """
    if options.factory:
        return Recipe.of_user(options.factory)
    known = WORKLOADS[workload]
    axis = axis_named(over)
    if axis.name not in known.over:
        fitting = [name for name, other in WORKLOADS.items() if over in other.over]
        remedy = f"sweep {workload} over {' or '.join(known.over)}, or use {' or '.join(fitting)}"
        raise UsageError("sweep", f"--over {over}", f"{workload} has no {axis.label}", remedy)
    arguments = model_arguments(options)
    for keyword, name in _WORKLOAD_OPTIONS.items():
        value = getattr(options, name)
        if value is None or (keyword == "prompts" and "prompts" in known.over):
            continue
        if keyword not in known.options:
            flag = f"--{name.replace('_', '-')}"
            remedy = f"leave it out, or use {' or '.join(_with_option(keyword))}"
            raise UsageError(workload, flag, "not supported by this workload", remedy)
        arguments[keyword] = value
    return plans.workload_recipe(workload, over, arguments)


def plans_of(
    options: argparse.Namespace, workload: str, recipe: Recipe, over: str, sizes: str
) -> list[Plan]:
    """The plan of each variant.

    Raises:
        UsageError: a size, count, granularity or variant is not valid.
    """
    return plans.variant_plans(
        recipe,
        [EAGER] if options.factory else variants_of(workload, options.variant),
        sizes.split(","),
        over=over,
        granularity=options.granularity,
        **measuring(
            rounds=options.rounds,
            precision=_share(options.precision),
            time_limit_s=_seconds(options.time_limit),
            repeats=options.repeats,
            warmup=options.warmup,
            allocator=allocator_of(options),
        ),
    )


def allocator_of(options: argparse.Namespace) -> str:
    """The memory allocator of the processes that take samples.

    Raises:
        UsageError: no such allocator, it is not installed, or the processes are not ours to start.
    """
    if options.allocator == AUTO:
        ours = options.engine in (AUTO, "fork", "subprocess") and is_on_cpu(options)
        return "tcmalloc" if ours and find_allocator("tcmalloc") is not None else "system"
    environment_for(options.allocator)
    if options.allocator != "system" and options.engine in ("process", "ray"):
        cause = f"--engine {options.engine} starts no processes"
        raise UsageError("sweep", f"--allocator {options.allocator}", cause, "use --engine fork")
    return str(options.allocator)


def is_on_cpu(options: argparse.Namespace) -> bool:
    """Whether the model will run on a CPU, as far as can be told without importing torch."""
    if options.device != AUTO:
        return bool(options.device == "cpu")
    return not any(Path(path).exists() for path in _ACCELERATORS)


def _share(text: str) -> float:
    """A share such as 3% or 0.03."""
    try:
        number = float(text.strip().removesuffix("%"))
    except ValueError:
        raise UsageError("sweep", f"--precision {text}", "not a share", "write 3%") from None
    return number / 100 if text.strip().endswith("%") else number


def _seconds(text: str | None) -> float | None:
    """A time such as 90s or 10min in seconds; a plain number counts as seconds."""
    if text is None:
        return None
    number = text.strip()
    try:
        if number.endswith("min"):
            return 60 * float(number.removesuffix("min"))
        return float(number) if number[-1:].isdecimal() else nanoseconds_of(number) / 1e9
    except ValueError:
        remedy = "write 90s or 10min"
        raise UsageError("sweep", f"--time-limit {text}", "not a time", remedy) from None


def default_over(workload: str | None, over: str | None) -> tuple[str, str]:
    """The workload and the axis to sweep over, with defaults for what is None.

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


def _with_option(keyword: str) -> list[str]:
    return [name for name, workload in WORKLOADS.items() if keyword in workload.options]
