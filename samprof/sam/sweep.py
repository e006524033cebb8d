"""`samprof.sweep`: any module over batch sizes, with what is known of SAM."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import nn

    from samprof.record.ranges.labels import Granularity, ModelLabels
    from samprof.sweeps.progress import Progress
    from samprof.sweeps.run.run import Run


def sweep(
    module: nn.Module,
    inputs: Any,
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
    labels: ModelLabels | None = None,
) -> Run:
    """Measures the module at each batch size, in this process; writes a run directory.

    Sizes are measured in rounds, in another order each time. All rounds share what this one process
    has (where its memory lies, for one), which no repetition can tell: intervals say how well this
    process would repeat its answer. `samprof sweep` on the command line takes a process per sample.

    Args:
        module: any `nn.Module`, on its device.
        inputs: what the module is called with: one example, or a function of the batch size. Of
            both, a tuple means positional arguments, a mapping (a dict, a batch of Hugging Face)
            keyword arguments, a tuple of a tuple and a mapping both: `((x,), {"mask": y})`; anything
            else is the only argument. An argument that is itself a tuple or a mapping stands in a
            tuple: `(mapping,)`.

            One example is repeated to the batch: every tensor `[1, ...]` in it, also inside lists,
            tuples, dicts and whatever else `torch.utils._pytree` flattens, becomes `[size, ...]`.
            An argument that is a list of one item, such as the requests of `Sam.forward`, becomes a
            list of so many items, each with tensors of its own. Other tensors, numbers and lists of
            one number stay as they are. The first argument with a tensor must hold one example.
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
        labels: as in `profile`.

    Raises:
        UsageError: an argument is not valid, or the module does not take these inputs; the message
            shows the signature of its forward.
        RunError: `out` belongs to another sweep, or cannot be written.

    Example:
        >>> import torch, samprof
        >>> model = torch.nn.Linear(8, 8)
        >>> run = samprof.sweep(model, torch.ones(1, 8), [1, 2], rounds=2)
        >>> run.points()["status"].tolist()
        ['ok', 'ok']
    """
    from samprof.analysis.verdict.limits import Limits
    from samprof.errors import UsageError
    from samprof.sam.model.roles import describe
    from samprof.sweeps.execute import run_sweep
    from samprof.sweeps.inputs import batched
    from samprof.sweeps.measure.engines import ThisProcess
    from samprof.sweeps.plan import Plan, checked_count, checked_sizes, measuring
    from samprof.sweeps.run.run import Run
    from samprof.sweeps.run.stored.schema import is_variant
    from samprof.sweeps.search.search_run import search_largest
    from samprof.sweeps.target import Target

    if memory_limit is not None:
        checked_count("memory_limit", memory_limit, 1)
    if not is_variant(variant):
        remedy = "give a word that may stand in a file name, such as bf16"
        raise UsageError("sweep", f"variant={variant!r}", "not a name for files", remedy)
    known = labels if labels is not None else describe(module)
    target = Target(module, batched(inputs, module), replace(known, name=name or known.name))
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
