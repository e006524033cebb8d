"""What is measured of a workload: the recipe of its target, and a plan for each variant."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from samprof.errors import ModelError, UsageError
from samprof.record.ranges.labels import GRANULARITIES
from samprof.sam.axes import axis_named, checked_on
from samprof.sam.catalogue import WORKLOADS
from samprof.sweeps.plan import Plan, checked_count, checked_sizes
from samprof.sweeps.target import Recipe

_COUNTS = ("prompts", "points_per_side", "points_per_batch")


def usual_size(workload: str, images: str | Path | None = None) -> int:
    """The default number of images or prompts.

    Args:
        workload: one of `WORKLOADS`.
        images: a photo or a folder, all of which amg measures.

    Raises:
        UsageError: no usable image in the folder.

    Example:
        >>> {name: usual_size(name) for name in WORKLOADS}
        {'encode': 1, 'predict': 16, 'batch': 4, 'amg': 1, 'onnx': 16}
    """
    if workload == "amg" and images is not None and Path(images).is_dir():
        from samprof.sam.inputs.images import gather

        return len(gather(images).photos)
    return WORKLOADS[workload].size


def workload_recipe(workload: str, over: str, arguments: Mapping[str, Any]) -> Recipe:
    """The recipe of a workload's target, for any variant.

    Args:
        workload: one of `WORKLOADS`.
        over: the name of one of its axes.
        arguments: keyword arguments of its factory.

    Raises:
        UsageError: an invalid number of prompts or points, or no images where they should be.
        ModelError: no checkpoint where it should be.
    """
    made = {**arguments, "over": over}
    for name in _COUNTS:
        if name in made:
            checked_count(name, made[name], 1)
    if made.get("images") is not None:
        from samprof.sam.inputs.images import count_images

        count_images(made["images"])
        made["images"] = str(Path(made["images"]).resolve())
    checkpoint = made.get("checkpoint")
    if checkpoint is not None and not Path(checkpoint).exists():
        raise ModelError("checkpoint", checkpoint, "no such file", "check the path")
    return Recipe(WORKLOADS[workload].factory, made)


def variant_recipe(recipe: Recipe, variant: str) -> Recipe:
    """The recipe of the workload's target for one variant."""
    return replace(recipe, arguments={**recipe.arguments, "variant": variant})


def variant_plans(
    recipe: Recipe,
    variants: Iterable[str],
    sizes: Iterable[object],
    *,
    over: str,
    granularity: str = "block",
    **measured: Any,
) -> list[Plan]:
    """The plan of each variant; see `Plan` and `samprof.sweeps.plan.measuring` for the arguments.

    Raises:
        UsageError: an unknown axis or granularity, or invalid sizes or counts.
    """
    if granularity not in GRANULARITIES:
        remedy = f"use one of {', '.join(GRANULARITIES)}"
        raise UsageError("sweep", granularity, "unknown granularity", remedy)
    axis = axis_named(over)
    plan = Plan(
        target={"factory": recipe.factory, **recipe.arguments},
        sizes=checked_on(axis, checked_sizes(sizes)),
        granularity=granularity,
        axis=axis,
        **measured,
    )
    return [replace(plan, variant=variant) for variant in variants]
