"""The public functions: each adds what `sam/` knows and calls the rest of the package."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from samprof.sam.predict import predict
from samprof.sam.sweep import sweep
from samprof.sam.workloads.measure import measure_workload
from samprof.texts import text

__all__ = [
    "compare",
    "last",
    "load",
    "measure_workload",
    "predict",
    "profile",
    "scaling",
    "sweep",
    "text",
]

if TYPE_CHECKING:
    import pandas as pd
    from torch import nn

    from samprof.record.profile import Profile
    from samprof.record.ranges.labels import Granularity, ModelLabels
    from samprof.record.recording import Recording
    from samprof.sweeps.gather.sources import Given
    from samprof.sweeps.run.run import Run
    from samprof.trace import Trace
    from samprof.trace.model.ranges import By
    from samprof.trace.ranks.ranks import Ranks


def profile(
    module: nn.Module | object,
    *,
    name: str | None = None,
    granularity: Granularity = "block",
    steps: int | None = None,
    memory: bool = True,
    shapes: bool = True,
    stacks: bool = False,
    logdir: str | Path | None = None,
    methods: Sequence[str] = (),
    labels: ModelLabels | None = None,
) -> Profile:
    """A context manager that records what the module does, layer by layer.

    Args:
        module: any `nn.Module`, or a predictor or mask generator around one (`.model`, or
            `.predictor.model`); the parts of SAM are known by their role.
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
        methods: methods of the module that get a row wherever they are called, such as `["encode"]`.
            A public method that is called from outside of the module and calls parts of it has a row
            in any case: `net.encode()`.
        labels: your own roles, components and functions for a model of your own, instead of what is
            known of it; see docs/guide/other-models.md.

    Returns:
        A context manager that gives a `Recording`; without `as`, `samprof.last` has it. Nothing is
        changed outside of the with block. It may be entered again, and inside another one.

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
    from samprof.sam.model.pipeline import module_of
    from samprof.sam.model.roles import describe

    recorded = module_of(module)
    return Profile(
        recorded,
        name=name,
        granularity=granularity,
        steps=steps,
        memory=memory,
        shapes=shapes,
        stacks=stacks,
        labels=labels if labels is not None else describe(recorded),
        logdir=logdir,
        methods=methods,
        as_run=_run_of,
        remember=True,
    )


def last() -> Recording:
    """The recording of the `samprof.profile` block that ended last in this process.

    For a block without `as`: where a person sees stderr (a terminal, a notebook) and nothing kept the
    recording, a line there says what was recorded. Into pipes and files nothing is written, unless
    nothing of the module ran.

    Returns:
        The recording itself while it is kept somewhere; otherwise one of the same trace, which is read
        anew. What remains until the next block ends is its trace file.

    Raises:
        RecordingError: no block has ended.

    Example:
        >>> import torch, samprof
        >>> with samprof.profile(torch.nn.Linear(4, 4), name="net"):
        ...     pass
        >>> samprof.last()
        <Recording net: nothing of it ran>
    """
    from samprof.record.last import last

    return last()


def _run_of(recording: Recording, fewest_sizes: int) -> Run:
    from samprof.sam.model.colors import COLORS
    from samprof.sweeps.gather.gather import gather

    return gather(recording, fewest_sizes=fewest_sizes, colors=COLORS)


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
    from samprof.sweeps.run.stored.layout import RUN_FILE
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


def scaling(
    traces: Given,
    *,
    sizes: Iterable[int] | None = None,
    by: By = "auto",
    out: str | Path | None = None,
) -> Run:
    """The run that traces of several sizes make: the same tables and pictures as those of a sweep.

    The size of a call is the one that is given; else that of the root's input, which samprof keeps;
    else the first dimension of the first tensor of the first op, where shapes were recorded; else the
    number in the file's name. Where a given one, or a name such as `batch4`, disagrees with what the
    trace tells, that is an error.

    Traces of one process count as its calls: an interval needs several processes per size. Of three and
    more calls of a size in a trace the first is left out, since it is often slower.

    Args:
        traces: a recording, a trace, or a path (of a trace, or of a folder of traces), of which the
            calls differ in size; a list of them; or a dict of size -> one of them. A run directory
            is a run already. A CSV file makes a run of numbers that come from anywhere: columns size
            and total_ms, or the times of layers; see `samprof.sweeps.gather.numbers`.
        sizes: one per trace; or one per call, where a single trace is given.
        by: the ranges that own time: samprof, module, annotation or op; auto takes the first of these
            that all traces have.
        out: the run directory, empty or new; by default a new one below the temporary directory.

    Raises:
        SamprofError: a trace cannot be read, sizes cannot be told or disagree, there is one size only,
            the traces are of different models, or `out` cannot be written.

    Example:
        >>> import torch, samprof
        >>> model = torch.nn.Linear(8, 8)
        >>> with samprof.profile(model) as recording:
        ...     _ = model(torch.ones(1, 8)), model(torch.ones(4, 8))
        >>> samprof.scaling(recording).points()["size"].tolist()
        [1, 4]
    """
    from samprof.errors import UsageError
    from samprof.sam.model.colors import COLORS
    from samprof.sweeps.gather.gather import gather
    from samprof.sweeps.gather.numbers import SUFFIX, numbers_run
    from samprof.sweeps.run.run import Run
    from samprof.sweeps.run.stored.layout import RUN_FILE

    if isinstance(traces, str | Path) and (Path(traces) / RUN_FILE).is_file():
        return Run(traces)
    directory = Path(out) if out is not None else None
    if isinstance(traces, str | Path) and Path(traces).suffix == SUFFIX:
        if sizes is not None or by != "auto":
            cause, remedy = "numbers tell their sizes, and have no ranges", "leave sizes and by out"
            raise UsageError("scaling", traces, cause, remedy)
        return numbers_run(Path(traces), directory)
    return gather(traces, sizes=sizes, by=by, out=directory, colors=COLORS)


def compare(
    a: Run | Trace | Recording | Ranks | str | Path,
    b: Run | Trace | Recording | Ranks | str | Path,
    *,
    by: By = "auto",
    size: int | None = None,
    fused: Literal["sets", "parent"] = "sets",
    variants: tuple[str, str] | None = None,
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
        fused: whether kernels that a compiler made from several layers have a row for each set of
            layers, or are a part of the layer around all of these.
        variants: of runs, which of a and which of b, such as `("eager", "sdpa")` of one run given twice.

    Returns:
        Of two runs see `samprof.analysis.compare.runs.compare_layers`, else
        `samprof.analysis.compare.trace_differences.compare_traces`. `attrs["notes"]` holds what else
        there is to say: how rows were matched, what else differs, the time accounting of both sides.

    Raises:
        SamprofError: one of them cannot be read, or they have nothing in common to compare.
    """
    from samprof.errors import UsageError
    from samprof.sweeps.compare.compare import compare_any, refuse_ranges
    from samprof.sweeps.run.compare import compare_runs, differences
    from samprof.sweeps.run.run import Run

    first, second = (load(one) if isinstance(one, str | Path) else one for one in (a, b))
    if isinstance(first, Run) and isinstance(second, Run):
        refuse_ranges(by)
        one, other = variants or (None, None)
        table = compare_runs(first.data, second.data, one, other, size, fused)
        table.attrs["notes"] = differences(first.data, second.data)
        return table
    if variants is not None:
        cause = "only runs have variants"
        raise UsageError("compare", ", ".join(variants), cause, "leave out variants")
    paths = (str(a), str(b)) if isinstance(a, str | Path) and isinstance(b, str | Path) else None
    return compare_any(first, second, by=by, size=size, paths=paths, fused=fused).table
