"""What a sample keeps of recorded forwards: times of one session, and what was counted in another."""

from pathlib import Path

import pytest
import torch
from torch import nn

from samprof.record.ranges.labels import ModelLabels
from samprof.sweeps.measure import measure
from samprof.sweeps.measure.engines import ThisProcess
from samprof.sweeps.measure.job import Job
from samprof.sweeps.plan import Plan
from samprof.sweeps.run.stored.sample import Sample
from samprof.sweeps.target import Target
from samprof.trace import Trace, load_trace
from samprof.trace.model.slicing import slice_time, split_steps
from tests.support.targets import WIDTH, Net

SIZE, REPEATS = 2, 3


class Alternating(nn.Module):
    """Runs its layer once, and in the next forward not at all."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(WIDTH, WIDTH)
        self.forwards = 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.forwards += 1
        return self.layer(x) if self.forwards % 2 else x


def measured(target: Target, out: Path) -> tuple[Sample, Trace]:
    """A recorded sample of two rows, and the trace that it keeps."""
    plan = Plan(target.description(), (SIZE,), rounds=1, repeats=REPEATS, warmup=1)
    sample = ThisProcess(lambda: target).measure(Job(plan, SIZE, out, timed=False))
    assert (sample.status, len(sample.time_ns)) == ("ok", REPEATS)
    return sample, load_trace(out / sample.trace)


def inputs(size: int) -> torch.Tensor:
    return torch.ones(size, WIDTH)


def root_times(trace: Trace) -> list[int]:
    """Of the forwards after the one that got the profiler going."""
    steps = dict(split_steps(trace))
    tables = [steps[number].layers() for number in sorted(steps)[1:]]
    return [int(table["cpu_total_ns"].iloc[0]) for table in tables if table["calls"].iloc[0]]


def test_times_and_counts_come_from_sessions_of_their_own(tmp_path: Path) -> None:
    sample, trace = measured(Target(Net(), inputs, ModelLabels()), tmp_path)
    one = 2 * SIZE * WIDTH**2
    paths = ["Net", "Net.first", "Net.second", "(outside)"]
    # The kept trace is that of the one forward that was counted, and of the one before it.
    table = trace.layers()
    assert table["path"].tolist() == paths
    assert table["calls"].tolist() == [2, 2, 2, 0]
    assert table["flops"].tolist() == [4 * one, 2 * one, 2 * one, 0]
    assert trace.allocations.total.any()
    # Every timed forward has its own times and these counts.
    assert sample.layers["path"] == paths * REPEATS
    assert sample.layers["flops"] == [2 * one, one, one, 0] * REPEATS
    assert sample.layers["cpu_total_ns"][:: len(paths)] == sample.time_ns
    assert len(set(sample.time_ns) | set(root_times(trace))) == REPEATS + 1
    assert sample.check == measured_part(trace).check("samprof").as_dict()
    assert sample.check["ok"]


@pytest.mark.parametrize("kind", ["forwards that differ", "a workload", "counted by a device"])
def test_what_cannot_be_counted_apart_is_recorded_at_once(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    net = Alternating() if kind == "forwards that differ" else Net()
    target = Target(net, inputs, ModelLabels(), call=net if kind == "a workload" else None)
    if kind == "counted by a device":
        monkeypatch.setattr(measure, "module_device", lambda _: torch.device("cuda"))
    sample, trace = measured(target, tmp_path)
    assert root_times(trace) == sample.time_ns
    assert sample.check == measured_part(trace).check("samprof").as_dict()


def measured_part(trace: Trace) -> Trace:
    (_, start, _), *_, (_, _, end) = trace.steps()[1:]
    return slice_time(trace, start, end)
