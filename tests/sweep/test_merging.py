"""One point out of several processes."""

from pathlib import Path

from samprof.sweep.engines import Job
from samprof.sweep.plan import Plan
from samprof.sweep.point import Point, merged
from samprof.sweep.sweep import carry_out


def part(first: int, status: str = "ok", **more: object) -> Point:
    """Two repeats of one layer, with times from `first` on."""
    layers = {"repeat": [0, 1], "step": [1, 2], "path": ["net", "net"], "time": [first, first + 1]}
    return Point(
        4,
        "eager",
        status,  # type: ignore[arg-type]
        wall_ns=[first, first + 1],
        kernels=[7, 7],
        peak_memory_bytes=first,
        layers=layers,
        components={"step": [1, 2], "component": ["a", "a"]},
        **more,  # type: ignore[arg-type]
    )


def test_repeats_and_steps_are_counted_on() -> None:
    point = merged([part(10), part(30), part(20)])
    assert point.wall_ns == [10, 11, 30, 31, 20, 21]
    assert point.kernels == [7] * 6
    assert point.peak_memory_bytes == 30
    assert point.layers["repeat"] == [0, 1, 2, 3, 4, 5]
    assert point.layers["step"] == [1, 2, 3, 4, 5, 6]
    assert point.layers["time"] == [10, 11, 30, 31, 20, 21]
    assert point.components["step"] == [1, 2, 3, 4, 5, 6]


def test_one_is_itself_and_a_failed_one_stands_for_all() -> None:
    assert merged([part(10)]) == part(10)
    failed = part(20, "oom", message="too much")
    assert merged([part(10), failed]) == failed


def test_notes_are_said_once_and_the_worst_deviation_counts() -> None:
    found = merged(
        [
            part(1, notes=["n"], deviation=0.1, prepare_ns=5),
            part(2, notes=["n", "m"], deviation=0.2, prepare_ns=4),
        ]
    )
    assert (found.notes, found.deviation, found.prepare_ns) == (["n", "m"], 0.2, 5)


class Counting:
    """An engine that measures nothing and counts: each process says that the memory was not enough."""

    def __init__(self, ok: int) -> None:
        self.jobs: list[Job] = []
        self._ok = ok

    def measure(self, job: Job, advance: object) -> Point:
        self.jobs.append(job)
        if len(self.jobs) > self._ok:
            return Point(job.batch_size, job.plan.variant, "oom", "too much")
        return part(len(self.jobs))


def test_each_point_is_measured_in_so_many_processes_until_one_fails(tmp_path: Path) -> None:
    plan = Plan(target={}, batch_sizes=(4,), repeats=2, processes=3)
    engine = Counting(ok=1)
    (tmp_path / "run.json").write_text("{}")
    run = carry_out(plan, engine, tmp_path, fresh=True)
    assert [job.fresh for job in engine.jobs] == [True, False]
    assert run.points()["status"].tolist() == ["oom"]


def test_the_progress_counts_the_forwards_of_all_processes() -> None:
    plan = Plan(target={}, batch_sizes=(4,), repeats=2, warmup=1, processes=3)
    assert plan.forwards() == 3 * (1 + 2 + 2 + 1)
