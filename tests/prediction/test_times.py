"""The time of an op: the roofline by hand, tiles and waves, the floor."""

import pytest

from samprof.prediction.shares import Shares
from samprof.prediction.times import filled, op_times
from tests.prediction.works import PLAIN, work

SHARES = Shares({"matmul/float32": 0.5}, {"elementwise": 0.8, "matmul": 0.25}, floor_ns=2_000)


def test_the_larger_of_computing_and_moving_and_the_floor() -> None:
    table = work(
        {"bytes": 8_000_000},  # 8 us at the peak, 10 at its share
        {"kind": "matmul", "flops": 10**9, "bytes": 4, "batch": 1, "m": 1280, "n": 1280},
        {"kind": "matmul", "flops": 10, "bytes": 1_000_000, "batch": 1, "m": 1280, "n": 1280},
        {"bytes": 80},
    )
    # 10 x 10 tiles fill 100 cores: 10^9 FLOPs take 100 us at the peak, 200 at half of it.
    found = op_times(table, PLAIN, SHARES)
    assert found["time_ns"].tolist() == [12_000, 202_000, 6_000, 2_000]
    assert found["bound"].tolist() == ["memory", "compute", "memory", "launch"]


@pytest.mark.parametrize(
    ("m", "n", "wanted"),
    [
        (1280, 1280, 1.0),  # 100 tiles of 128 x 128 on 100 cores
        # 110 tiles of 128 need two waves; 220 of 128 x 64 need three, which are shorter
        (1281, 1280, 0.85 * 1281 * 1280 / (3 * 100 * 128 * 64)),
        (6400, 128, 0.85),  # 50 tiles of 128, or 100 of 128 x 64, which run at 0.85
    ],
)
def test_tiles_and_waves(m: int, n: int, wanted: float) -> None:
    table = work({"kind": "matmul", "batch": 1, "m": m, "n": n, "flops": 1})
    assert filled(table, PLAIN)[0] == pytest.approx(wanted)


def test_attention_pads_queries_and_keys_to_tiles() -> None:
    table = work({"kind": "attention", "batch": 50, "m": 196, "n": 196, "flops": 1})
    # 2 tiles of queries each, 100 in all; keys are padded to 256 as well.
    assert filled(table, PLAIN)[0] == pytest.approx((196 / 256) ** 2)


def test_all_other_classes_have_no_tiles() -> None:
    assert filled(work({"m": 3, "n": 3, "batch": 1}), PLAIN).tolist() == [1.0]


def test_half_the_bandwidth_takes_twice_as_long() -> None:
    table = work({"bytes": 10**8})
    shares = Shares({}, {"elementwise": 1.0}, floor_ns=0)
    slower = Shares({}, {"elementwise": 0.5}, floor_ns=0)
    once, twice = (op_times(table, PLAIN, one)["time_ns"][0] for one in (shares, slower))
    assert (once, twice) == (100_000, 200_000)
