"""Traces lie where TensorBoard's profiler plugin looks for them, and take no room."""

import os
from pathlib import Path

import pytest
from torch_tb_profiler.consts import WORKER_PATTERN

from samprof.integrations.tensorboard.profiles import link_or_copy
from samprof.sweeps.run.run import Run
from samprof.trace import load_trace
from tests.support.tensorboard import POINTS


def test_each_trace_is_a_span_of_its_point_and_takes_no_room(run: Run, logdir: Path) -> None:
    profiles = logdir / "plugins" / "profile"
    assert {folder.name for folder in profiles.iterdir()} == set(POINTS)
    for point in POINTS:
        (span,) = (profiles / point).iterdir()
        match = WORKER_PATTERN.match(span.name)
        assert match is not None
        assert match[1] == "samprof-rank0"
        assert match[2].removeprefix(".").isdecimal()
        assert span.samefile(run.path / "traces" / point / "rank0.pt.trace.json.gz")


def test_where_links_are_not_possible_the_trace_is_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trace = tmp_path / "trace.json"
    trace.write_text('{"traceEvents": []}')

    def no_links(*_: object) -> None:
        raise OSError("another disk")

    monkeypatch.setattr(os, "link", no_links)
    link_or_copy(trace, tmp_path / "there" / "copy.json")
    assert not trace.samefile(tmp_path / "there" / "copy.json")
    assert load_trace(tmp_path / "there" / "copy.json").metadata == {}
    assert [path.name for path in (tmp_path / "there").iterdir()] == ["copy.json"]
