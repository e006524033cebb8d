"""The recorded part of a sample: layers, components and time accounting of forwards under the profiler.

On a CPU the profiler itself takes time, and takes more of a small forward: with shapes and memory 20 %
of the small encoder's at batch 1 and 5 % at batch 8, without them 8 % and 3 % (two threads, tcmalloc,
medians of 10 pairs). So the times of layers come from a session without, and components, FLOPs, bytes
and memory from one forward with them, whose trace is kept.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pandas as pd

from samprof.sweeps.inputs import Arguments
from samprof.sweeps.measure.forwards import Forwards
from samprof.sweeps.measure.job import Job
from samprof.sweeps.measure.recorded_forwards import RecordedForwards, record_forwards
from samprof.sweeps.run.stored.point import point_key
from samprof.sweeps.run.stored.sample import Sample
from samprof.sweeps.target import Target
from samprof.trace.model.events import DEVICE_KINDS
from samprof.trace.tables.components import component_steps
from samprof.trace.tables.largest_inputs import largest_inputs
from samprof.trace.tables.ops_by_layer import ops_by_layer
from samprof.trace.trace import Trace

_LEAST_OP_NS = 20_000


def record(
    target: Target, job: Job, sample: Sample, forward: Forwards, *, on_host: bool = False
) -> Sample:
    """The sample with what the profiler recorded of some forwards.

    Args:
        target: what is recorded.
        job: which sample.
        sample: what is known of it already.
        forward: runs the target once.
        on_host: whether the module runs on the CPU, where the profiler makes forwards longer.

    Raises:
        SamprofError: the trace could not be written.
    """
    timed, counted = _recorded(target, job, forward, on_host=on_host)
    layers = _with_counts(timed.layers, counted.layers)
    components = component_steps(counted.trace, "samprof")
    components = components[components["step"] > 0]
    source = timed.trace.time_source
    root = layers[layers["path"] == timed.trace.recorded["roots"][0]]
    saved = counted.recording.save(job.out / "traces" / point_key(job.size, job.plan.variant))
    if not sample.peak_memory_bytes:
        sample = replace(
            sample,
            peak_memory_bytes=_host_peak(counted.trace, target, forward.arguments),
            memory_source="weights, inputs and allocator events",
        )
    check = timed.check()
    return replace(
        sample,
        recorded_wall_ns=timed.wall_ns,
        recorded_reference_ns=timed.reference_ns,
        recorded_latency_ns=timed.latency_ns,
        turns=timed.turns,
        time_source=source,
        time_ns=root[f"{source}_total_ns"].tolist(),
        kernels=[_activities(step) for step in timed.steps],
        check=counted.check() if check["ok"] else check,
        trace=saved.relative_to(job.out).as_posix(),
        layers={str(name): layers[name].tolist() for name in layers.columns},
        components={str(name): components[name].tolist() for name in components.columns},
        ops=_ops(timed.measured, len(timed.wall_ns)),
        largest={what: list(one) for what, one in largest_inputs(counted.trace).items()},
    )


def _recorded(
    target: Target, job: Job, forward: Forwards, *, on_host: bool
) -> tuple[RecordedForwards, RecordedForwards]:
    """The one that times are taken from, and the one that is counted in and kept; often the same.

    Forwards of a workload differ from each other: what was counted in one is not true of another.
    """
    repeats = job.plan.repeats
    if on_host and target.call is None and not forward.is_slow:
        timed = record_forwards(target, job, forward, repeats, counts=False)
        anyhow = replace(job, slowest_ns=math.inf)  # nothing is timed in it
        counted = record_forwards(target, anyhow, forward, 1)
        if _same_calls(timed.layers, counted.layers):
            return timed, counted
    session = record_forwards(target, job, forward, repeats)
    return session, session


def _same_calls(layers: pd.DataFrame, counted: pd.DataFrame) -> bool:
    """Whether every forward of the first table called what the one of the second did, as often."""
    calls = counted[["path", "calls"]].reset_index(drop=True)
    return all(
        forward[["path", "calls"]].reset_index(drop=True).equals(calls)
        for _, forward in layers.groupby("repeat")
    )


def _with_counts(layers: pd.DataFrame, counted: pd.DataFrame) -> pd.DataFrame:
    """The layers with the columns that only a session with shapes and memory has."""
    missing = [name for name in counted.columns if name not in layers.columns]
    one = counted[counted["repeat"] == 0].set_index("path")[missing]
    return layers.join(one, on="path")[list(counted.columns)]


def _ops(trace: Trace, forwards: int) -> dict[str, list[Any]]:
    """What runs inside each layer, per forward; ops of hardly any time are left out."""
    table = ops_by_layer(trace, "samprof")
    table = table[table["time_ns"] >= _LEAST_OP_NS * forwards]
    table = table.assign(calls=table["calls"] / forwards, time_ns=table["time_ns"] / forwards)
    return {str(name): table[name].tolist() for name in table.columns}


def _activities(trace: Trace) -> int:
    return len(trace.events.of(*DEVICE_KINDS))


def _host_peak(trace: Trace, target: Target, arguments: Arguments) -> int:
    """Weights and inputs, and the most that was allocated on top of them during a forward."""
    tensors = [*target.module.parameters(), *target.module.buffers()]
    tensors += arguments.tensors()
    held = sum(tensor.numel() * tensor.element_size() for tensor in tensors)
    on_host = trace.allocations.device < 0
    return held + int(trace.allocations.total[on_host].max(initial=0))
