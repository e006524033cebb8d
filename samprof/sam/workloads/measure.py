"""`samprof.measure_workload`: a SAM workload measured end to end."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from samprof.errors import UsageError

if TYPE_CHECKING:
    from samprof.sweeps.progress import Progress
    from samprof.sweeps.run.run import Run


def measure_workload(
    workload: str,
    *,
    model: str = "auto",
    size: int | None = None,
    variants: str | None = None,
    rounds: int | None = None,
    time_limit: float | None = None,
    repeats: int | None = None,
    warmup: int = 2,
    out: str | Path | None = None,
    fresh: bool = False,
    progress: Callable[[Progress], None] | None = None,
    **options: Any,
) -> Run:
    """Measures a SAM workload end to end, in this process: where does its time go?

    Args:
        workload: encode, predict, batch, amg or onnx; see `samprof.sam.catalogue.WORKLOADS`.
        model: vit_b, vit_l, vit_h or small; auto is vit_b on an accelerator and small on the CPU.
        size: images (encode, batch, amg) or prompts (predict, onnx); by default 16 prompts, 4
            images for batch, all of a directory for amg, else 1.
        variants: separated by commas, modes of the workload or variants of the encoder
            ("eager,bf16+sdpa"); by default each mode of the workload.
        rounds: how many times each variant is measured, as in `sweep`.
        time_limit: seconds, as in `sweep`.
        repeats: runs per sample, as in `sweep`.
        warmup: runs before those.
        out: the run directory, as in `sweep`.
        fresh: remove an earlier run from `out` first.
        progress: called at every step.
        options: other arguments of the workload: checkpoint, device, dtype, images, kind,
            points_per_side ...

    Returns:
        A run with one point per variant; see `Run.components` and `Run.figures`.

    Raises:
        UsageError: an argument is not valid.
        ModelError: the model, checkpoint or device is not available.

    Example:
        >>> run = samprof.measure_workload("encode", model="small")  # doctest: +SKIP
        >>> run.components()["component"].tolist()  # doctest: +SKIP
        ['image encoder', 'other host work']
    """
    from samprof.sam.catalogue import MODEL_OPTIONS, WORKLOADS, variants_of
    from samprof.sam.workloads.plans import (
        usual_size,
        variant_plans,
        variant_recipe,
        workload_recipe,
    )
    from samprof.sweeps.execute_all import run_sweeps
    from samprof.sweeps.measure.engines import ThisProcess
    from samprof.sweeps.plan import measuring

    if workload not in WORKLOADS:
        remedy = f"use one of {', '.join(WORKLOADS)}"
        raise UsageError("measure_workload", workload, "no such workload", remedy)
    known = WORKLOADS[workload]
    takes = (*MODEL_OPTIONS, *known.options)
    unknown = [key for key in options if key not in takes]
    if unknown:
        remedy = f"it takes {', '.join(takes)}"
        raise UsageError("measure_workload", unknown[0], f"{workload} has no such option", remedy)
    over = known.over[0]
    recipe = workload_recipe(workload, over, {"model": model, **options})
    plans = variant_plans(
        recipe,
        variants_of(workload, variants),
        [usual_size(workload, options.get("images")) if size is None else size],
        over=over,
        **measuring(rounds=rounds, time_limit_s=time_limit, repeats=repeats, warmup=warmup),
    )
    directory = Path(out) if out is not None else Path(tempfile.mkdtemp(prefix="samprof-run-"))
    watch = progress or (lambda _: None)
    return run_sweeps(
        plans,
        lambda plan: ThisProcess(variant_recipe(recipe, plan.variant).make),
        directory,
        fresh=fresh,
        progress=lambda _, step: watch(step),
    )
