"""What is measured of a workload: the recipe for its target, and a plan for each variant."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from samprof.analysis.axis import AXES
from samprof.errors import UsageError
from samprof.record.knowledge import GRANULARITIES
from samprof.sam.names import WORKLOADS
from samprof.sweep.plan import Plan, checked_batch_sizes, checked_count
from samprof.sweep.target import Recipe

_COUNTS = ("prompts", "points_per_side", "points_per_batch")


def usual_size(workload: str, images: str | Path | None = None) -> int:
    """How many images or prompts are measured where nobody says.

    Args:
        workload: one of `WORKLOADS`.
        images: where they are; amg takes all of a folder.

    Raises:
        UsageError: no usable image in the folder.

    Example:
        >>> {name: usual_size(name) for name in WORKLOADS}
        {'encode': 1, 'predict': 16, 'batch': 4, 'amg': 1, 'onnx': 16}
    """
    if workload == "amg" and images is not None and Path(images).is_dir():
        from samprof.sam.images import gather

        return len(gather(images).photos)
    return WORKLOADS[workload].size


def workload_recipe(workload: str, over: str, arguments: Mapping[str, Any]) -> Recipe:
    """How to make the target of a workload, whatever the variant.

    Args:
        workload: one of `WORKLOADS`.
        over: one of its axes.
        arguments: of its factory.

    Raises:
        UsageError: a number of prompts or points that is none.
    """
    made = {**arguments, "over": over}
    for name in _COUNTS:
        if name in made:
            checked_count(name, made[name], 1)
    if made.get("images") is not None:
        made["images"] = str(Path(made["images"]).resolve())
    return Recipe(WORKLOADS[workload].factory, made)


def variant_recipe(recipe: Recipe, variant: str) -> Recipe:
    """The recipe for one variant of the workload."""
    return replace(recipe, arguments={**recipe.arguments, "variant": variant})


def variant_plans(
    recipe: Recipe,
    variants: Iterable[str],
    sizes: Iterable[object],
    *,
    over: str,
    repeats: int,
    warmup: int,
    granularity: str = "block",
    processes: int = 1,
) -> list[Plan]:
    """The plan of each variant; see `Plan` for the arguments.

    Raises:
        UsageError: sizes, counts or a granularity that mean nothing.
    """
    if granularity not in GRANULARITIES:
        remedy = f"use one of {', '.join(GRANULARITIES)}"
        raise UsageError("sweep", granularity, "unknown granularity", remedy)
    plan = Plan(
        target={"factory": recipe.factory, **recipe.arguments},
        batch_sizes=AXES[over].checked(checked_batch_sizes(sizes)),
        repeats=checked_count("repeats", repeats, 1),
        warmup=checked_count("warmup", warmup, 0),
        granularity=granularity,
        over=over,
        processes=checked_count("processes", processes, 1),
    )
    return [replace(plan, variant=variant) for variant in variants]
