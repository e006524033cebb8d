"""Forwards of one module recorded in one session of the profiler, a step each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd
import torch

from samprof.record.profile import Profile
from samprof.record.ranges.patches import around
from samprof.record.recording import Recording
from samprof.sweeps.measure.forwards import Forwards
from samprof.sweeps.measure.job import Job
from samprof.sweeps.target import Target
from samprof.trace.model.slicing import slice_time, split_steps
from samprof.trace.trace import Trace


@dataclass(frozen=True)
class RecordedForwards:
    """What one session of the profiler recorded.

    Attributes:
        recording: a step per forward; step 0 got the profiler going.
        wall_ns: of each measured forward.
        reference_ns, latency_ns, turns: around them, and those they took; see `Forwards`.
    """

    recording: Recording
    wall_ns: list[int]
    reference_ns: list[int]
    latency_ns: list[float]
    turns: int

    @cached_property
    def trace(self) -> Trace:
        """All that was recorded."""
        return self.recording.trace

    @cached_property
    def steps(self) -> list[Trace]:
        """The measured forwards."""
        steps = dict(split_steps(self.trace))
        return [steps[number + 1] for number in range(len(self.wall_ns))]

    @cached_property
    def measured(self) -> Trace:
        """The trace from the first measured step on."""
        (_, start, _), *_, (_, _, end) = self.trace.steps()[1:]
        return slice_time(self.trace, start, end)

    @cached_property
    def layers(self) -> pd.DataFrame:
        """The layer tables of the measured forwards, one below the other."""
        frames = []
        for repeat, step in enumerate(self.steps):
            table = step.layers("samprof")
            table.insert(0, "repeat", repeat)
            table.insert(0, "step", repeat + 1)
            frames.append(table)
        return pd.concat(frames, ignore_index=True)

    def check(self) -> dict[str, Any]:
        """The time accounting of the measured forwards."""
        return self.measured.check("samprof").as_dict()


def record_forwards(
    target: Target, job: Job, forward: Forwards, repeats: int | None, *, counts: bool = True
) -> RecordedForwards:
    """Records forwards in one session: with CUDA, several in a process can lose kernels.

    Args:
        target: what is recorded.
        job: for which sample.
        forward: runs it once.
        repeats: how many, see `Forwards.series`.
        counts: record what FLOPs, bytes and memory are counted from. Then the trace is kept, and takes
            no turns: others' would be gaps in it.
    """
    forward.result = None  # freed while recording, it would count as memory that was given back
    profile = Profile(
        target.module,
        granularity=job.plan.granularity,
        labels=target.labels,
        whole=target.call is not None,
        memory=counts,
        shapes=counts,
    )
    with profile as recording:
        run = around(target.call, recording.root) if target.call else target.module
        _get_going(forward, run)
        recording.step()

        def one_step() -> int:
            wall_ns = forward(run)
            recording.step()
            return wall_ns

        wall = forward.series(repeats, job.slowest_ns, one_step, in_turns=not counts)
    around_them = (forward.reference_ns, forward.latency_ns, forward.turns)
    return RecordedForwards(recording, wall, *around_them)


def _get_going(forward: Forwards, run: Any) -> None:
    """Work before the first measured step: a session's first kernels can be lost, and cost more."""
    if forward.is_slow:
        torch.ones(1).add_(1)
    else:
        forward(run)
