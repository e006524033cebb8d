"""What a verification says at its end, in the cache, and in later reports of that device."""

import json
from pathlib import Path

import pytest

from samprof.errors import RunError
from samprof.record.device.verified import Verified, cache_verified, cached_verified, verified_from
from samprof.verify.check import Check, Limit, is_true, limited, none_of, not_run, shown
from samprof.verify.conclusion import conclusion

FOUND = Verified("NVIDIA H200", "2026-11-28", "right", True, 1.3, {"torch": "2.11.0"})


def of(group: str, check: Check) -> Check:
    return Check(**{**{name: getattr(check, name) for name in Check.__slots__}, "group": group})


COUNTED = of("conservation", none_of("vit_b float32 batch 1: lost records", 0))
BLOCKS = of("ground truth", limited("vit_b: span against events, blocks", 1.21, Limit(0, 2), "%"))
FORWARD = of("ground truth", limited("vit_b: span against events, forward", 0.4, Limit(0, 1), "%"))
QUEUED = of("ground truth", limited("vit_b: parts timed with the queue full", 90, Limit(50), "%"))
UNHELD = of("ground truth", shown("vit_b: kernels summed against events, blocks", 9.0, "%"))


def test_times_are_as_right_as_the_worst_figure_with_a_limit() -> None:
    found = conclusion([COUNTED, BLOCKS, FORWARD, QUEUED, UNHELD], on_gpu=True)
    assert found.text == (
        "The numbers on this device are right to within 1.3 %: so far are times from CUDA events at "
        "most. Every nanosecond is counted once."
    )
    assert (found.ok, found.within_percent) == (True, 1.3)


def test_what_was_not_checked_is_not_claimed() -> None:
    found = conclusion([COUNTED, of("ground truth", not_run("vit_b", "time"))], on_gpu=True)
    assert found.text == (
        "Every nanosecond is counted once on this device; times were not compared with CUDA events."
    )
    assert (found.ok, found.within_percent) == (True, None)
    found = conclusion([BLOCKS], on_gpu=True)
    assert found.text.endswith("Time accounting was not checked.")


def test_what_failed_is_named_and_no_accuracy_is_claimed() -> None:
    failed = [of("hard cases", is_true(f"case {n}", true=False)) for n in range(5)]
    found = conclusion([COUNTED, BLOCKS, *failed], on_gpu=True)
    assert found.text == (
        "The numbers on this device are not right: hard cases: case 0; hard cases: case 1; "
        "hard cases: case 2 and 2 more."
    )
    assert (found.ok, found.within_percent) == (False, None)


def test_a_dry_run_says_nothing_of_a_gpu() -> None:
    found = conclusion([COUNTED, BLOCKS], on_gpu=False)
    assert (
        found.text == "No check failed in this dry run on the CPU, which says nothing about a GPU."
    )
    assert found.within_percent is None


def test_the_cache_holds_one_verification_per_device(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cached_verified("NVIDIA H200") is None
    path = cache_verified(FOUND)
    other = Verified("NVIDIA L4", "2026-11-29", "not right", False, None, {})
    cache_verified(other)
    assert cached_verified("NVIDIA H200") == FOUND
    assert cached_verified("NVIDIA L4") == other
    assert str(FOUND) == "samprof verify on 2026-11-28 (torch 2.11.0): right"
    path.write_text(json.dumps({"NVIDIA H200": {"device_name": 7}}))
    assert cached_verified("NVIDIA H200") is None
    assert verified_from({**FOUND.as_dict(), "date": "today"}) is None
    monkeypatch.setenv("XDG_CACHE_HOME", str(path))  # a file, not a folder
    with pytest.raises(RunError, match="set XDG_CACHE_HOME"):
        cache_verified(FOUND)
