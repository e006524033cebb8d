"""Processes that take turns: who works when, and what they are told."""

import os
import threading
from pathlib import Path

import pytest

from samprof.sweeps.inputs import Arguments
from samprof.sweeps.measure.engines import ThisProcess
from samprof.sweeps.measure.forwards import Forwards
from samprof.sweeps.measure.job import Job
from samprof.sweeps.measure.machine.cpu_counters import usable_cpus
from samprof.sweeps.measure.machine.latency import cross_core_latency_ns
from samprof.sweeps.measure.machine.state import SWITCH
from samprof.sweeps.measure.processes import forked
from samprof.sweeps.measure.processes.forked import Forked
from samprof.sweeps.measure.turns import AloneError, Given, TurnOf
from samprof.sweeps.plan import Plan
from samprof.sweeps.target import Recipe
from tests.support.paths import ROOT
from tests.support.targets import net


@pytest.mark.parametrize(("latency", "is_enough"), [(31.5, False), (None, False), (31.5, True)])
def test_a_turn_tells_the_latency_read_before_it(latency: float | None, is_enough: bool) -> None:
    giver = TurnOf()
    told: list[Given] = []
    process = threading.Thread(target=lambda: told.append(giver.turn()))
    process.start()
    giver.taken_back()  # it has handed its turn on, and waits
    giver.give(latency, is_enough=is_enough)
    process.join()
    assert told == [Given(latency, is_enough)]
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


class Turns:
    """Gives turns at once, and tells a latency that grows by one.

    Args:
        enough: how many turns are.
    """

    def __init__(self, enough: int = 99) -> None:
        self.taken, self.enough = 0, enough

    def __call__(self) -> Given:
        self.taken += 1
        return Given(float(self.taken), is_enough=self.taken > self.enough)


def in_turns(last_ns: int, enough: int = 99) -> tuple[Forwards, Turns]:
    turns = Turns(enough)
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


@pytest.mark.parametrize(("repeats", "turns"), [(None, 3), (5, 5)])
def test_turns_end_when_they_took_long_unless_so_many_are_asked(
    repeats: int | None, turns: int
) -> None:
    forward, taken = in_turns(300_000_000, enough=3)
    assert len(forward.series(repeats, in_turns=True)) == forward.turns == turns
    assert taken.taken == turns + 1


@pytest.mark.parametrize("last_ns", [0, 2_000_000_001])
def test_slow_forwards_and_those_of_unknown_time_take_no_turns(last_ns: int) -> None:
    forward, turns = in_turns(last_ns)
    assert len(forward.series(1, in_turns=True)) == 1
    assert (turns.taken, forward.turns, forward.latency_ns) == (0, 0, [])


def test_where_there_are_no_others_a_series_takes_no_turns() -> None:
    def alone() -> Given:
        raise AloneError

    forward = Forwards(lambda: None, Arguments(), turn=alone)
    forward.last_ns = 300_000_000
    assert len(forward.series(in_turns=True)) == 3
    assert (forward.turns, forward.latency_ns) == (0, [])


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
    # Each warms up, page faults are counted in two forwards, and another gets the profiler going; after
    # the turns two more are for what is counted under the profiler.
    assert told == [1, 1, 1, 1, 2, 2, 2, 2, *GOING_ROUND, 2, 2, 1, 1]
    for sample in samples:
        assert (sample.status, sample.turns) == ("ok", 3)
        assert len(sample.recorded_wall_ns) == 3
        assert sample.check["ok"]
        assert {"flops", "cpu_total_ns"} <= set(sample.layers)


def test_where_there_is_no_room_each_works_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forked, "_SERVER", "tests.support.cramped_server")
    told: list[int] = []
    with Forked(recipe("net")) as engine:
        samples = engine.measure_together(
            jobs(tmp_path, (1, 2, 4)), lambda job, _: told.append(job.size)
        )
    assert told == [1] * 4 + [2] * 4 + [4] * 4  # each warms up first
    assert [(one.size, one.status, one.turns) for one in samples] == [
        (size, "ok", 0) for size in (1, 2, 4)
    ]


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
