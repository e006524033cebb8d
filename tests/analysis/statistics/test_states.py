"""The machine's states, found in readings as they were measured."""

import numpy as np
import pandas as pd
import pytest

from samprof.analysis.statistics.states import States, find_states, main_state, why_not_clean


def test_near_and_far_are_told_apart() -> None:
    rng = np.random.default_rng(14)
    near, far = rng.uniform(24, 40, 30), rng.uniform(120, 220, 12)
    states = find_states([*near, None, *far, float("nan")])
    assert states.names == ("near", "far")
    assert 40 < states.borders[0] < 120
    assert {states.state_of(one, one) for one in near} == {"near"}
    assert {states.state_of(one, one) for one in far} == {"far"}
    assert states.state_of(near[0], far[0]) == states.state_of(far[0], near[0]) == "mixed"


@pytest.mark.parametrize("spread", [0.02, 0.05, 0.1])
@pytest.mark.parametrize("count", [2, 10, 100])
def test_one_noisy_state_stays_one(spread: float, count: int) -> None:
    for seed in range(50):
        readings = 150 * np.exp(spread * np.random.default_rng(seed).standard_normal(count))
        assert find_states(readings) == States()


def test_three_states_at_most() -> None:
    assert find_states([10, 11, 30, 33, 100, 110]).names == ("near", "between", "far")
    # 10 | 30, 30 | 100 and 100 | 900 are gaps of 3, 3.3 and 9: the two widest count.
    found = find_states([10, 30, 100, 900])
    assert found.names == ("near", "between", "far")
    assert found.state_of(10, 30) == "near"


def test_without_readings_there_is_one_state_without_a_name() -> None:
    for readings in ([], [None, float("nan")], [150.0]):
        states = find_states(readings)
        assert states == States()
        assert states.state_of(None, None) == states.state_of(12, 900) == ""


def test_one_reading_is_enough_for_a_sample() -> None:
    states = States((70.0,))
    assert states.state_of(None, 25.0) == "near"
    assert states.state_of(200.0, float("nan")) == "far"
    assert states.state_of(None, None) == ""


@pytest.mark.parametrize(
    ("foreign", "pressure", "state", "words"),
    [
        (0.05, 0.05, "near", ""),
        (None, None, "", ""),
        (float("nan"), float("nan"), "far", ""),
        (0.70, 0.0, "near", "foreign processes used 0.70 of the CPU"),
        (0.0, 0.5, "near", "the CPU was contended 0.50 of the time"),
        (0.0, 0.11, "near", "the CPU was contended 0.11 of the time"),
        (0.0, 0.10, "near", ""),
        (0.0, 0.0, "mixed", "the machine changed its state meanwhile"),
        (
            0.7,
            0.5,
            "mixed",
            "foreign processes used 0.70 of the CPU and the CPU was contended 0.50 of the time and "
            "the machine changed its state meanwhile",
        ),
    ],
)
def test_reasons_are_said_in_words(
    foreign: float | None, pressure: float | None, state: str, words: str
) -> None:
    assert why_not_clean(foreign, pressure, state) == words


def test_stolen_time_is_why_the_cpus_were_slow() -> None:
    stolen = "the hypervisor withheld 0.45 of the CPU (steal)"
    assert why_not_clean(0.0, 0.0, slowed_to=0.22, steal_share=0.45) == stolen
    assert why_not_clean(0.0, 0.0, steal_share=0.45) == stolen
    assert why_not_clean(0.7, 0.0, steal_share=0.45) == (
        f"{stolen} and foreign processes used 0.70 of the CPU"
    )
    slow = "the CPUs ran at 0.22 of their usual speed"
    for little in (0.05, None, float("nan")):
        assert why_not_clean(0.0, 0.0, slowed_to=0.22, steal_share=little) == slow
        assert why_not_clean(0.0, 0.0, steal_share=little) == ""


def samples(*rows: tuple[int, int, str, bool]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["round", "size", "state", "clean"])
    return table.assign(latency_ns=table["state"].map({"near": 27.0, "far": 165.0, "mixed": 90.0}))


def test_the_main_state_has_the_most_complete_rounds() -> None:
    near = [(0, 1, "near", True), (0, 2, "near", True), (1, 1, "near", True)]
    far = [(r, size, "far", True) for r in (2, 3) for size in (1, 2)]
    assert main_state(samples(*near, *far)) == "far"
    # One sample that is not clean breaks a round; of one each the faster state is chosen.
    far[0] = (2, 1, "far", False)
    assert main_state(samples(*near, *far)) == "near"
    assert main_state(samples((0, 1, "mixed", True), (0, 2, "mixed", False))) == ""


def test_a_machine_with_one_state_has_no_name_for_it() -> None:
    table = samples((0, 1, "", True), (0, 2, "", True)).drop(columns="latency_ns")
    assert main_state(table) == ""
