"""The recorded part of a sample: layers, components and time accounting of forwards in one session."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
import torch

from samprof.record.patches import around
from samprof.record.profile import Profile
from samprof.record.recording import Recording
from samprof.sweeps.inputs import Arguments
from samprof.sweeps.measure.forwards import Forwards
from samprof.sweeps.measure.job import Job
from samprof.sweeps.run.point import point_key
from samprof.sweeps.run.sample import Sample
from samprof.sweeps.target import Target
from samprof.trace.model.events import DEVICE_KINDS
from samprof.trace.model.slicing import slice_time, split_steps
from samprof.trace.tables.components import component_steps
from samprof.trace.tables.largest_inputs import largest_inputs
from samprof.trace.tables.ops_by_layer import ops_by_layer
from samprof.trace.trace import Trace

_LEAST_OP_NS = 20_000


def record(target: Target, job: Job, sample: Sample, forward: Forwards) -> Sample:
    """The sample with what the profiler recorded of some forwards.

    Raises:
        SamprofError: the trace could not be written.
    """
    forward.result = None  # freed while recording, it would count as memory that was given back
    recording, wall = _session(target, job, forward)
    repeats = len(wall)
    trace = recording.trace
    steps = dict(split_steps(trace))
    numbers = range(1, repeats + 1)  # step 0 gets the profiler going
    layers = _layers([steps[number] for number in numbers])
    components = component_steps(trace, "samprof")
    components = components[components["step"] > 0]
    root = layers[layers["path"] == trace.recorded["roots"][0]]
    saved = recording.save(job.out / "traces" / point_key(job.size, job.plan.variant))
    if not sample.peak_memory_bytes:
        sample = replace(
            sample,
            peak_memory_bytes=_host_peak(trace, target, forward.arguments),
            memory_source="weights, inputs and allocator events",
        )
    return replace(
        sample,
        recorded_wall_ns=wall,
        recorded_reference_ns=forward.reference_ns,
        time_source=trace.time_source,
        time_ns=root[f"{trace.time_source}_total_ns"].tolist(),
        kernels=[_activities(steps[number]) for number in numbers],
        check=_measured_part(trace).check("samprof").as_dict(),
        trace=saved.relative_to(job.out).as_posix(),
        layers={str(name): layers[name].tolist() for name in layers.columns},
        components={str(name): components[name].tolist() for name in components.columns},
        ops=_ops(_measured_part(trace), repeats),
        largest={what: list(one) for what, one in largest_inputs(trace).items()},
    )


def _session(target: Target, job: Job, forward: Forwards) -> tuple[Recording, list[int]]:
    """One session with a step per forward: several sessions in a process can lose kernels."""
    repeats = job.plan.repeats or forward.worthwhile()
    profile = Profile(
        target.module,
        granularity=job.plan.granularity,
        labels=target.labels,
        whole=target.call is not None,
    )
    with profile as recording:
        run = around(target.call, recording.root) if target.call else target.module
        _get_going(forward, run)
        recording.step()

        def one_step() -> int:
            wall_ns = forward(run)
            recording.step()
            return wall_ns

        wall = forward.series(repeats, job.slowest_ns, one_step)
    return recording, wall


def _get_going(forward: Forwards, run: Any) -> None:
    """Work before the first measured step: a session's first kernels can be lost, and cost more."""
    if forward.is_slow:
        torch.ones(1).add_(1)
    else:
        forward(run)


def _layers(steps: Sequence[Trace]) -> pd.DataFrame:
    """The layer tables of the steps, one below the other."""
    frames = []
    for repeat, step in enumerate(steps):
        table = step.layers("samprof")
        table.insert(0, "repeat", repeat)
        table.insert(0, "step", repeat + 1)
        frames.append(table)
    return pd.concat(frames, ignore_index=True)


def _measured_part(trace: Trace) -> Trace:
    """The trace from the first measured step on: without the one that got the profiler going."""
    (_, start, _), *_, (_, _, end) = trace.steps()[1:]
    return slice_time(trace, start, end)


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
