"""What bounds a layer: the rule, case by case."""

from typing import Any

import pandas as pd
import pytest

from samprof.analysis.device.roofline import Roof, roof_of, roofline, with_bound

ROOF = Roof(flops_per_s=1000e9, bytes_per_s=100e9)


def layers(**values: Any) -> pd.DataFrame:
    """One layer of 1 ms, three repeats; 100 MFLOP and 10 MB: a tenth of both peaks."""
    row = {"path": "net", "depth": 0, "role": "", "type": "Net", "time_source": "device", "size": 1}
    row |= {"time_ns": 1_000_000, "flops": 100_000_000, "bytes": 10_000_000}
    row |= {"ops_without_formula": 0, "device_busy_ns": 1_000_000}
    row |= {"device_gap_ns": 0, "launch_gap_ns": 0, **values}
    return pd.DataFrame([row | {"repeat": repeat} for repeat in range(3)])


@pytest.mark.parametrize(
    ("values", "bound"),
    [
        ({"flops": 800_000_000}, "compute"),
        ({"bytes": 80_000_000}, "memory"),
        ({"launch_gap_ns": 1_000_000, "device_gap_ns": 1_000_000}, "launch"),
        ({"launch_gap_ns": 900_000, "device_gap_ns": 900_000, "flops": 800_000_000}, "compute"),
        ({"launch_gap_ns": 100_000, "device_gap_ns": 1_300_000}, "idle"),
        ({"flops": 0, "bytes": 0}, "unknown"),
        ({"flops": 0, "bytes": 50_000_000}, "memory"),
        ({"flops": 499_000_000, "bytes": 30_000_000}, "unknown"),
        ({}, "unknown"),
    ],
)
def test_the_rule(values: dict[str, int], bound: str) -> None:
    (row,) = roofline(layers(**values), ROOF).to_dict("records")
    assert row["bound"] == bound


@pytest.mark.parametrize(("share", "bound"), [(0.06, "paging"), (0.05, "compute")])
def test_paging_comes_before_everything(share: float, bound: str) -> None:
    table = roofline(layers(flops=800_000_000), ROOF, {"net": share, "other": 0.9})
    assert table["bound"].tolist() == [bound]


def test_rates_and_shares() -> None:
    (row,) = roofline(layers(), ROOF).to_dict("records")
    assert row["intensity"] == 10
    assert (row["flops_per_s"], row["bytes_per_s"]) == (pytest.approx(100e9), pytest.approx(10e9))
    assert (row["flops_share"], row["bytes_share"]) == (pytest.approx(0.1), pytest.approx(0.1))
    assert ROOF.ridge == 10


def test_repeats_are_reduced_to_their_median() -> None:
    table = layers()
    table["time_ns"] = [500_000, 1_000_000, 90_000_000]
    assert roofline(table, ROOF)["time_ns"].tolist() == [1_000_000]


def test_without_peaks_the_rates_are_there_and_the_bound_is_not() -> None:
    (row,) = roofline(layers(), None).to_dict("records")
    assert row["flops_per_s"] == pytest.approx(100e9)
    assert row["flops_share"] != row["flops_share"]
    assert row["bound"] == "unknown"


def test_without_shapes_there_is_nothing() -> None:
    table = roofline(layers().drop(columns="flops"), ROOF)
    assert table.empty
    scaling = pd.DataFrame({"path": ["net"], "bound": ["unknown"]})
    assert with_bound(scaling, table).equals(scaling)


def test_the_bound_of_a_path_is_that_at_the_largest_batch() -> None:
    small, large = layers(flops=800_000_000), layers(bytes=80_000_000, size=4)
    table = roofline(pd.concat([small, large]), ROOF)
    scaling = pd.DataFrame({"path": ["net", "other"], "bound": ["unknown"] * 2})
    assert with_bound(scaling, table)["bound"].tolist() == ["memory", "unknown"]


@pytest.mark.parametrize(
    "peaks",
    [
        None,
        {},
        {"flops_per_s": {"float32": 0}, "bytes_per_s": 1},
        {"flops_per_s": 3},
        {"flops_per_s": {"float32": 1e12}},
        {"flops_per_s": {"float16": 1.0}, "bytes_per_s": 1.0},
    ],
)
def test_peaks_that_lack_something_are_no_roof(peaks: Any) -> None:
    assert roof_of(peaks, "float32") is None


def test_a_roof_is_of_the_dtype_that_ran() -> None:
    peaks = {"flops_per_s": {"float32": 1e12, "bfloat16": 4e12}, "bytes_per_s": 1e11}
    assert roof_of(peaks, "bfloat16") == Roof(4e12, 1e11)


def test_what_pages_is_known_without_shapes() -> None:
    scaling = pd.DataFrame({"path": ["net", "net.a"], "bound": ["unknown", "unknown"]})
    none = roofline(pd.DataFrame({"path": ["net"], "size": [1]}), None)
    found = with_bound(scaling, none, {"net": 0.04, "net.a": 0.31})
    assert found["bound"].tolist() == ["unknown", "paging"]
