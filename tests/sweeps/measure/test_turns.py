"""Processes that take turns: who works when, what they are told, and when there is no room."""

import os
import threading
from pathlib import Path

import pytest

from samprof.sweeps.inputs import Arguments
from samprof.sweeps.measure.cpu_counters import usable_cpus
from samprof.sweeps.measure.engines import ThisProcess
from samprof.sweeps.measure.forked import Forked
from samprof.sweeps.measure.forwards import Forwards
from samprof.sweeps.measure.job import Job
from samprof.sweeps.measure.latency import cross_core_latency_ns
from samprof.sweeps.measure.machine_state import SWITCH
from samprof.sweeps.measure.turns import TurnOf, has_room
from samprof.sweeps.plan import Plan
from samprof.sweeps.target import Recipe
from tests.support.paths import ROOT
from tests.support.targets import net

MEMORY = "MemTotal: 900 kB\nMemAvailable:     400 kB\n"


@pytest.mark.parametrize("latency", [31.5, None])
def test_a_turn_tells_the_latency_read_before_it(latency: float | None) -> None:
    giver = TurnOf()
    told: list[float | None] = []
    process = threading.Thread(target=lambda: told.append(giver.turn()))
    process.start()
    giver.taken_back()  # it has handed its turn on, and waits
    giver.give(latency)
    process.join()
    assert told == [latency]
    giver.forked()
    giver.close()


def test_where_nobody_gives_turns_any_more_a_process_ends() -> None:
    giver = TurnOf()
    giver.close()
    read, write = os.pipe()
    giver.turn._done = write
    with pytest.raises(EOFError):
        giver.turn()
    for end in (read, write):
        os.close(end)
    giver.forked()


@pytest.mark.parametrize(
    ("peak", "size", "fits"), [(100, 2, True), (101, 2, False), (200, 1, True)]
)
def test_another_process_may_take_half_of_the_memory_left(
    tmp_path: Path, peak: int, size: int, fits: bool
) -> None:
    # One of size 1 took so many kB at most: one of size 2 is taken for twice as much.
    (tmp_path / "meminfo").write_text(MEMORY)
    (tmp_path / "7").mkdir()
    (tmp_path / "7" / "status").write_text(f"Name: x\nVmHWM: {peak} kB\n")
    assert has_room([(7, 1)], size, tmp_path) is fits


def test_where_memory_is_not_known_there_is_no_room(tmp_path: Path) -> None:
    assert not has_room([(7, 1)], 1, tmp_path)
    (tmp_path / "meminfo").write_text("MemTotal: 900 kB\n")
    assert not has_room([(7, 1)], 1, tmp_path)


class Turns:
    """Gives turns at once, and tells a latency that grows by one."""

    def __init__(self) -> None:
        self.taken = 0

    def __call__(self) -> float:
        self.taken += 1
        return float(self.taken)


def in_turns(last_ns: int) -> tuple[Forwards, Turns]:
    turns = Turns()
    forward = Forwards(lambda: None, Arguments(), reference=lambda: 500, turn=turns)  # type: ignore[arg-type]
    forward.last_ns = last_ns
    return forward, turns


@pytest.mark.parametrize(
    ("last_ns", "repeats", "turns", "forwards"),
    [
        (1_000_000, None, 7, 24),  # six turns of four, and the last one is handed on
        (50_000_000, None, 7, 12),
        (300_000_000, None, 7, 6),
        (300_000_000, 2, 3, 2),
    ],
)
def test_a_series_in_turns(last_ns: int, repeats: int | None, turns: int, forwards: int) -> None:
    forward, taken = in_turns(last_ns)
    assert len(forward.series(repeats, in_turns=True)) == forwards
    assert taken.taken == turns
    assert forward.turns == turns - 1
    assert forward.reference_ns == [500] * (2 * forwards)
    at_once = forwards // (turns - 1)
    around = [(n, n + 1) for n in range(1, turns) for _ in range(at_once)]
    assert forward.latency_ns == [float(end) for pair in around for end in pair]


@pytest.mark.parametrize("last_ns", [0, 2_000_000_001])
def test_slow_forwards_and_those_of_unknown_time_take_no_turns(last_ns: int) -> None:
    forward, turns = in_turns(last_ns)
    assert len(forward.series(1, in_turns=True)) == 1
    assert (turns.taken, forward.turns, forward.latency_ns) == (0, 0, [])


def test_a_series_takes_no_turns_unasked() -> None:
    forward, turns = in_turns(1_000_000)
    forward.series(2)
    assert turns.taken == 0


def recipe(factory: str) -> Recipe:
    return Recipe(f"tests.support.targets:{factory}", {})


def jobs(out: Path, sizes: tuple[int, ...], *, timed: bool = True, repeats: int = 3) -> list[Job]:
    plan = Plan(net().description(), sizes=sizes, repeats=repeats, warmup=1)
    return [Job(plan, size, out, timed=timed, recorded=not timed) for size in sizes]


@pytest.fixture(autouse=True)
def _workers_find_the_factories(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


GOING_ROUND = [1, 2, 2, 1, 1, 2]
"""One forward of each size, thrice, every other time in the other order."""


def test_the_processes_of_a_round_go_round(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(SWITCH)
    is_read = cross_core_latency_ns(usable_cpus()) is not None  # on one CPU it is not
    told: list[int] = []
    with Forked(recipe("net")) as engine:
        samples = engine.measure_together(
            jobs(tmp_path, (1, 2)), lambda job, _: told.append(job.size)
        )
        alone = engine.measure(jobs(tmp_path, (1,))[0])
    assert told == [1, 2, *GOING_ROUND]  # each warms up by itself
    for size, sample in zip((1, 2), samples, strict=True):
        assert (sample.size, sample.status, sample.turns) == (size, "ok", 3)
        assert len(sample.wall_ns) == 3
        assert len(sample.reference_ns) == 6
        assert len(sample.latency_ns) == (6 if is_read else 0)
        assert sample.cpu_s > 0
    assert (alone.status, alone.turns, alone.latency_ns) == ("ok", 0, [])


def test_recorded_forwards_take_turns_too(tmp_path: Path) -> None:
    told: list[int] = []
    with Forked(recipe("net")) as engine:
        samples = engine.measure_together(
            jobs(tmp_path, (1, 2), timed=False), lambda job, _: told.append(job.size)
        )
    # Page faults are counted in two forwards, and a third gets the profiler going; after the turns two
    # more are for what is counted under the profiler.
    assert told == [1, 1, 1, 2, 2, 2, *GOING_ROUND, 2, 2, 1, 1]
    for sample in samples:
        assert (sample.status, sample.turns) == ("ok", 3)
        assert len(sample.recorded_wall_ns) == 3
        assert sample.check["ok"]
        assert {"flops", "cpu_total_ns"} <= set(sample.layers)


def test_a_process_that_dies_leaves_the_others_their_turns(tmp_path: Path) -> None:
    with Forked(recipe("killed_at_four")) as engine:
        samples = engine.measure_together(jobs(tmp_path, (1, 4, 2)))
    assert [(one.size, one.status) for one in samples] == [
        (1, "ok"),
        (4, "interrupted"),
        (2, "ok"),
    ]
    assert "SIGKILL" in samples[1].message


def test_an_engine_of_one_process_takes_no_turns(tmp_path: Path) -> None:
    assert ThisProcess(net).measure_together(jobs(tmp_path, (1, 2))) is None
