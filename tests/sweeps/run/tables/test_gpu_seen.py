"""A run on a GPU: energy and throttling of its samples in points, scaling, verdict and text."""

import math
from pathlib import Path
from typing import Any

import pytest

from samprof.record.device.verified import Verified, cache_verified
from samprof.report.page.page import Shown, run_page
from samprof.report.page.section_names import VERDICT
from samprof.report.page.tables import points_table
from samprof.report.text.run import run_text
from samprof.sweeps.about import About
from samprof.sweeps.plan import Plan
from samprof.sweeps.run.run import Run
from samprof.sweeps.run.stored.directory import RunDirectory
from samprof.sweeps.run.stored.point import Point
from samprof.sweeps.run.stored.sample import Sample
from samprof.sweeps.run.tables import gpu_seen
from samprof.sweeps.run.tables.samples import samples_table
from tests.support.samples import points, recorded, timed
from tests.sweeps.test_axes import CHECK, LAYER


def at_work(**throttled: float) -> dict[str, Any]:
    reasons = {name.replace("_", " "): share for name, share in throttled.items()}
    seen = {"looks": 20, "sm_mhz": 1700.0, "power_w": 400.0, "throttled": reasons}
    readings = [{"other_processes": 0}, {"other_processes": 1}]
    return {"gpu": readings, "gpu_meanwhile": seen}


def run_of(tmp_path: Path, energy: dict[int, float]) -> Run:
    """Two sizes that take 100 ns an image, and so many joules in 0.1 s; size 8 at the power cap."""
    directory = RunDirectory(tmp_path)
    plan = Plan(target={}, sizes=(1, 8), repeats=2)
    directory.begin(
        plan, About({"label": "small", "name": "sam"}, {"device_name": "a GPU"}), fresh=False
    )
    for size in (1, 8):
        time = 100 * size
        times = {
            name: [time, time]
            for name in ("device_total_ns", "device_self_ns", "cpu_total_ns", "cpu_self_ns")
        }
        more: dict[str, Any] = {"machine": at_work(power_cap=0.9 if size == 8 else 0.0)}
        if size in energy:
            more |= {"energy": {"joules": energy[size], "seconds": 0.1}, "energy_source": "NVML"}
        samples = [
            *(timed(size, number, [time, time], **more) for number in (0, 1)),
            *(recorded(size, n, [time, time], check=CHECK, layers=LAYER | times) for n in (2, 3)),
        ]
        directory.write_point(Point(size, "eager", tuple(samples)))
    return Run(tmp_path)


def test_energy_is_in_points_scaling_verdict_and_text(tmp_path: Path) -> None:
    run = run_of(tmp_path, {1: 30.0, 8: 192.0})  # 24 J an image at batch 8
    table = run.points()
    assert table["energy_per_unit_j"].tolist() == [30.0, 24.0]
    assert table["power_w"].tolist() == [300.0, 1920.0]
    assert table["energy_source"].tolist() == ["NVML", "NVML"]
    assert table["throttled"].tolist() == ["", "power cap 90%"]
    (row,) = run.scaling().to_dict("records")
    assert (row["unit_energy_smallest_j"], row["unit_energy_largest_j"]) == (30.0, 24.0)
    assert "Batch 8 uses 0.80x the energy per image of batch 1 (95% CI 0.80-0.80)" in str(
        run.verdict()
    )
    assert "The GPU was also open in another process." in str(run.verdict())
    text = run_text(run.summary(), 200)
    assert "energy, J/image" in text
    assert "power cap 90%" in text
    page = points_table(run.summary())
    heads = [column.header for column in page.columns]
    assert [row[heads.index("energy, J/image")] for row in page.rows] == ["30.0", "24.0"]


def test_nothing_is_invented_where_no_counter_tells(tmp_path: Path) -> None:
    run = run_of(tmp_path, {})
    assert run.points()["energy_per_unit_j"].isna().all()
    assert "unit_energy_smallest_j" not in run.scaling()
    assert "energy" not in str(run.verdict())
    assert "energy" not in run_text(run.summary(), 200)


def test_a_sample_that_heat_slowed_down_does_not_count() -> None:
    hot = timed(1, 1, [9], machine=at_work(power_cap=1.0, thermal_slowdown=0.4))
    table = samples_table(points(timed(1, 0, [9], machine=at_work(power_cap=1.0)), hot))
    assert table["clean"].tolist() == [True, False]
    assert table["why"].iloc[1] == "the GPU was slowed down (thermal slowdown 0.40 of the time)"
    assert table["gpu_mhz"].tolist() == [1700.0, 1700.0]
    assert table["gpu_processes"].tolist() == [1.0, 1.0]


@pytest.mark.parametrize(
    "machine",
    [
        {},
        {"gpu": 7, "gpu_meanwhile": [1]},
        {"gpu": [None, "x", {"other_processes": "many"}], "gpu_meanwhile": {"throttled": [1]}},
        {"gpu_meanwhile": {"throttled": {"thermal slowdown": "hot"}, "sm_mhz": None}},
    ],
)
def test_a_stranger_s_file_tells_nothing_where_it_is_odd(machine: dict[str, Any]) -> None:
    sample = Sample(1, "eager", "ok", machine=machine)
    assert gpu_seen.throttled(sample) == {}
    assert gpu_seen.slowed_down(sample) == gpu_seen.throttled_text([sample]) == ""
    assert math.isnan(gpu_seen.sm_mhz(sample))
    assert math.isnan(gpu_seen.other_processes(sample))


def test_a_report_names_what_was_verified_on_its_device(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    run = run_of(tmp_path / "run", {})
    assert "samprof verify" not in run_text(run.summary(), 200)
    cache_verified(Verified("a GPU", "2026-11-28", "right to within 1.3 %", True, 1.3, {}))
    run = Run(tmp_path / "run")
    assert "samprof verify on 2026-11-28: right to within 1.3 %" in run_text(run.summary(), 200)
    # What was known when it was measured counts, whatever is in the cache of who reads it.
    then = Verified("a GPU", "2026-11-20", "not right: x", False, None, {"torch": "2.11.0"})
    about = About(
        {"label": "small", "name": "sam"}, {"device_name": "a GPU", "verified": then.as_dict()}
    )
    RunDirectory(tmp_path / "run").begin(
        Plan(target={}, sizes=(1, 8), repeats=2), about, fresh=False
    )
    summary = Run(tmp_path / "run").summary()
    assert summary.verified == "samprof verify on 2026-11-20 (torch 2.11.0): not right: x"
    assert summary.verified in run_page([Shown("a", summary)], sections=[VERDICT])
