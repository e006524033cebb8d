"""A whole verification on a GPU whose profiler records nothing of it, the CPU standing in for the GPU.

What measures is real; that the times are those of a CPU is what has to be noticed, and remembered.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from samprof.record.device.verified import cached_verified
from samprof.verify import run as verify_run
from samprof.verify.device import Cpu
from samprof.verify.limits import DRY_LIMITS
from samprof.verify.results import Results
from samprof.verify.scale import DRY

ONE_POINT = replace(
    DRY,
    precisions=("float32",),
    repeated_sweeps=1,
    own_process_batches=(),
    hard_cases=("CUDA graph by hand",),
    shares=(("hard cases", 1.0), ("conservation", 1.0)),
)


class StandIn(Cpu):
    """Says that it is a GPU, and is none."""

    is_gpu = True


@pytest.fixture(autouse=True)
def _stand_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(verify_run, "_device", lambda *, dry: StandIn())


def verified(out: Path, groups: list[str] | None = None) -> Results:
    return verify_run.verify(
        out,
        scale=ONE_POINT,
        limits=DRY_LIMITS,
        groups=groups,
        minutes=600,
        command="samprof verify",
    )


def test_it_fails_loudly_and_every_later_report_of_the_device_says_so(tmp_path: Path) -> None:
    results = verified(tmp_path / "out")
    failed = {f"{check.group}: {check.what}" for check in results.checks if check.ok is False}
    assert failed == {
        "hard cases: CUDA graph by hand",  # there is none on a CPU
        "conservation: small float32 batch 1: device activity is recorded",
        "conservation: sweep number 1 in one process: device activity is recorded",
    }
    told = results.about["conclusion"]
    assert told.startswith("The numbers on this device are not right: hard cases: CUDA graph by")
    # The same work was recorded in four sessions, and no launch lacks its record.
    sessions = [check for check in results.checks if " 4 sessions" in check.what]
    assert [(check.group, check.figure, check.verdict) for check in sessions] == [
        ("device", 0.0, "pass"),
        ("device", 0.0, "pass"),
    ]
    assert results.details["device"]["sessions"]["lost"] == [0, 0, 0, 0]
    # What held the device back is judged at the end: NVML knows no such GPU.
    assert (results.checks[-1].group, results.checks[-1].verdict) == ("device", "not run")
    environment = results.about["environment"]
    found = cached_verified(environment["device_name"])
    assert found is not None
    assert (found.text, found.ok, found.within_percent) == (told, False, None)
    assert found.versions["samprof"] == environment["samprof"]
    assert found.date == results.about["started"][:10]


def test_some_groups_alone_say_nothing_of_the_device(tmp_path: Path) -> None:
    results = verified(tmp_path / "out", groups=["hard cases"])
    assert {check.group for check in results.checks} == {"device", "hard cases"}
    assert cached_verified(results.about["environment"]["device_name"]) is None
