"""The scaling table and the verdict on hand-made layers."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from samprof.analysis.scaling import batch_sizes_of, by_role, classify, scaling_table
from samprof.analysis.verdict import verdict
from samprof.errors import RunError

SIZES = (1, 2, 4)
Time = Callable[[int], float]
# root: half of its time in a block, which spends all of it in attention and MLP.
TREE: list[tuple[str, int, str, Time, Time]] = [
    # path, depth, role, total, self
    ("enc", 0, "image encoder", lambda b: 100 + 100 * b, lambda b: 100.0),
    ("enc.block", 1, "window block", lambda b: 100 * b, lambda b: 0.0),
    ("enc.block.attn", 2, "window attention", lambda b: 75 * b, lambda b: 75 * b),
    ("enc.block.mlp", 2, "MLP", lambda b: 25 * b, lambda b: 25 * b),
]


def layers(repeats: int = 3, sizes: tuple[int, ...] = SIZES) -> pd.DataFrame:
    rows = [
        {
            "path": path,
            "depth": depth,
            "type": "",
            "role": role,
            "clock": "cpu",
            "variant": "eager",
            "batch_size": size,
            "repeat": repeat,
            "step": repeat,
            "calls": 1,
            "time_ns": total(size),
            "self_ns": own(size),
        }
        for size in sizes
        for repeat in range(repeats)
        for path, depth, role, total, own in TREE
    ]
    return pd.DataFrame(rows)


def points(sizes: tuple[int, ...] = SIZES, oom: tuple[int, ...] = ()) -> pd.DataFrame:
    rows = [
        {
            "batch_size": b,
            "variant": "eager",
            "status": "ok",
            "peak_memory_bytes": b * 2**20,
            "distortion": 1.02,
        }
        for b in sizes
    ]
    rows += [{"batch_size": b, "variant": "eager", "status": "oom"} for b in oom]
    return pd.DataFrame(rows)


def test_the_table_gives_times_gains_fits_and_classes() -> None:
    table = scaling_table(layers()).set_index("path")
    assert batch_sizes_of(table) == [1, 2, 4]
    root = table.loc["enc"]
    assert [root[f"time_ns_{b}"] for b in SIZES] == [200, 300, 500]
    assert [root[f"image_ns_{b}"] for b in SIZES] == [200, 150, 125]
    # Time of an image at batch 1 over that at b: 200/200, 200/150, 200/125.
    assert [root[f"gain_{b}"] for b in SIZES] == pytest.approx([1.0, 4 / 3, 1.6])
    assert root["gain"] == pytest.approx(1.6)
    assert (root["fixed_ns"], root["per_image_ns"]) == (100.0, 100.0)
    assert table["class"].tolist() == ["sub-linear", "linear", "linear", "linear"]
    assert table.loc["enc.block.mlp", "exponent"] == pytest.approx(1.0)
    assert set(table["note"]) == {""}


def test_a_wide_row_says_so() -> None:
    data = layers(repeats=4)
    data.loc[(data["path"] == "enc.block.mlp") & (data["repeat"] >= 2), "time_ns"] *= 2
    table = scaling_table(data).set_index("path")
    # Repeats 1, 1, 2, 2 times the time: quartiles 1 and 2, median 1.5.
    assert table.loc["enc.block.mlp", "note"] == "wide: interquartile range 67%"
    assert table.loc["enc.block.attn", "note"] == ""


def test_one_batch_size_has_no_growth() -> None:
    table = scaling_table(layers(sizes=(2,)))
    assert set(table["class"]) == {"uncertain"}
    assert table["exponent"].isna().all()


def test_roles_partition_the_time_of_the_whole() -> None:
    roles = by_role(layers())
    for (size, repeat), part in roles.groupby(["batch_size", "repeat"]):
        assert part["time_ns"].sum() == 100 + 100 * size, repeat
    assert set(roles["path"]) == {
        "rest of image encoder",
        "rest of window block",
        "window attention",
        "MLP",
    }


@pytest.mark.parametrize(
    ("low", "high", "name"),
    [
        (0.0, 0.1, "free"),
        (0.11, 0.9, "sub-linear"),
        (0.91, 1.1, "linear"),
        (1.11, 2.0, "super-linear"),
        (0.05, 0.15, "uncertain"),
        (0.8, 1.2, "uncertain"),
        (np.nan, np.nan, "uncertain"),
    ],
)
def test_a_class_holds_for_the_whole_interval(low: float, high: float, name: str) -> None:
    assert classify(low, high) == name


@given(factor=st.integers(2, 1000))
def test_scaling_does_not_depend_on_the_unit_of_time(factor: int) -> None:
    data = layers()
    slower = data.assign(time_ns=data["time_ns"] * factor)
    table, other = scaling_table(data), scaling_table(slower)
    assert table["class"].tolist() == other["class"].tolist()
    assert other["gain"].tolist() == pytest.approx(table["gain"].tolist())
    assert other["per_image_ns"].tolist() == pytest.approx(
        (table["per_image_ns"] * factor).tolist()
    )


def test_the_verdict_when_batching_helps() -> None:
    # 200, 300, 500 ns a batch: 5.0, 6.67, 8.0 million images a second.
    wall = {1: [200] * 3, 2: [300] * 3, 4: [500] * 3}
    found = verdict(points(), wall, layers())
    assert found.best_batch_size == 4
    assert (found.gain, found.gain_low, found.gain_high) == pytest.approx((1.6, 1.6, 1.6))
    assert found.images_per_s == pytest.approx(8e6)
    # At batch 4 an image takes 25 (rest), 75 (attention), 25 (MLP) of 125 ns.
    assert found.blame == ("window attention", "MLP")
    assert [(entry.role, entry.share, entry.gain) for entry in found.blame_details] == [
        ("window attention", pytest.approx(0.6), pytest.approx(1.0)),
        ("MLP", pytest.approx(0.2), pytest.approx(1.0)),
    ]
    text = str(found)
    assert "Batching helps: batch 4 gives 1.60 times the throughput of batch 1" in text
    assert "window attention (60% of an image's time, gain 1.00)" in text
    assert "50% of batch 1 is what a larger batch can share" in text
    assert "Run batch 4: 8000000 images/s with 4.00 MiB" in text


def test_the_verdict_when_batching_does_not_help() -> None:
    wall = {1: [100] * 3, 2: [198] * 3, 4: [392] * 3}
    found = verdict(points(oom=(8,)), wall, layers())
    assert found.best_batch_size == 1
    assert found.gain == 1.0
    assert "Batching barely helps: batch 4 gives 1.02 times" in str(found)
    assert "Run batch 1" in str(found)
    assert "batch 8 did not fit in memory" in str(found)


def test_the_verdict_when_batching_costs() -> None:
    # t/b = 100, 150, 200 ns: a line through them would start below zero.
    found = verdict(points(), {1: [100] * 3, 2: [300] * 3, 4: [800] * 3}, layers())
    assert found.best_batch_size == 1
    assert "Batching does not help, it costs: batch 4 gives 0.5 times" in str(found)
    assert "a batch shares nothing: each image costs 150 ns." in str(found)


def test_the_smallest_batch_within_five_percent_of_the_best_is_advised() -> None:
    # Images a second, relative: 1, 1.92, 2.0.
    wall = {1: [1000] * 3, 2: [1042] * 3, 4: [2000] * 3}
    assert verdict(points(), wall, layers()).best_batch_size == 2


def test_a_wide_spread_of_repeats_is_said() -> None:
    wall = {1: [200] * 4, 2: [300, 300, 390, 400], 4: [500] * 4}
    # Quartiles of 300, 300, 390, 400: 300 and 392.5; median 345.
    assert "repeats at batch 2 spread by 27%" in str(verdict(points(), wall, layers()))
    assert "spread" not in str(verdict(points(), {1: [200] * 4}, layers(sizes=(1,))))


def test_forwards_that_are_faster_under_the_profiler_raise_a_doubt() -> None:
    table = points()
    table.loc[table["batch_size"] == 1, "distortion"] = 0.5
    found = verdict(table, {1: [200] * 3, 2: [300] * 3, 4: [500] * 3}, layers())
    assert "at batch 1 forwards took 2.00 times as long without the profiler" in str(found)


def test_a_profiler_that_slows_the_forward_raises_a_doubt() -> None:
    table = points()
    table.loc[table["batch_size"] == 2, "distortion"] = 1.5
    found = verdict(table, {1: [200] * 3, 2: [300] * 3, 4: [500] * 3}, layers())
    assert "at batch 2 forwards took 1.50 times as long under the profiler" in str(found)


def test_a_verdict_needs_a_point() -> None:
    with pytest.raises(RunError, match="no batch size ran to its end"):
        verdict(points(sizes=(), oom=(1,)), {}, layers())
