"""Sweeps in this process: points, resume, failures, the run directory."""

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import torch

import samprof
from samprof.errors import RunError, UsageError
from samprof.sweeps.execute import run_sweep
from samprof.sweeps.measure.engines import Advance, AdvanceOf, ThisProcess
from samprof.sweeps.measure.job import Job
from samprof.sweeps.plan import Plan
from samprof.sweeps.run.stored.lock import LOCK_FILE
from samprof.sweeps.run.stored.sample import Sample
from samprof.trace import load_trace
from tests.support.targets import WIDTH, Fails, Net, net

EXAMPLE = torch.ones(1, WIDTH)


def sweep(out: Path, sizes: tuple[int, ...] = (1, 2), **options: object) -> samprof.Run:
    settings = {"rounds": 1, "repeats": 2, "warmup": 1, "name": "net", **options}
    return samprof.sweep(Net(), EXAMPLE, sizes, out=out, **settings)  # type: ignore[arg-type]


def samples_of(out: Path, size: int) -> dict[str, list[int]]:
    """The raw numbers of a point: its timed sample and its recorded one."""
    point = json.loads((out / "points" / f"b{size:04d}.json").read_text())
    timed, recorded = point["samples"]
    assert ("wall_ns" in timed, "wall_ns" in recorded) == (True, False)
    return timed | recorded


def files(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (out / "points").iterdir()}


def test_a_point_keeps_raw_times_and_what_follows_from_them(tmp_path: Path) -> None:
    run = sweep(tmp_path)
    points = run.points()
    assert points["size"].tolist() == [1, 2]
    assert points["status"].tolist() == ["ok", "ok"]
    assert points["time_source"].tolist() == ["cpu", "cpu"]
    raw = samples_of(tmp_path, 2)
    assert len(raw["wall_ns"]) == len(raw["time_ns"]) == len(raw["recorded_wall_ns"]) == 2
    row = points.iloc[1]
    # The median of two is their mean, rounded to even.
    assert row["wall_ns"] == round(sum(raw["wall_ns"]) / 2)
    assert row["profiler_overhead"] == round(sum(raw["recorded_wall_ns"]) / 2) / row["wall_ns"]
    assert row["units_per_s"] == pytest.approx(2e9 / row["wall_ns"])
    # Weights 2 * (16 * 16 + 16), inputs 2 * 16; two activations of 2 * 16 are alive at once, not three.
    held, activation = 4 * (2 * (16 * 16 + 16) + 2 * 16), 4 * 2 * 16
    assert held + 2 * activation <= row["peak_memory_bytes"] < held + 3 * activation


def test_layers_are_long_form_and_sum_to_the_recorded_root(tmp_path: Path) -> None:
    run = sweep(tmp_path)
    layers = run.layers()
    paths = ["net", "net.first", "net.second", "(outside)"]
    assert layers.groupby(["size", "repeat"])["path"].agg(list).tolist() == [paths] * 4
    assert sorted(layers["step"].unique()) == [1, 2]  # step 0 gets the profiler going
    for (size, repeat), part in layers.groupby(["size", "repeat"]):
        inside = part[part["path"] != "(outside)"]
        root = inside.iloc[0]
        assert inside["self_ns"].sum() == root["time_ns"]
        raw = samples_of(tmp_path, size)
        assert raw["time_ns"][repeat] == root["time_ns"]


def test_the_directory_holds_what_other_programs_read(tmp_path: Path) -> None:
    run = sweep(tmp_path)
    trace = load_trace(tmp_path / "traces" / "b0001" / "rank0.pt.trace.json.gz")
    assert trace.metadata["distributedInfo"] == {"rank": 0, "world_size": 1}
    assert trace.layers().equals(run.trace(1).layers())
    assert run.checks()[1]["ok"]
    pd.testing.assert_frame_equal(
        pd.read_parquet(tmp_path / "layers.parquet"), run.layers(), check_dtype=False
    )
    assert pd.read_csv(tmp_path / "scaling.csv")["path"].tolist() == run.scaling()["path"].tolist()
    assert json.loads((tmp_path / "run.json").read_text())["environment"]["packages"]["torch"]


def test_tables_may_be_changed_by_those_who_asked_for_them(tmp_path: Path) -> None:
    run = sweep(tmp_path)
    for table in (run.layers, run.scaling, run.roles, run.roofline, run.potential, run.points):
        before = table()
        changed = table()
        changed["path"] = "mine"
        pd.testing.assert_frame_equal(table(), before)
    # A verdict under other limits is another one.
    assert run.verdict() is run.verdict()
    assert run.verdict(memory_limit=1) != run.verdict()


def test_a_second_sweep_measures_only_what_is_missing(tmp_path: Path) -> None:
    sweep(tmp_path, (1, 2))
    before = files(tmp_path)
    run = sweep(tmp_path, (1, 2, 4))
    after = files(tmp_path)
    assert {name: after[name] for name in before} == before
    assert run.points()["size"].tolist() == [1, 2, 4]
    assert run.asked["sizes"] == [1, 2, 4]


def test_fresh_starts_over(tmp_path: Path) -> None:
    sweep(tmp_path, (1, 2))
    run = sweep(tmp_path, (4,), fresh=True)
    assert run.points()["size"].tolist() == [4]
    assert not (tmp_path / "traces" / "b0001").exists()


def test_an_interrupted_point_is_measured_again(tmp_path: Path) -> None:
    sweep(tmp_path, (1, 2))
    (tmp_path / "points" / "b0002.json").unlink()
    (tmp_path / "points" / ".b0002.json.123").write_text('{"half')
    assert sweep(tmp_path, (1, 2)).points()["status"].tolist() == ["ok", "ok"]


@pytest.mark.parametrize("options", [{"repeats": 3}, {"granularity": "layer"}])
def test_a_directory_of_another_sweep_is_refused(
    tmp_path: Path, options: dict[str, object]
) -> None:
    sweep(tmp_path)
    before = files(tmp_path)
    with pytest.raises(RunError, match="it belongs to another sweep"):
        sweep(tmp_path, **options)
    assert files(tmp_path) == before


def test_a_directory_holds_several_variants_of_one_sweep(tmp_path: Path) -> None:
    sweep(tmp_path)
    run = sweep(tmp_path, variant="x")
    assert run.variants() == ["eager", "x"]
    assert run.asked["variants"] == ["eager", "x"]
    assert run.points()["variant"].tolist() == ["eager"] * 2 + ["x"] * 2
    assert set(run.scaling("x")["path"]) == set(run.scaling()["path"])
    assert run.checks("x").keys() == run.checks().keys()
    assert run.trace(1, "x").steps()


def test_a_directory_of_somebody_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    for fresh in (False, True):
        with pytest.raises(RunError, match="not empty and holds no sweep"):
            sweep(tmp_path, fresh=fresh)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_points_of_another_machine_are_not_mixed_in(tmp_path: Path) -> None:
    sweep(tmp_path, (1,))
    path = tmp_path / "run.json"
    data = json.loads(path.read_text())
    data["environment"]["device_name"] = "Cray-1"
    path.write_text(json.dumps(data))
    with pytest.raises(RunError, match="its points were measured on Cray-1"):
        sweep(tmp_path, (1, 2))


@pytest.mark.parametrize(
    ("error", "text", "status"),
    [
        (torch.OutOfMemoryError, "CUDA out of memory. Tried to allocate", "oom"),
        (RuntimeError, "[enforce fail] DefaultCPUAllocator: can't allocate memory", "oom"),
        (MemoryError, "", "oom"),
        (ValueError, "bad\nshape", "failed"),
    ],
)
def test_a_point_that_fails_is_recorded_and_the_sweep_goes_on(
    tmp_path: Path, error: type[Exception], text: str, status: str
) -> None:
    module = Fails(4, error, text)
    run = samprof.sweep(module, EXAMPLE, [1, 4, 2], rounds=1, repeats=2, out=tmp_path, name="net")
    points = run.points().set_index("size")
    assert points["status"].to_dict() == {1: "ok", 2: "ok", 4: status}
    assert "\n" not in points.loc[4, "message"]
    assert error.__name__ in points.loc[4, "message"]
    assert run.summary().sizes == [1, 2]
    assert run.verdict().best_size in (1, 2)
    assert "forward" not in module.__dict__


class Interrupted(ThisProcess):
    """Takes samples in this process, but those of some sizes, in some rounds, are interrupted.

    Args:
        at: size -> the round in which it is.
    """

    def __init__(self, at: Mapping[int, int]) -> None:
        super().__init__(net)
        self.at = at
        self.asked: list[tuple[int, int]] = []

    def measure(self, job: Job, advance: Advance = lambda _: None) -> Sample:
        self.asked.append((job.size, job.round))
        if self.at.get(job.size) != job.round:
            return super().measure(job, advance)
        return Sample(job.size, job.plan.variant, "interrupted", "by whom", round=job.round)


def run_plan(out: Path, engine: Interrupted, *, fresh: bool = False) -> list[list[int]]:
    """The rounds of each point after a sweep with this engine."""
    plan = Plan(net().description(), sizes=(1, 2), rounds=1, repeats=1, warmup=0)
    run = run_sweep(plan, engine, out, fresh=fresh)
    return [
        [one.round for one in point.samples if one.status == "ok"] for point in run.data.measured
    ]


def test_an_interrupted_point_is_no_result_and_is_measured_when_resumed(tmp_path: Path) -> None:
    engine = Interrupted({2: 0})
    assert run_plan(tmp_path, engine) == [[0, 1], []]
    assert engine.asked.count((2, 0)) == 1  # it sits out the rest
    points = samprof.load(tmp_path).points()  # type: ignore[union-attr]
    assert points["status"].tolist() == ["ok", "interrupted"]
    assert points["message"].tolist() == ["", "by whom"]
    before = files(tmp_path)
    assert run_plan(tmp_path, Interrupted({})) == [[0, 1], [0, 1]]
    assert files(tmp_path)["b0001.json"] == before["b0001.json"]


def test_a_point_keeps_its_samples_when_a_later_one_is_interrupted(tmp_path: Path) -> None:
    assert run_plan(tmp_path, Interrupted({2: 1})) == [[0, 1], [0]]
    assert run_plan(tmp_path, Interrupted({})) == [[0, 1], [0, 1]]


@pytest.mark.parametrize("fresh", [False, True])
def test_a_sweep_goes_on_after_all_its_points_were_interrupted(tmp_path: Path, fresh: bool) -> None:
    assert run_plan(tmp_path, Interrupted({1: 0, 2: 0})) == [[], []]
    assert run_plan(tmp_path, Interrupted({}), fresh=fresh)[0] != []


class Together(Interrupted):
    """Takes the samples of a round together, and fails in this way at size 2 then.

    Args:
        alone: whether the size fails alone as well.
    """

    def __init__(self, *, alone: bool) -> None:
        super().__init__({2: 0} if alone else {})
        self.together: list[tuple[int, ...]] = []

    def measure_together(
        self, jobs: Sequence[Job], advance: AdvanceOf = lambda _, __: None
    ) -> list[Sample]:
        del advance
        self.together.append(tuple(job.size for job in jobs))
        samples = [ThisProcess.measure(self, job) for job in jobs]
        return [replace(one, status="oom") if one.size == 2 else one for one in samples]


def test_what_fails_beside_others_is_measured_again_alone(tmp_path: Path) -> None:
    engine = Together(alone=False)
    assert run_plan(tmp_path, engine) == [[0, 1], [0, 1]]
    # From then on one after the other: together they do not fit.
    assert [sorted(sizes) for sizes in engine.together] == [[1, 2]]
    assert engine.asked == [(2, 0), *((size, 1) for size in engine_order(1))]


def test_what_fails_alone_too_is_believed(tmp_path: Path) -> None:
    assert run_plan(tmp_path, Together(alone=True)) == [[0, 1], []]
    points = samprof.load(tmp_path).points()  # type: ignore[union-attr]
    assert points["status"].tolist() == ["ok", "interrupted"]


def engine_order(number: int) -> tuple[int, ...]:
    """The sizes in the order of a round of `run_plan`."""
    return Plan(net().description(), sizes=(1, 2)).order(number)


def test_a_sweep_that_was_killed_at_its_beginning_goes_on(tmp_path: Path) -> None:
    (tmp_path / ".run.json.0123abcd").write_text('{"half')
    (tmp_path / LOCK_FILE).write_text('{"pid": 1, "host": "')
    assert run_plan(tmp_path, Interrupted({})) == [[0, 1], [0, 1]]
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_a_second_sweep_into_the_same_directory_is_refused(tmp_path: Path) -> None:
    class Second(Interrupted):
        def measure(self, job: Job, advance: Advance = lambda _: None) -> Sample:
            with ThreadPoolExecutor(1) as other, pytest.raises(RunError, match="another sweep"):
                other.submit(run_plan, tmp_path, Interrupted({})).result()
            return super().measure(job, advance)

    assert run_plan(tmp_path, Second({})) == [[0, 1], [0, 1]]


def test_what_the_machine_lacks_interrupts_a_point(tmp_path: Path) -> None:
    module = Fails(2, ModuleNotFoundError, "No module named 'triton'")
    run = samprof.sweep(module, EXAMPLE, [1, 2], rounds=1, repeats=1, out=tmp_path)
    assert run.points()["status"].tolist() == ["ok", "interrupted"]


def test_a_run_without_any_good_point_says_so(tmp_path: Path) -> None:
    module = Fails(1, ValueError, "never")
    run = samprof.sweep(module, EXAMPLE, [1, 2], rounds=1, repeats=1, out=tmp_path)
    assert run.points()["status"].tolist() == ["failed", "failed"]
    for ask in (run.scaling, run.verdict):
        with pytest.raises(RunError, match="no size ran to its end"):
            ask()


@pytest.mark.parametrize("sizes", [[], [0], [-1], ["x"], [1.5], [True]])
def test_batch_sizes_must_be_counts(tmp_path: Path, sizes: list[object]) -> None:
    with pytest.raises(UsageError):
        samprof.sweep(Net(), EXAMPLE, sizes, out=tmp_path)  # type: ignore[arg-type]


def test_inputs_must_be_one_example(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not one example"):
        samprof.sweep(Net(), torch.ones(3, WIDTH), [1], out=tmp_path)


def test_inputs_may_be_a_function_of_the_batch_size(tmp_path: Path) -> None:
    seen = []

    def inputs(size: int) -> torch.Tensor:
        seen.append(size)
        return torch.ones(size, WIDTH)

    samprof.sweep(Net(), inputs, [3, 1], rounds=1, repeats=1, out=tmp_path)
    assert sorted(seen) == [1, 1, 3, 3]  # for the timed sample and for the recorded one


def test_a_broken_point_file_is_named(tmp_path: Path) -> None:
    sweep(tmp_path, (1,))
    (tmp_path / "points" / "b0001.json").write_text('{"size": 1')
    with pytest.raises(RunError, match=r"b0001\.json: not JSON"):
        samprof.load(tmp_path).points()  # type: ignore[union-attr]
