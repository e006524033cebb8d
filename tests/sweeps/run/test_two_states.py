"""A run whose layers were recorded in another state of the machine than its answer is of."""

from pathlib import Path
from typing import Any

import pytest

from samprof.sweeps.about import About
from samprof.sweeps.plan import Plan
from samprof.sweeps.run.run import Run
from samprof.sweeps.run.stored.directory import RunDirectory
from tests.support.samples import layer_rows, points, recorded, timed

NEAR, FAR = (25.0, 31.0), (160.0, 171.0)
SIZES = (1, 4)
WALL_NS = {NEAR: 100, FAR: 150}
"""Of an image, at every size: batching brings no gain in either state."""


def run_of(folder: Path, timed_in: list[Any], recorded_in: Any) -> Run:
    """A run of rounds timed in these states, and four recorded at 1.2 times the time."""
    directory = RunDirectory(folder)
    directory.begin(
        Plan({"module": "net"}, SIZES), About({}, {"device_name": "a CPU"}), fresh=False
    )
    found = []
    for size in SIZES:
        for number, state in enumerate(timed_in):
            found.append(timed(size, number, [WALL_NS[state] * size], latency=state))
        for number in range(len(timed_in), len(timed_in) + 4):
            time = round(1.2 * WALL_NS[recorded_in]) * size
            held = {"layers": layer_rows(time, "MLP"), "check": {"ok": True}}
            found.append(recorded(size, number, [time], latency=recorded_in, **held))
    for point in points(*found):
        directory.write_point(point)
    return Run(folder)


REMARK = (
    "The layers were recorded with the cores far (166 ns apart instead of 28 ns): they do not explain "
    "the speed-up of the whole."
)


def test_layers_of_one_state_hold_the_whole_back(tmp_path: Path) -> None:
    run = run_of(tmp_path, [NEAR] * 4, NEAR)
    assert run.points()["profiler_overhead"].tolist() == pytest.approx([1.2, 1.2])
    assert (run.verdict().claim, run.verdict().blame) == ("no gain", ("MLP",))
    assert REMARK not in run.verdict().sentences


def test_layers_of_another_state_blame_nobody(tmp_path: Path) -> None:
    run = run_of(tmp_path, [NEAR] * 4 + [FAR], FAR)
    assert (run.verdict().claim, run.verdict().blame) == ("no gain", ())
    assert REMARK in run.verdict().sentences
    assert run.scaling()["class"].tolist() == ["same"]


def test_the_profiler_is_not_charged_with_the_distance_of_the_cores(tmp_path: Path) -> None:
    # 180 ns under the profiler with the cores far, 150 without it, 100 with the cores near.
    run = run_of(tmp_path, [NEAR] * 4 + [FAR], FAR)
    assert run.points()["profiler_overhead"].tolist() == pytest.approx([1.2, 1.2])


def test_where_nothing_was_timed_in_that_state_the_overhead_is_not_known(tmp_path: Path) -> None:
    run = run_of(tmp_path, [NEAR] * 4, FAR)
    assert run.points()["profiler_overhead"].isna().all()
    assert not run.summary().is_profiled
    assert REMARK in run.verdict().sentences
