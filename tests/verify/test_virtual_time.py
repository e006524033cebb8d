"""A whole verification in virtual time: on every device that is not slow, no important case is left out.

Nothing is measured: the cases are those of the real groups, with their order, shares and estimates, and
each advances a clock by what it would take there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from samprof.verify.budget import Budget, OutOfTime
from samprof.verify.case import Case
from samprof.verify.check import Check, shown
from samprof.verify.device import Cpu
from samprof.verify.groups import (
    batching,
    conservation,
    device,
    ground_truth,
    hard_cases,
    overhead,
    traces,
)
from samprof.verify.limits import LIMITS
from samprof.verify.results import Results
from samprof.verify.runner import TIME, Runner
from samprof.verify.scale import Scale, quick
from samprof.verify.session import VerifySession

GROUPS = (ground_truth, hard_cases, conservation, traces, overhead, batching)
FULL_S, QUICK_S = 8 * 60 - 45.0, 2 * 60 - 10.0


@dataclass
class Gpu(Cpu):
    """What a device takes.

    Attributes:
        image_s: model -> seconds per image in float32; a third of it in lower precision.
        start_s: what the first work of the process takes besides.
        build_s: what the first use of each model takes besides.
        overhead_s: what each point takes besides its forwards.
        compile_s: what torch.compile takes of a short encoder, and of a whole one.
        energy_s: what each point of a sweep takes until its energy is known.
    """

    image_s: dict[str, float]
    start_s: float = 8.0
    build_s: float = 2.0
    overhead_s: float = 1.2
    compile_s: tuple[float, float] = (35.0, 45.0)
    energy_s: float = 1.0
    is_gpu = True
    name = "cuda"


H200 = Gpu({"vit_b": 0.02, "vit_l": 0.05, "vit_h": 0.09})
A100 = Gpu({"vit_b": 0.04, "vit_l": 0.1, "vit_h": 0.18}, start_s=12.0, overhead_s=1.5)
QUIET_HOST = replace(H200, overhead_s=0.6, compile_s=(20.0, 30.0))
SLOW_START = replace(H200, start_s=25.0)


@dataclass
class VirtualSession(VerifySession):
    """A session whose cases only take time."""

    end: float = 0.0
    now: float = 0.0
    used: set[str] = field(default_factory=set)

    def timed_case(
        self,
        what: str,
        point: tuple[str, str, int],
        forwards: int,
        run: Callable[[], Iterable[Check]],
        extra_s: float = 0.0,
    ) -> Case:
        model, precision, batch = point

        def takes() -> Iterator[Check]:
            gpu = self.device
            assert isinstance(gpu, Gpu)
            slow = precision in ("float32", "eager", "sdpa", "compile")
            pace = gpu.image_s[model] * (1.0 if slow else 0.35)
            self.pass_time(0.0 if model in self.used else gpu.build_s)
            self.used.add(model)
            self.estimates.learn(model, precision, batch, pace * batch)
            self.pass_time(forwards * batch * pace + gpu.overhead_s)
            self.pass_time(gpu.energy_s if self.group == batching.GROUP else 0.0)
            self.pass_time(gpu.compile_s[1] if "compile" in precision else extra_s)
            yield shown(what, 1)

        return super().timed_case(what, point, forwards, takes, extra_s)

    def pass_time(self, seconds: float) -> None:
        """Lets time pass, until the alarm that ends a case when all time is up."""
        self.now += seconds
        if self.now > self.end:
            self.now = self.end
            raise OutOfTime

    def takes(self, case: Case) -> float:
        """What a case that is not of one point takes here."""
        gpu = self.device
        assert isinstance(gpu, Gpu)
        if case.what == "start-up":
            return gpu.start_s
        if case.what.startswith("sweep number"):
            return case.seconds() + gpu.energy_s * self.scale.repeated_sweeps
        return gpu.compile_s[0] if "torch.compile" in case.what else case.seconds()


def left_out(gpu: Gpu, scale: Scale, seconds: float, out: Path) -> list[str]:
    """The cases that did not run for lack of time, as `group: case`."""
    shares = scale.shares
    session = VirtualSession(gpu, scale, LIMITS, out, None, Results(out / "results.json", {}))  # type: ignore[arg-type]
    session.end = seconds
    session.clock = lambda: session.now
    session.budget = Budget(seconds, shares, clock=session.clock)
    runner = Runner(session)

    def in_virtual_time(cases: Callable[[VerifySession], Iterable[Case]]) -> Sequence[Case]:
        return [_virtual(session, case) for case in cases(session)]

    runner.run_regardless_of_time(device.GROUP, lambda _: in_virtual_time(device.cases))
    for group in GROUPS:
        if group.GROUP in dict(shares):
            runner.run_group(group.GROUP, lambda _, group=group: in_virtual_time(group.cases))  # type: ignore[misc]
    assert not any(one.ok is False for one in session.results.checks)
    return [
        f"{one.group}: {one.what}"
        for one in session.results.checks
        if one.note.startswith(TIME) and one.figure is None
    ]


def _virtual(session: VirtualSession, case: Case) -> Case:
    if case.run.__qualname__.startswith("VerifySession.timed_case"):
        return case

    def run() -> Iterator[Check]:
        session.pass_time(session.takes(case))
        yield shown(case.what, 1)

    return replace(case, run=run)


@pytest.fixture(autouse=True)
def _no_alarm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Budget, "alarm", lambda self: nullcontext())


@pytest.mark.parametrize("gpu", [H200, A100, QUIET_HOST, SLOW_START])
def test_eight_minutes_hold_every_float32_point_and_both_compilations(
    gpu: Gpu, tmp_path: Path
) -> None:
    missing = left_out(gpu, Scale(), FULL_S, tmp_path)
    firsts = ("vit_b float32 batch 1", "vit_b float32 batch 8", "vit_b bfloat16 batch 8")
    important = {
        *(f"ground truth: {point}" for point in firsts),
        f"profiler overhead: {firsts[0]}",
        *(
            f"conservation: {model} {precision} batch {batch}"
            for model in ("vit_b", "vit_l", "vit_h")
            for precision in ("float32", "bfloat16", "tf32")
            for batch in (1, 8)
        ),
        *(f"batching: {model} eager batch {b}" for model in ("vit_b", "vit_h") for b in (1, 8)),
        "hard cases: torch.compile",
        "hard cases: torch.compile, reduce-overhead",
    }
    assert important & set(missing) == set()
    assert not [one for one in missing if one.startswith(("hard cases", "traces", "device"))]


@pytest.mark.parametrize("gpu", [H200, A100, QUIET_HOST, SLOW_START])
def test_two_minutes_hold_all_that_a_user_needs(gpu: Gpu, tmp_path: Path) -> None:
    assert left_out(gpu, quick(Scale()), QUICK_S, tmp_path) == []


def test_a_slow_device_leaves_out_and_says_so(tmp_path: Path) -> None:
    slow = Gpu({"vit_b": 1.0, "vit_l": 3.0, "vit_h": 6.0})
    missing = left_out(slow, Scale(), FULL_S, tmp_path)
    assert "conservation: vit_h float32 batch 32" in missing
    assert "conservation: vit_b float32 batch 1" not in missing
