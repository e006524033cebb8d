"""The profiler's start: work between its warm-up and its recording is in no trace."""

import itertools
from pathlib import Path

import pytest
import torch
from torch.profiler import ProfilerActivity, profile

from samprof.record import start as start_module
from samprof.record.start import start


def test_throwaway_work_is_not_recorded_and_what_follows_is(tmp_path: Path) -> None:
    profiler = profile(activities=[ProfilerActivity.CPU])
    start(profiler, lambda: torch.ones(3).cumsum(0))
    torch.ones(3).neg()
    profiler.stop()
    names = {event.name for event in profiler.events()}
    assert "aten::neg" in names
    assert "aten::cumsum" not in names
    profiler.export_chrome_trace(str(tmp_path / "trace.json"))
    assert "aten::cumsum" not in (tmp_path / "trace.json").read_text()


def test_kernels_run_only_where_cuda_is_in_use_and_more_in_every_session(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert start_module._kernels() is None  # no CUDA here, or nobody has used it
    added: list[str] = []

    class Number:
        def add_(self, other: int) -> None:
            added.append("add")

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: False)
    assert start_module._kernels() is None
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.cuda, "synchronize", lambda: added.append("wait"))
    monkeypatch.setattr(torch, "zeros", lambda *_, device: Number())
    counts = []
    for _ in range(3):
        work = start_module._kernels()
        assert work is not None
        added.clear()
        work()
        assert added[-1] == "wait"
        counts.append(len(added) - 1)
    assert counts[0] > 32
    assert [b - a for a, b in itertools.pairwise(counts)] == [2, 2]
