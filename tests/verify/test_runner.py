"""How cases are run: errors, time, and what is left out."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from samprof.verify.budget import Budget
from samprof.verify.case import Case
from samprof.verify.check import Check, none_of, shown
from samprof.verify.device import Cpu, Cuda
from samprof.verify.limits import DRY_LIMITS
from samprof.verify.results import Results
from samprof.verify.runner import Runner
from samprof.verify.scale import DRY, Scale
from samprof.verify.session import VerifySession


def runner_of(out: Path, budget: Budget, scale: Scale = DRY) -> Runner:
    results = Results(out / "results.json", {})
    return Runner(VerifySession(Cpu(), scale, DRY_LIMITS, out, budget, results))


def still(seconds: float) -> Budget:
    """That much time, on a clock that stands still."""
    return Budget(seconds, [("group", 1.0)], clock=lambda: 0.0)


def lines(runner: Runner) -> list[str]:
    return [check.line() for check in runner.session.results.checks]


def test_a_case_that_raises_is_a_failed_line_and_the_others_go_on(tmp_path: Path) -> None:
    def breaks() -> Iterator[Check]:
        yield shown("first", 1)
        raise ValueError("two\nlines")

    def too_large() -> Iterator[Check]:
        raise torch.OutOfMemoryError("no room")
        yield

    runner = runner_of(tmp_path, still(1))
    others = [Case("last", lambda: [none_of("last", 0)]), Case("graph", list, lacking="needs CUDA")]
    runner.run_group("group", lambda _: [Case("a", breaks), Case("b", too_large), *others])
    assert lines(runner) == [
        "shown   group: first: 1",
        "fail    group: a: ValueError: two lines",
        "not run group: b: out of memory",
        "pass    group: last: 0 (exactly 0)",
        "not run group: graph: needs CUDA",
    ]
    written = json.loads((tmp_path / "results.json").read_bytes())
    assert [check["verdict"] for check in written["checks"]] == [
        *("shown", "fail", "not run", "pass", "not run")
    ]


def test_a_group_whose_cases_cannot_be_made_is_a_failed_line(tmp_path: Path) -> None:
    def cases(session: VerifySession) -> list[Case]:
        raise ImportError("no such module")

    runner = runner_of(tmp_path, still(1))
    runner.run_group("group", cases)
    assert lines(runner) == ["fail    group: its cases: ImportError: no such module"]


def test_what_does_not_fit_is_left_out_and_what_fits_runs(tmp_path: Path) -> None:
    runner = runner_of(tmp_path, still(10), replace(DRY, time_factor=1.0))
    cases = [Case(f"{s} s", lambda s=s: [shown(f"{s} s", s)], lambda s=s: s) for s in (9, 11, 10)]  # type: ignore[misc]
    runner.run_group("group", lambda _: cases)
    assert lines(runner) == [
        *("shown   group: 9 s: 9", "not run group: 11 s: time", "shown   group: 10 s: 10")
    ]


def test_a_case_that_outlasts_all_time_is_ended(tmp_path: Path) -> None:
    def endless() -> Iterator[Check]:
        yield shown("begun", 1)
        for _ in itertools.count():
            with pytest.MonkeyPatch.context():
                pass

    runner = runner_of(tmp_path, still(0.05))
    runner.run_group("group", lambda _: [Case("endless", endless)])
    assert lines(runner) == [
        "shown   group: begun: 1",
        "not run group: endless: time ran out within it",
    ]


class StuckCuda(Cpu):
    """A device that is of no use once a kernel has failed, as CUDA is until the process ends."""

    failed = False

    def release(self) -> str:
        return "CUDA error: device-side assert triggered" if self.failed else ""


def test_after_an_error_that_stays_no_case_runs_and_what_was_found_is_there(tmp_path: Path) -> None:
    runner = runner_of(tmp_path, still(1))
    device = runner.session.device = StuckCuda()

    def breaks() -> Iterator[Check]:
        yield shown("first", 1)
        device.failed = True
        raise RuntimeError("CUDA error: device-side assert triggered\nCUDA kernel errors")

    def never() -> Iterator[Check]:
        raise AssertionError
        yield

    runner.run_group("group", lambda _: [Case("a", breaks), Case("b", never)])
    runner.run_regardless_of_time("answers", lambda _: [Case("c", lambda: [shown("said", 2)])])
    assert lines(runner) == [
        "shown   group: first: 1",
        "fail    group: a: RuntimeError: CUDA error: device-side assert triggered CUDA kernel errors",
        "not run group: b: an earlier case left the device unusable in this process "
        "(CUDA error: device-side assert triggered)",
        "shown   answers: said: 2",
    ]
    assert len(json.loads((tmp_path / "results.json").read_bytes())["checks"]) == 4


def test_cuda_says_why_it_cannot_be_used_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    def raises() -> None:
        raise RuntimeError("CUDA error: an illegal memory access\nCompile with TORCH_USE_CUDA_DSA")

    calls: list[str] = []
    monkeypatch.setattr(torch.cuda, "synchronize", lambda: calls.append("synchronize"))
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: calls.append("empty_cache"))
    assert Cuda().release() == ""
    assert calls == ["synchronize", "empty_cache"]
    monkeypatch.setattr(torch.cuda, "synchronize", raises)
    assert Cuda().release() == "CUDA error: an illegal memory access"
