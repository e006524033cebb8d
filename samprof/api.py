"""The public functions: each adds what `sam/` knows and calls the rest of the package."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from samprof.sam.workloads.measure import measure_workload

__all__ = ["compare", "load", "measure_workload", "profile", "sweep"]

if TYPE_CHECKING:
    import pandas as pd
    import torch
    from torch import nn

    from samprof.record.labels import Granularity
    from samprof.record.profile import Profile
    from samprof.record.recording import Recording
    from samprof.sweeps.progress import Progress
    from samprof.sweeps.run.run import Run
    from samprof.trace import Trace
    from samprof.trace.model.ranges import By
    from samprof.trace.ranks.ranks import Ranks


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
        steps: end the recording after this many calls of `Recording.step()`.
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
        UsageError: an argument is not valid.
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
    from samprof.sam.model.roles import describe

    return Profile(
        module,
        name=name,
        granularity=granularity,
        steps=steps,
        memory=memory,
        shapes=shapes,
        stacks=stacks,
        labels=describe(module),
        logdir=logdir,
    )


def load(path: str | Path, *, cache: bool = True) -> Trace | Run | Ranks:
    """The trace in a file, the run in a directory, or the traces of a job's ranks in a directory.

    Args:
        path: a trace file that torch.profiler or samprof wrote (`.json`, `.json.gz`), a run directory
            of a sweep, or a directory of traces: a single one (a `Trace`), or one per rank (`Ranks`).
        cache: write the trace's columns to a cache beside it, `<name>.samprof.npz`, and map them into
            memory when the same content is loaded again. Does without if it cannot be written.

    Raises:
        SamprofError: there is nothing to read, or it cannot be read.
    """
    from samprof.sweeps.run.directory import RUN_FILE
    from samprof.trace import load_trace
    from samprof.trace.read.load import traces_in

    path = Path(path)
    if not path.is_dir():
        return load_trace(path, cache=cache)
    if (path / RUN_FILE).is_file():
        from samprof.sweeps.run.run import Run

        return Run(path)
    traces = traces_in(path)
    if len(traces) > 1:
        from samprof.trace.ranks.ranks import Ranks

        return Ranks(path, tuple(traces), cache)
    return load_trace(traces[0], cache=cache)


def sweep(
    module: nn.Module,
    inputs: torch.Tensor | Callable[[int], Any],
    batch_sizes: Iterable[int],
    *,
    rounds: int | None = None,
    precision: float = 0.03,
    time_limit: float | None = None,
    repeats: int | None = None,
    warmup: int = 2,
    out: str | Path | None = None,
    name: str | None = None,
    granularity: Granularity = "block",
    variant: str = "eager",
    fresh: bool = False,
    memory_limit: int | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Run:
    """Measures the module at each batch size, in this process; writes a run directory.

    Sizes are measured in rounds, in another order each time. All rounds share what this one process
    has (where its memory lies, for one), which no repetition can tell: intervals say how well this
    process would repeat its answer. `samprof sweep` on the command line takes a process per sample.

    Args:
        module: any `nn.Module`, on its device.
        inputs: a tensor `[1, ...]` that is repeated to the batch, or a function that gives the
            positional arguments for a batch size (one value, or a tuple of them).
        batch_sizes: whole numbers.
        rounds: how many; None: until the 95 % interval of the speed-up is narrow enough.
        precision: half-width of that interval, relative to the speed-up, that is narrow enough.
        time_limit: seconds after which no further round begins; None: 30, or for slow models what
            four rounds take, at most 20 minutes.
        repeats: forwards per sample that are timed, and as many recorded; None: as many as are worth
            their time.
        warmup: forwards before those.
        out: the run directory; rounds that it holds already count. By default a
            new directory below the temporary one.
        name: what to call the module.
        granularity: as in `profile`.
        variant: a name for how the module runs, such as "bf16".
        fresh: remove an earlier sweep from `out` first.
        memory_limit: bytes; also searches for the largest batch that fits into them (`Run.largest`),
            and the verdict keeps to them.
        progress: called at every step.

    Raises:
        UsageError: an argument is not valid.
        RunError: `out` belongs to another sweep, or cannot be written.

    Example:
        >>> import torch, samprof
        >>> model = torch.nn.Linear(8, 8)
        >>> run = samprof.sweep(model, torch.ones(1, 8), [1, 2], rounds=2)
        >>> run.points()["status"].tolist()
        ['ok', 'ok']
    """
    from samprof.analysis.limits import Limits
    from samprof.sam.model.roles import describe
    from samprof.sweeps.execute import run_sweep
    from samprof.sweeps.measure.engines import ThisProcess
    from samprof.sweeps.plan import Plan, checked_count, checked_sizes, measuring
    from samprof.sweeps.run.run import Run
    from samprof.sweeps.search.search_run import search_largest
    from samprof.sweeps.target import Target, batched

    if memory_limit is not None:
        checked_count("memory_limit", memory_limit, 1)
    labels = describe(module)
    target = Target(module, batched(inputs), replace(labels, name=name or labels.name))
    plan = Plan(
        target=target.description(),
        sizes=checked_sizes(batch_sizes),
        granularity=granularity,
        variant=variant,
        **measuring(
            rounds=rounds,
            precision=precision,
            time_limit_s=time_limit,
            repeats=repeats,
            warmup=warmup,
        ),
    )
    directory = Path(out) if out is not None else Path(tempfile.mkdtemp(prefix="samprof-run-"))
    watch = progress or (lambda _: None)
    engine = ThisProcess(lambda: target)
    run = run_sweep(plan, engine, directory, fresh=fresh, usual_limit_s=30.0, progress=watch)
    if memory_limit is None:
        return run
    search_largest(run, [plan], lambda _: engine, memory_limit)
    return Run(directory, Limits(memory_limit))


def compare(
    a: Run | Trace | Recording | Ranks | str | Path,
    b: Run | Trace | Recording | Ranks | str | Path,
    *,
    by: By = "auto",
    size: int | None = None,
) -> pd.DataFrame:
    """One row per layer or op: how the times of b differ from those of a.

    Two runs are compared size by size, with intervals from their processes. Of anything else one
    recording is compared with another: by the layers that both have, else by op.

    Args:
        a: what is compared with: a run, a trace, a recording, the ranks of a job, or the path of one.
        b: what is compared, likewise.
        by: which ranges of traces are compared: samprof, module, annotation or op; `auto` takes the
            first of these by which both have layers in common.
        size: of a run, which; None: all that both runs have, or that of the trace.

    Returns:
        Of two runs see `samprof.analysis.compare.compare_layers`, else
        `samprof.analysis.compare_traces.compare_traces`. `attrs["notes"]` holds what else there is to
        say: how rows were matched, what else differs, the time accounting of both sides.

    Raises:
        SamprofError: one of them cannot be read, or they have nothing in common to compare.
    """
    from samprof.sweeps.compare.compare import compare_any, refuse_ranges
    from samprof.sweeps.run.compare import compare_runs, differences
    from samprof.sweeps.run.run import Run

    first, second = (load(one) if isinstance(one, str | Path) else one for one in (a, b))
    if isinstance(first, Run) and isinstance(second, Run):
        refuse_ranges(by)
        table = compare_runs(first.data, second.data, size=size)
        table.attrs["notes"] = differences(first.data, second.data)
        return table
    paths = (str(a), str(b)) if isinstance(a, str | Path) and isinstance(b, str | Path) else None
    return compare_any(first, second, by=by, size=size, paths=paths).table
