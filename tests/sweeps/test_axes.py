"""Sweeps over more than the batch: the same table, fit and verdict, in other words."""

from pathlib import Path
from typing import Any

import pytest
import torch

from samprof.errors import UsageError
from samprof.report.text.run import run_text
from samprof.sam.axes import AXES, axis_named, checked_on
from samprof.sweeps.about import About
from samprof.sweeps.plan import Plan
from samprof.sweeps.run.page import sides_of
from samprof.sweeps.run.run import Run
from samprof.sweeps.run.stored.directory import RunDirectory
from samprof.sweeps.run.stored.point import Point
from tests.support.samples import recorded, timed

LAYER = {
    "repeat": [0, 1],
    "step": [1, 2],
    "path": ["sam", "sam"],
    "depth": [0, 0],
    "calls": [1, 1],
    "type": ["Sam", "Sam"],
    "role": ["SAM", "SAM"],
    "time_source": ["cpu", "cpu"],
    "note": ["", ""],
}
CHECK = {
    "attributed_ns": 1,
    "outside_ns": 0,
    "no_launch_ns": 0,
    "total_ns": 1,
    "lost_records": 0,
    "time_source": "cpu",
    "notes": [],
    "ok": True,
}


def run_of(
    tmp_path: Path, over: str, times: dict[int, int], units: dict[int, float], rounds: int = 2
) -> Run:
    """A run directory with these times of a call, in two or more rounds of each kind, all equal."""
    plan = Plan(target={}, sizes=tuple(times), repeats=2, axis=AXES[over])
    directory = RunDirectory(tmp_path)
    target = {"label": "small", "name": "sam", "dtype": "float32"}
    directory.begin(plan, About(target, {"device_name": "a CPU"}), fresh=False)
    for size, time in times.items():
        layers = LAYER | {
            name: [time, time]
            for name in ("device_total_ns", "device_self_ns", "cpu_total_ns", "cpu_self_ns")
        }
        more: dict[str, Any] = {"units": units[size], "peak_memory_bytes": 2**20}
        samples = [
            *(timed(size, number, [time, time], **more) for number in range(rounds)),
            *(
                recorded(size, number, [time, time], check=CHECK, layers=layers, **more)
                for number in range(rounds, 2 * rounds)
            ),
        ]
        directory.write_point(Point(size, "eager", tuple(samples)))
    return Run(tmp_path)


def test_prompts_share_the_cost_of_the_image(tmp_path: Path) -> None:
    # 1000 ns an image and 100 ns a prompt.
    times = {1: 1100, 4: 1400, 16: 2600}
    run = run_of(tmp_path, "prompts", times, {1: 1, 4: 4, 16: 16})
    (row,) = run.scaling().to_dict("records")
    assert run.summary().times["unit_ns"].tolist() == [1100, 350, 162.5]
    assert (row["fixed_ns"], row["per_unit_ns"]) == (pytest.approx(1000), pytest.approx(100))
    assert row["speedup"] == pytest.approx(1100 / 162.5)
    verdict = run.verdict()
    assert verdict.best_size == 16
    assert str(verdict).startswith(
        "Using more prompts per image helps: 16 prompts runs at 6.77x the throughput of 1 prompt"
    )
    assert "a fixed cost of 1.00 us per image and 100 ns per prompt" in str(verdict)
    assert "91% of the time of 1 prompt" in str(verdict)
    text = run_text(run.summary(), 100)
    assert "CPU time per prompt by prompts per image" in text
    assert "n=16" in text


def test_points_a_batch_are_compared_by_the_batch(tmp_path: Path) -> None:
    # 64 points whatever the batch. A batch costs 30 ns and each point in it 10: 16 points a batch
    # take 4 * (30 + 160) = 760, 32 take 2 * (30 + 320) = 700, 64 take 670.
    times = {16: 760, 32: 700, 64: 670}
    run = run_of(tmp_path, "points-per-batch", times, dict.fromkeys(times, 64.0))
    (row,) = run.scaling().to_dict("records")
    assert run.summary().times["time_ns"].tolist() == [190, 350, 670]
    assert (row["fixed_ns"], row["per_unit_ns"]) == (pytest.approx(30), pytest.approx(10))
    assert row["speedup"] == pytest.approx(760 / 670)
    points = run.points()
    assert points["wall_ns"].tolist() == [760, 700, 670]  # of a call, as measured
    assert points["units_per_s"].tolist() == [
        pytest.approx(64e9 / time) for time in (760, 700, 670)
    ]
    assert run.layers()["time_ns"].tolist() == [760] * 4 + [700] * 4 + [670] * 4


def test_image_sizes_are_compared_by_the_pixel(tmp_path: Path) -> None:
    # Linear in pixels: 0.065536, 0.262144 megapixels.
    times = {256: 65_536, 512: 262_144}
    units = {side: side * side / 1e6 for side in times}
    run = run_of(tmp_path, "image-size", times, units, rounds=3)
    (row,) = run.scaling().to_dict("records")
    assert row["exponent"] == pytest.approx(1)
    assert row["class"] == "same"
    assert row["per_unit_ns"] == pytest.approx(1e6)


def test_a_run_of_batch_sizes_is_as_before(tmp_path: Path) -> None:
    run = run_of(tmp_path, "batch-size", {1: 100, 2: 150}, {1: 1, 2: 2})
    assert run.points()["units_per_s"].tolist() == [1e7, pytest.approx(2e9 / 150)]
    assert "Run batch 2: " in str(run.verdict())


@pytest.mark.parametrize(
    ("over", "sizes", "words"),
    [
        ("crops", (1, 4), "crops per image 4: not a number of crops; crops come in layers"),
        (
            "image-size",
            (100,),
            "image size 100: not a whole number of patches; give multiples of 16",
        ),
    ],
)
def test_sizes_that_cannot_be_are_refused(over: str, sizes: tuple[int, ...], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        checked_on(AXES[over], sizes)


def test_an_unknown_axis_is_refused() -> None:
    with pytest.raises(UsageError, match="use one of batch-size, prompts"):
        axis_named("colour")


def test_every_axis_has_sizes_of_its_own() -> None:
    for axis in AXES.values():
        assert checked_on(axis, axis.defaults) == axis.defaults
        amounts = [axis.amount(size) for size in axis.defaults]
        assert amounts == sorted(set(amounts))
        assert torch.tensor(amounts).min() > 0
        assert axis.text(axis.defaults[0])


def test_runs_over_one_axis_are_compared_on_it(tmp_path: Path) -> None:
    first, other = (run_of(tmp_path / name, "prompts", {1: 100}, {1: 1}) for name in "ab")
    sides = sides_of([first.data, other.data])
    assert sides is not None
    assert sides.axis == AXES["prompts"]
