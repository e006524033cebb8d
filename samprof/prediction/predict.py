"""The run that a device would leave behind: points, layers, traces and verdict, all predicted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from samprof.analysis.device.memory import MemoryLine
from samprof.analysis.scaling.axis import BATCH_SIZE, Axis
from samprof.analysis.scaling.variant import EAGER
from samprof.prediction.fused import fused
from samprof.prediction.launches import COMPILED, GRAPH, HostCosts
from samprof.prediction.launches import EAGER as EAGER_COSTS
from samprof.prediction.predicted_trace import (
    PREDICTED,
    device_title,
    predicted_kernels,
    write_predicted,
)
from samprof.prediction.shares import Shares
from samprof.prediction.work import has_products, work_of
from samprof.sweeps.about import About
from samprof.sweeps.gather.calls import calls_of
from samprof.sweeps.gather.pool import Pool
from samprof.sweeps.gather.sample import sample_of
from samprof.sweeps.plan import Plan
from samprof.sweeps.run.run import Run
from samprof.sweeps.run.stored.directory import RunDirectory
from samprof.sweeps.run.stored.made_anew import made_anew
from samprof.sweeps.run.stored.point import Point, point_key
from samprof.sweeps.run.stored.sample import Sample
from samprof.trace import Trace, load_trace
from samprof.units import memory_text

if TYPE_CHECKING:
    import pandas as pd

    from samprof.prediction.devices import Device

RESERVED_BYTES = 600 * 2**20
"""What driver and libraries hold on a GPU besides: context, kernels, workspaces of convolutions."""


@dataclass(frozen=True, slots=True)
class Forward:
    """A forward whose ops and shapes are known.

    Attributes:
        size: on the axis.
        trace: of it, recorded anywhere or on the meta device.
        root: the path of its root.
        dtype: what its matrix products run in.
        peak_memory_bytes: weights, inputs and the most that is allocated at one time; 0 where not known.
        variant: how it runs; its parts "compile" and "cudagraph" count here.
        memory_from: what tells the memory: "shapes" of eager ops, or a measurement on a "cpu" or "gpu".
    """

    size: int
    trace: Trace
    root: str
    dtype: str
    peak_memory_bytes: int = 0
    variant: str = EAGER
    memory_from: Literal["shapes", "cpu", "gpu"] = "shapes"

    @property
    def parts(self) -> list[str]:
        """The parts of the variant."""
        return self.variant.split("+")

    @property
    def has_eager_memory(self) -> bool:
        """Whether its memory is that of eager ops although they are compiled."""
        return "compile" in self.parts and self.memory_from == "shapes"


@dataclass(frozen=True, slots=True)
class Question:
    """What is predicted, and how it is told.

    Attributes:
        device: which one.
        shares: what classes of ops reach.
        error: what to expect, as `samprof.analysis.statistics.expected_error` reads it.
        target: what tells the model from others.
        colors: role or component -> colour.
        axis: what the sizes count.
        granularity: which layers are rows.
        by: the ranges that are layers.
    """

    device: Device
    shares: Shares
    error: Mapping[str, Any] = field(default_factory=dict)
    target: Mapping[str, Any] = field(default_factory=dict)
    colors: Mapping[str, str] = field(default_factory=dict)
    axis: Axis = BATCH_SIZE
    granularity: str = "block"
    by: Any = "samprof"


def predicted_run(forwards: Iterable[Forward], question: Question, out: Path) -> Run:
    """The run of these forwards on a device.

    Args:
        forwards: one per size and variant.
        question: the device, and what is known of the model.
        out: the run directory: empty, new, or that of the same prediction before.

    Raises:
        UsageError: a dtype does not run on the device, or nothing is known of the ops.
        RunError: the directory holds something else, or cannot be written.
    """
    forwards = list(forwards)
    sizes = tuple(sorted({one.size for one in forwards}))
    variants = list(dict.fromkeys(one.variant for one in forwards))
    plans = [
        Plan(
            target={"predicted for": question.device.name, **question.target, "by": question.by},
            sizes=sizes,
            variant=variant,
            axis=question.axis,
            granularity=question.granularity,
        )
        for variant in variants
    ]
    directory = RunDirectory(out)
    about = _about(question, forwards)
    with made_anew(directory, plans[0], "predict"):
        for plan in plans:
            directory.begin(plan, about, fresh=plan is plans[0])
        for one in forwards:
            point = Point(one.size, one.variant, (_sample(one, question, out),))
            directory.write_point(point)
        run = Run(out)
        if run.data.good_variants():
            run.write_tables()
    return run


def forward_ns(forward: Forward, device: Device, shares: Shares) -> int:
    """The wall time of one forward on a device, without writing a trace of it.

    Raises:
        UsageError: nothing is known of its ops, or a dtype does not run on the device.
    """
    kernels = predicted_kernels(forward.trace, _work(forward), device, shares, _costs(forward))[1]
    return int((kernels.start + kernels.duration).max())


def peak_bytes(forward: Forward, device: Device) -> int:
    """The peak memory of a forward on a device; 0 where it is not known.

    With the workspace that torch allocates for matrix products: older torch holds it from the first
    product on, torch 2.15 while a product runs (`TORCH_CUBLAS_WORKSPACE_CACHE`). So it is at most that
    much too large. What convolutions and attention need besides is not known from shapes.
    """
    known = forward.peak_memory_bytes
    is_whole = not known or forward.memory_from == "gpu" or not has_products(forward.trace)
    return known if is_whole else known + device.workspace_bytes


def _work(forward: Forward) -> pd.DataFrame:
    work = work_of(forward.trace)
    return fused(work) if "compile" in forward.parts else work


def _sample(forward: Forward, question: Question, out: Path) -> Sample:
    device = question.device
    limit = device.memory_bytes - RESERVED_BYTES
    empty = Sample(forward.size, forward.variant, "ok", dtype=forward.dtype, notes=[PREDICTED])
    peak = peak_bytes(forward, device)
    if peak > limit:
        message = (
            f"{PREDICTED}: {memory_text(peak)}{' as eager' if forward.has_eager_memory else ''} "
            f"do not fit into {memory_text(device.memory_bytes)}"
        )
        return replace(empty, status="oom", message=message, notes=[])
    kept = out / "traces" / point_key(forward.size, forward.variant) / "rank0.pt.trace.json.gz"
    costs = _costs(forward)
    write_predicted(kept, forward.trace, _work(forward), device, question.shares, costs)
    trace = load_trace(kept)
    found = calls_of(trace, kept.name, question.by, forward.root)
    pool = Pool(forward.size, 0, None, list(found.calls))  # type: ignore[arg-type]
    sample = sample_of(pool, found.root, question.by, kept.relative_to(out).as_posix())
    return replace(
        sample,
        variant=forward.variant,
        dtype=forward.dtype,
        units=question.axis.amount(forward.size),
        is_profiled=False,
        peak_memory_bytes=peak,
        memory_source=_memory_source(forward),
        notes=[PREDICTED],
    )


def _memory_source(forward: Forward) -> str:
    if forward.memory_from != "shapes":
        return f"measured on a {forward.memory_from.upper()} by the run that was predicted from"
    as_eager = ", as eager" if forward.has_eager_memory else ""
    return f"weights, inputs and tensors alive at one time, by shapes{as_eager}"


def _costs(forward: Forward) -> HostCosts:
    if "cudagraph" in forward.parts:
        return GRAPH
    return COMPILED if "compile" in forward.parts else EAGER_COSTS


def _about(question: Question, forwards: Sequence[Forward]) -> About:
    device = question.device
    remarks = {
        variant: _remarks([one for one in forwards if one.variant == variant], question)
        for variant in dict.fromkeys(one.variant for one in forwards)
    }
    where = {
        "samprof": "",
        "packages": {},
        "cpu": "",
        "device_name": device_title(device),
        "peaks": {
            "device_name": device_title(device),
            "flops_per_s": dict(device.flops_per_s),
            "bytes_per_s": device.bytes_per_s,
            "method": f"{'measured' if device.is_measured else 'by its datasheet'}: "
            f"{device.source}, {device.date}",
        },
        "predicted": {
            "device": device.name,
            "peaks": "measured" if device.is_measured else "datasheet",
            "error": dict(question.error),
            "remarks": remarks,
        },
    }
    target = {"module": "", "name": "", "label": "", "device": "cuda", **question.target}
    return About(target, where, question.colors)


def _remarks(forwards: Sequence[Forward], question: Question) -> list[str]:
    """What else shapes tell: the largest size that fits, and whose memory that is."""
    found = []
    device, axis = question.device, question.axis
    peaks = {axis.amount(one.size): peak_bytes(one, device) for one in forwards}
    if all(peaks.values()) and len(peaks) > 1 and axis == BATCH_SIZE:
        largest = MemoryLine.through(peaks).largest(device.memory_bytes - RESERVED_BYTES)
        text = f"by shapes {axis.text(largest)} is the largest that fits into"
        if not largest:
            text = "by shapes not even batch 1 fits into"
        found.append(f"{text} {memory_text(device.memory_bytes)}")
    if any(one.has_eager_memory for one in forwards):
        found.append(f"its memory is that of eager ops{_of_published(question.error)}")
    return found


def _of_published(error: Mapping[str, Any]) -> str:
    """What published compiled forwards took of the memory that shapes tell."""
    if "compiled_memory" not in error:
        return ""
    low, high = error["compiled_memory"]
    return f": compiled, published ones took {low:.2f}x to {high:.2f}x of it"
