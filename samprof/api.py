"""The public calls: each fills in what `sam/` knows and hands on."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from samprof.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd
    import torch
    from torch import nn

    from samprof.record.knowledge import Granularity
    from samprof.record.profile import Profile
    from samprof.sweep.run import Run
    from samprof.sweep.sweep import Progress
    from samprof.trace import Trace
    from samprof.trace.ranks import Ranks


def profile(
    module: nn.Module,
    *,
    name: str | None = None,
    granularity: Granularity = "block",
    steps: int | None = None,
    memory: bool = True,
    shapes: bool = True,
    stacks: bool = False,
    logdir: str | Path | None = None,
) -> Profile:
    """A context manager that records what the module does, layer by layer.

    Args:
        module: any `nn.Module`; the parts of SAM are known by their role.
        name: the first part of every path; by default what the class is called.
        granularity: `block` names components, blocks and their attention, MLP, norms, patch
            embedding and neck; `layer` every module; `op` also the functions and ops inside.
        steps: end the recording after so many calls of `Recording.step()`.
        memory: record allocator events. The profiler then follows the calling thread: of other
            threads the ranges and kernels are recorded, but not the ops.
        shapes: record the shapes of op inputs.
        stacks: record Python stacks; slow, and not needed for the layer table.
        logdir: a log directory of TensorBoard, into which the trace and the layer table are written
            when the block is left.

    Returns:
        A context manager that gives a `Recording`. Nothing is changed outside of the with block. It
        may be entered again, and inside another one.

    Raises:
        UsageError: an argument has no meaning.
        RecordingError: the profiler does not start.
        MissingPackageError: logdir is given, and tensorboard is not installed.
        RunError: logdir cannot be written; the recording is complete all the same.

    Example:
        >>> import torch, samprof
        >>> model = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.ReLU())
        >>> with samprof.profile(model, name="net") as recording:
        ...     _ = model(torch.ones(1, 4))
        >>> recording.layers()["path"].tolist()
        ['net', 'net.0', 'net.1', '(outside)']
    """
    from samprof.record.profile import Profile
    from samprof.sam.roles import describe

    return Profile(
        module,
        name=name,
        granularity=granularity,
        steps=steps,
        memory=memory,
        shapes=shapes,
        stacks=stacks,
        knowledge=describe(module),
        logdir=logdir,
    )


def load(path: str | Path, *, cache: bool = True) -> Trace | Run | Ranks:
    """The trace in a file, the run in a directory, or the traces of a job's ranks in a folder.

    Args:
        path: a trace file that torch.profiler or samprof wrote (`.json`, `.json.gz`), a run directory
            of a sweep, or a folder of traces: of one (a `Trace`), or one a rank (`Ranks`).
        cache: keep the trace's columns beside it, in `<name>.samprof.npz`, and map them into memory
            when the same content is loaded again. Where that file cannot be written there is none.

    Raises:
        SamprofError: there is nothing to read, or it cannot be read.
    """
    from samprof.sweep.run import Run
    from samprof.sweep.store import RUN_FILE
    from samprof.trace import load_trace
    from samprof.trace.read import traces_in

    path = Path(path)
    if not path.is_dir():
        return load_trace(path, cache=cache)
    if (path / RUN_FILE).is_file():
        return Run(path)
    traces = traces_in(path)
    if len(traces) > 1:
        from samprof.trace.ranks import Ranks

        return Ranks(path, tuple(traces), cache)
    return load_trace(traces[0], cache=cache)


def sweep(
    module: nn.Module,
    inputs: torch.Tensor | Callable[[int], Any],
    batch_sizes: Iterable[int],
    *,
    repeats: int = 5,
    warmup: int = 2,
    out: str | Path | None = None,
    name: str | None = None,
    granularity: Granularity = "block",
    variant: str = "eager",
    fresh: bool = False,
    progress: Callable[[Progress], None] | None = None,
) -> Run:
    """Measures the module at each batch size, in this process, and keeps everything in a directory.

    Args:
        module: any `nn.Module`, on its device.
        inputs: a tensor `[1, ...]` that is repeated to the batch, or a function that gives the
            positional arguments for a batch size (one value, or a tuple of them).
        batch_sizes: whole numbers; visited in shuffled order.
        repeats: measurements of wall time, and as many recorded forwards.
        warmup: forwards before the first measurement of a batch size.
        out: the run directory; points that it holds already are not measured again. By default a
            new directory below the temporary one.
        name: what to call the module.
        granularity: as in `profile`.
        variant: a name for how the module runs, such as "bf16".
        fresh: remove an earlier sweep from `out` first.
        progress: called as the sweep goes on.

    Raises:
        UsageError: an argument has no meaning.
        RunError: `out` belongs to another sweep, or cannot be written.

    Example:
        >>> import torch, samprof
        >>> model = torch.nn.Linear(8, 8)
        >>> run = samprof.sweep(model, torch.ones(1, 8), [1, 2], repeats=2)
        >>> run.points()["status"].tolist()
        ['ok', 'ok']
    """
    from samprof.sam.roles import describe
    from samprof.sweep.engines import ThisProcess
    from samprof.sweep.plan import Plan, checked_batch_sizes, checked_count
    from samprof.sweep.sweep import carry_out
    from samprof.sweep.target import Target, batched

    knowledge = describe(module)
    target = Target(module, batched(inputs), replace(knowledge, name=name or knowledge.name))
    plan = Plan(
        target=target.description(),
        batch_sizes=checked_batch_sizes(batch_sizes),
        repeats=checked_count("repeats", repeats, 1),
        warmup=checked_count("warmup", warmup, 0),
        granularity=granularity,
        variant=variant,
    )
    directory = Path(out) if out is not None else Path(tempfile.mkdtemp(prefix="samprof-run-"))
    watch = progress or (lambda _: None)
    return carry_out(plan, ThisProcess(lambda: target), directory, fresh=fresh, progress=watch)


def components(
    workload: str,
    *,
    model: str = "auto",
    size: int | None = None,
    variants: str | None = None,
    repeats: int = 5,
    warmup: int = 2,
    out: str | Path | None = None,
    fresh: bool = False,
    progress: Callable[[Progress], None] | None = None,
    **options: Any,
) -> Run:
    """Measures a way to use SAM end to end, in this process: where does its time go?

    Args:
        workload: encode, predict, batch, amg or onnx; see `samprof.sam.names.WORKLOADS`.
        model: vit_b, vit_l, vit_h or small; auto is vit_b on an accelerator and small on the CPU.
        size: images (encode, batch, amg) or prompts (predict, onnx); if not given, 16 prompts, 4
            images of batch, all of a folder of amg, else 1.
        variants: with commas between, ways of the workload, or of running the encoder
            ("eager,bf16+sdpa"); by default each way of the workload.
        repeats: measurements of wall time, and as many recorded runs.
        warmup: runs before the first measurement of a variant.
        out: the run directory, as in `sweep`.
        fresh: remove an earlier run from `out` first.
        progress: called as it goes on.
        options: other arguments of the workload: checkpoint, device, dtype, images, kind,
            points_per_side ...

    Returns:
        A run with one point a variant; see `Run.components` and `Run.figures`.

    Raises:
        UsageError: an argument has no meaning.
        ModelError: the model, checkpoint or device cannot be had.

    Example:
        >>> run = samprof.components("encode", model="small", repeats=1, warmup=0)  # doctest: +SKIP
        >>> run.components()["component"].tolist()  # doctest: +SKIP
        ['image encoder', 'other host work']
    """
    from samprof.sam.names import MODEL_OPTIONS, WORKLOADS, variants_of
    from samprof.sam.plans import usual_size, variant_plans, variant_recipe, workload_recipe
    from samprof.sweep.engines import ThisProcess
    from samprof.sweep.sweep import carry_out

    if workload not in WORKLOADS:
        remedy = f"use one of {', '.join(WORKLOADS)}"
        raise UsageError("components", workload, "no such workload", remedy)
    known = WORKLOADS[workload]
    takes = (*MODEL_OPTIONS, *known.options)
    unknown = [key for key in options if key not in takes]
    if unknown:
        remedy = f"it takes {', '.join(takes)}"
        raise UsageError("components", unknown[0], f"{workload} takes no such option", remedy)
    over = known.over[0]
    recipe = workload_recipe(workload, over, {"model": model, **options})
    plans = variant_plans(
        recipe,
        variants_of(workload, variants),
        [usual_size(workload, options.get("images")) if size is None else size],
        over=over,
        repeats=repeats,
        warmup=warmup,
    )
    directory = Path(out) if out is not None else Path(tempfile.mkdtemp(prefix="samprof-run-"))
    for number, plan in enumerate(plans):
        run = carry_out(
            plan,
            ThisProcess(variant_recipe(recipe, plan.variant).make),
            directory,
            fresh=fresh and number == 0,
            progress=progress or (lambda _: None),
        )
    return run


def compare(a: Run | str | Path, b: Run | str | Path) -> pd.DataFrame:
    """One row a batch size and layer: how the times of run b differ from those of run a.

    Args:
        a: what is compared with; a run or its directory.
        b: what is compared.

    Returns:
        See `samprof.analysis.compare.compare_layers`.

    Raises:
        SamprofError: one is not a run, or they have no batch size in common.
    """
    from samprof.sweep.compare import compare_runs
    from samprof.sweep.run import Run

    first, second = (run if isinstance(run, Run) else Run(run) for run in (a, b))
    return compare_runs(first, second)
