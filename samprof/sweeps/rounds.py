"""The rounds of a sweep: which sizes come next, of which kind, and when it is enough."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from samprof.analysis.statistics.classes import LEAST_PROCESSES
from samprof.sweeps.measure.engines import Engine
from samprof.sweeps.measure.job import Job
from samprof.sweeps.measure.machine.state import MachineMonitor, MachineReading, spent
from samprof.sweeps.plan import LEAST_ROUNDS, Plan
from samprof.sweeps.progress import Progress
from samprof.sweeps.run.stored.directory import RunDirectory
from samprof.sweeps.run.stored.point import Point
from samprof.sweeps.run.stored.sample import Sample
from samprof.sweeps.run.tables.conditions import usual_speed_in
from samprof.sweeps.standing import Kind, Standing, standing

LONGEST_S = 1200.0
"""The time limit where nobody gives one: so much, or what four rounds of both kinds take, up to this."""
_AFTERWARDS = 0.07
"""The part of the time limit that is left for what comes after the last round: tables and pictures."""
_PAGING_ROUNDS = 2
"""Page faults by layer hardly differ between processes."""
_LEAST: dict[Kind, int] = {"timed": 2, "recorded": 1}
"""Rounds that are taken whatever the time; one of each on a machine that is not quiet."""


class Rounds:
    """Takes the rounds of one plan."""

    def __init__(
        self,
        plan: Plan,
        engine: Engine,
        directory: RunDirectory,
        monitor: MachineMonitor,
        points: dict[int, Point],
        usual_limit_s: float,
        progress: Callable[[Progress], None],
    ) -> None:
        self._plan, self._engine, self._directory = plan, engine, directory
        self._monitor, self._points, self._progress = monitor, points, progress
        self._usual_limit_s = usual_limit_s
        self._began = time.monotonic()
        self._cost_s: dict[Kind, list[float]] = {"timed": [], "recorded": []}
        self._taken: dict[Kind, int] = {"timed": 0, "recorded": 0}
        self._given_up: set[int] = set()
        self._alone = False

    def take_all(self) -> None:
        """Takes rounds until nothing is missing or the time is up."""
        self._finish_rounds()
        while asked := [size for size in self._plan.sizes if size not in self._given_up]:
            found = standing(replace(self._plan, sizes=tuple(asked)), self._measured())
            kind = self._next(found)
            self._progress(Progress(standing=found, remaining_s=self._remaining_s(found)))
            if kind is None or not self._live_sizes():
                return
            began = time.monotonic()
            self._take(self._next_number(), kind, self._live_sizes())
            self._cost_s[kind].append(time.monotonic() - began)
            self._taken[kind] += 1

    def _finish_rounds(self) -> None:
        """Takes what an interrupted sweep left out of its last round."""
        there: dict[tuple[int, bool], set[int]] = {}
        for point in self._points.values():
            for sample in point.samples:
                if sample.status == "ok":
                    there.setdefault((sample.round, sample.is_timed), set()).add(point.size)
        for (number, is_timed), sizes in there.items():
            left = [size for size in self._live_sizes() if size not in sizes]
            if left and sizes & set(self._live_sizes()):
                self._take(number, "timed" if is_timed else "recorded", left)

    def _take(self, number: int, kind: Kind, sizes: list[int]) -> None:
        """One round: a sample of each of these sizes, in the order of the round."""
        slowest_ns = self._slowest_ns()
        jobs = [
            Job(
                self._plan,
                size,
                self._directory.root,
                number,
                timed=kind == "timed",
                recorded=kind == "recorded",
                paging=self._taken["recorded"] < _PAGING_ROUNDS,
                slowest_ns=slowest_ns,
            )
            for size in self._plan.order(number)
            if size in sizes
        ]
        together = self._together(jobs) if len(jobs) > 1 and not self._alone else None
        for place, job in enumerate(jobs):
            self._keep(together[place] if together else self._sample(job))

    def _keep(self, sample: Sample) -> None:
        size = sample.size
        held = self._points.get(size, Point(size, self._plan.variant))
        if sample.status != "ok":
            self._given_up.add(size)
        if sample.status == "ok" or held.status != "ok":
            self._points[size] = held.with_sample(sample)
            self._directory.write_point(self._points[size])
        self._progress(Progress(size, sample.round, sample=sample))

    def _together(self, jobs: Sequence[Job]) -> list[Sample] | None:
        """The samples of a round taken in turns; what fails beside others is measured again alone."""

        def measured() -> list[Sample] | None:
            return self._engine.measure_together(jobs, self._advance)

        samples = self._watched(measured)
        if samples is None:
            self._alone = True  # no round of this engine needs to be tried again
            return None
        for place, sample in enumerate(samples):
            if sample.status != "ok":
                samples[place] = self._sample(jobs[place])
                self._alone |= samples[place].status == "ok"
        return samples

    def _sample(self, job: Job) -> Sample:
        def measured() -> list[Sample]:
            return [self._engine.measure(job, lambda forwards: self._advance(job, forwards))]

        samples = self._watched(measured)
        assert samples is not None
        return samples[0]

    def _watched(self, measured: Callable[[], list[Sample] | None]) -> list[Sample] | None:
        """Samples with the state of the machine before, after and meanwhile."""
        before = self._monitor.read()
        samples = measured()
        if samples is None:
            return None
        after = self._monitor.read()
        shares = spent(before, after, own_cpu_s=sum(sample.cpu_s for sample in samples))
        latencies = {"latency_before_ns": before.latency_ns, "latency_after_ns": after.latency_ns}
        machine = {**latencies, **asdict(shares), "gpu": [_gpu(one) for one in (before, after)]}
        if after.gpu_meanwhile is not None:
            machine["gpu_meanwhile"] = asdict(after.gpu_meanwhile)
        return [replace(sample, machine=machine) for sample in samples]

    def _advance(self, job: Job, forwards: int) -> None:
        self._progress(Progress(job.size, job.round, forwards=forwards))

    def _slowest_ns(self) -> float:
        """What the reference work takes at most, as far as is known by now."""
        measured = (sample for point in self._measured() for sample in point.samples)
        return usual_speed_in(measured).slowest_ns

    def _next(self, found: Standing) -> Kind | None:
        """What to take next: what is missing and still fits into the time; None at the end."""
        for kind in ("timed", "recorded"):
            least = 1 if found.dropped else _LEAST[kind]
            if kind in found.missing and self._taken[kind] + _there(found, kind) < least:
                return kind
        if self._plan.rounds is not None:
            return next(iter(found.missing), None)
        remaining = self._remaining_s(found)
        reserved = 0.0
        if "recorded" in found.missing:
            reserved = self._cost("recorded") * max(0, LEAST_PROCESSES - found.recorded)
        for kind in found.missing:
            spare = remaining - (reserved if kind == "timed" else 0.0)
            if spare >= self._cost(kind):
                return kind
        return None

    def _remaining_s(self, found: Standing) -> float:
        limit_s = self._plan.time_limit_s or self._chosen_limit_s(found)
        return (1 - _AFTERWARDS) * limit_s - (time.monotonic() - self._began)

    def _chosen_limit_s(self, found: Standing) -> float:
        """The time limit where the plan has none."""
        if 2 * found.dropped > found.rounds * len(self._live_sizes()):
            return self._usual_limit_s  # rounds are long for another reason than the model
        whole = LEAST_ROUNDS * (self._cost("timed") + self._cost("recorded"))
        return max(self._usual_limit_s, min(whole, LONGEST_S))

    def _cost(self, kind: Kind) -> float:
        """Seconds that a round takes; 0 while that is not known."""
        return float(np.median(self._cost_s[kind])) if self._cost_s[kind] else 0.0

    def _measured(self) -> list[Point]:
        return [self._points[size] for size in self._plan.sizes if size in self._points]

    def _live_sizes(self) -> list[int]:
        """The sizes that did not fail, and that nothing interrupted this time."""
        failed = {size for size, one in self._points.items() if one.status in ("oom", "failed")}
        return [size for size in self._plan.sizes if size not in failed | self._given_up]

    def _next_number(self) -> int:
        numbers = [one.round for point in self._points.values() for one in point.samples]
        return max(numbers, default=-1) + 1


def _gpu(reading: MachineReading) -> dict[str, Any] | None:
    return asdict(reading.gpu) if reading.gpu is not None else None


def _there(found: Standing, kind: Kind) -> int:
    return found.timed if kind == "timed" else found.recorded
