"""The energy of a size beside the smallest: its sentence, and its columns in the scaling table."""

import numpy as np
import pandas as pd
import pytest

from samprof.analysis.scaling.axis import BATCH_SIZE
from samprof.analysis.verdict.energy import energy_sentence, with_energy

TABLE = pd.DataFrame({"path": ["net", "net.a"], "depth": [0, 1]})


def energy(*rows: tuple[int, int, float, float]) -> pd.DataFrame:
    """Rows of size, round, joules per unit and watts."""
    return pd.DataFrame(rows, columns=["size", "round", "energy_per_unit_j", "power_w"])


ROUNDS = ((10.0, 300.0), (15.0, 305.0), (20.0, 310.0))
TWO = energy(
    *((1, number, joules, watts) for number, (joules, watts) in enumerate(ROUNDS)),
    *((8, number, 0.8 * joules, watts + 100) for number, (joules, watts) in enumerate(ROUNDS)),
)


def test_ratios_are_of_one_round_and_have_an_interval() -> None:
    # 8 / 10, 12 / 15, 16 / 20: the same in all rounds, whatever the rounds themselves are like.
    assert energy_sentence(TWO, 8, BATCH_SIZE) == (
        "Batch 8 uses 0.80x the energy per image of batch 1 (95% CI 0.80-0.80): 12.0 J at 405 W "
        "instead of 15.0 J at 305 W."
    )


def test_the_largest_is_told_where_the_smallest_is_the_best() -> None:
    assert energy_sentence(TWO, 1, BATCH_SIZE).startswith("Batch 8 uses 0.80x")
    assert energy_sentence(TWO, 4, BATCH_SIZE).startswith("Batch 8 uses 0.80x")  # not measured


@pytest.mark.parametrize("rows", [[], [(1, 0, np.nan, np.nan), (8, 0, np.nan, np.nan)]])
def test_nothing_is_said_where_nothing_was_measured(
    rows: list[tuple[int, int, float, float]],
) -> None:
    assert energy_sentence(energy(*rows), 8, BATCH_SIZE) == ""
    assert with_energy(TABLE, energy(*rows)).equals(TABLE)
    one = [*rows, (1, 1, 10.0, 300.0)]
    assert energy_sentence(energy(*one), 8, BATCH_SIZE) == ""


def test_only_the_whole_has_energy() -> None:
    found = with_energy(TABLE, TWO)
    assert found["unit_energy_smallest_j"].tolist()[0] == 15.0
    assert found["unit_energy_largest_j"].tolist()[0] == 12.0
    assert found.iloc[1][["unit_energy_smallest_j", "unit_energy_largest_j"]].isna().all()
