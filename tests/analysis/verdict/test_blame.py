"""Who holds larger sizes back."""

import numpy as np
import pytest

from samprof.analysis.scaling.axis import BATCH_SIZE
from samprof.analysis.verdict.blame import blame_sentence, blamed
from tests.analysis.scaling.test_scaling import layers


@pytest.mark.parametrize(
    ("claim", "roles"),
    [
        ("helps", ["window attention", "MLP"]),  # both stay the same
        ("no gain", ["window attention", "MLP"]),
        ("hurts", []),
        ("undecided", []),
    ],
)
def test_what_stays_the_same_keeps_a_gain_small_but_hurts_nobody(
    claim: str, roles: list[str]
) -> None:
    assert [entry.role for entry in blamed(layers(), BATCH_SIZE, claim)] == roles


def test_a_layer_that_loses_is_blamed_where_batching_hurts() -> None:
    slow = layers()
    attention = slow["path"] == "enc.block.attn"
    slow.loc[attention, "self_ns"] *= slow["size"]
    # 300 of 300 + 25 (rest) + 25 (MLP) ns per image at batch 4; 75 against 300.
    assert blame_sentence(blamed(slow, BATCH_SIZE, "hurts"), BATCH_SIZE) == (
        "Window attention (86% of the time per image at batch 4, 0.25x, 95% CI 0.25-0.25) holds it back."
    )


def test_a_layer_of_little_time_is_not_blamed() -> None:
    small = layers()
    small.loc[small["path"] == "enc.block.mlp", "self_ns"] *= 0.2
    # 5 of 105 ns per image at batch 4 are less than 5 %.
    found = blamed(small, BATCH_SIZE, "helps")
    assert [entry.role for entry in found] == ["window attention"]


@pytest.mark.parametrize(
    ("spread", "blame"), [(0.05, ["window attention", "MLP"]), (0.06, ["MLP"])]
)
def test_what_may_gain_within_the_interval_that_is_printed_is_not_blamed(
    spread: float, blame: list[str]
) -> None:
    # Logs of +-0.06 in four rounds: the 90 % interval ends at 1.08x, in the band, and that of 95 % at
    # 1.12x, beyond it. With +-0.05 that is 1.10x, just within.
    varied = layers(rounds=4)
    attention = (varied["path"] == "enc.block.attn") & (varied["size"] == varied["size"].max())
    varied.loc[attention, "self_ns"] *= np.exp(spread * (-1.0) ** varied["round"])
    found = blamed(varied, BATCH_SIZE, "no gain")
    assert [entry.role for entry in found] == blame
