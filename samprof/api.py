"""The public calls: each fills in what `sam/` knows and hands on."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch
    from torch import nn

    from samprof.record.recording import Profile
    from samprof.record.select import Granularity
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

    Returns:
        A context manager that gives a `Recording`. Nothing is changed outside of the with block. It
        may be entered again, and inside another one.

    Raises:
        UsageError: an argument has no meaning.
        RecordingError: the profiler does not start.

    Example:
        >>> import torch, samprof
        >>> model = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.ReLU())
        >>> with samprof.profile(model, name="net") as recording:
        ...     _ = model(torch.ones(1, 4))
        >>> recording.layers()["path"].tolist()
        ['net', 'net.0', 'net.1', '(outside)']
    """
    from samprof.record.recording import Profile
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
    return carry_out(plan, ThisProcess(target), directory, fresh=fresh, progress=watch)
