"""Comparing two measurements: hand-made repeats, and what holds for any."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from samprof.analysis.compare import (
    REGION_IN_A,
    REGION_IN_B,
    TOO_FEW,
    causes,
    compare_layers,
    regressions,
)

Times = Mapping[str, Sequence[int]]
NO_WALL: dict[int, list[int]] = {}
OPPOSITE = {
    "slower": "faster",
    "faster": "slower",
    "only in a": "only in b",
    "only in b": "only in a",
}


def long_form(times: Times, size: int = 1, notes: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Rows as `Run.layers` gives them; the depth is the number of dots."""
    rows = [
        {
            "path": path,
            "depth": path.count("."),
            "role": f"role of {path}",
            "clock": "cpu",
            "batch_size": size,
            "repeat": repeat,
            "time_ns": time,
            "note": (notes or {}).get(path, ""),
        }
        for path, values in times.items()
        for repeat, time in enumerate(values)
    ]
    return pd.DataFrame(rows)


def around(middle: int) -> list[int]:
    """Four repeats whose median is `middle`."""
    return [middle - 2, middle - 1, middle + 1, middle + 2]


def compared(a: Times, b: Times) -> pd.DataFrame:
    return compare_layers(long_form(a), long_form(b), NO_WALL, NO_WALL)


def test_a_row_has_the_numbers_of_both_sides() -> None:
    a = long_form({"net": around(200), "net.block": around(100)})
    b = long_form({"net": around(300), "net.block": around(50)})
    table = compare_layers(a, b, {1: around(210)}, {1: around(315)})
    assert table["path"].tolist() == ["(wall)", "net", "net.block"]
    assert table["depth"].tolist() == [0, 0, 1]
    assert table["role"].tolist() == ["", "role of net", "role of net.block"]
    assert table["clock"].tolist() == ["wall", "cpu", "cpu"]
    assert table["a_ns"].tolist() == [210, 200, 100]
    assert table["b_ns"].tolist() == [315, 300, 50]
    assert table["difference_ns"].tolist() == [105, 100, -50]
    assert table["ratio"].tolist() == [1.5, 1.5, 0.5]
    # Parts of the roots: 200 and 300.
    assert table["share"].tolist() == [1.0, 1.0, 0.5]
    assert table["b_share"].tolist() == [1.0, 1.0, pytest.approx(50 / 300)]
    assert table["a_max_ns"].tolist() == [212, 202, 102]
    assert table["b_min_ns"].tolist() == [313, 298, 48]
    assert table["change"].tolist() == ["slower", "slower", "faster"]
    assert set(table["note"]) == {""}
    # No median of drawn repeats is outside of the repeats: 298 to 302 over 198 to 202.
    root = table.iloc[1]
    assert 298 / 202 <= root["ratio_low"] < 1.5 < root["ratio_high"] <= 302 / 198


def test_one_repeat_that_overlaps_makes_it_noise() -> None:
    # The interval excludes 1: half of the draws would have to be the one slow repeat.
    slow_once = {"net": [100, 101, 102, 103, 104, 105, 106, 200]}
    other = {"net": [150, 151, 152, 153, 154, 155, 156, 157]}
    for a, b, ends in ((slow_once, other, "ratio_low"), (other, slow_once, "ratio_high")):
        row = compared(a, b).iloc[0]
        assert (row[ends] > 1) == (ends == "ratio_low")
        assert row["change"] == "within noise"


def test_repeats_that_touch_do_not_tell() -> None:
    assert compared({"net": [1, 2, 3, 4]}, {"net": [4, 5, 6, 7]})["change"].item() == "within noise"
    assert compared({"net": [1, 2, 3, 4]}, {"net": [5, 6, 7, 8]})["change"].item() == "slower"


@pytest.mark.parametrize("repeats", [1, 2, 3])
def test_too_few_repeats_cannot_tell(repeats: int) -> None:
    few, many = {"net": [1] * repeats}, {"net": [1000] * 9}
    for a, b in ((few, many), (many, few)):
        row = compared(a, b).iloc[0]
        assert row["change"] == "within noise"
        assert row["note"] == TOO_FEW
        assert np.isnan(row["ratio_low"]) == (repeats == 1)


def test_only_batch_sizes_of_both_are_compared_the_wall_time_first() -> None:
    times = {"net": around(10), "net.block": around(5)}
    a = pd.concat([long_form(times, size) for size in (1, 4, 2)])
    b = pd.concat([long_form(times, size) for size in (8, 4, 1)])
    walls = {size: around(20) for size in (1, 2, 4, 8)}
    table = compare_layers(a, b, walls, {1: around(20)})
    assert list(zip(table["batch_size"], table["path"], strict=True)) == [
        (1, "(wall)"),
        (1, "net"),
        (1, "net.block"),
        (4, "net"),
        (4, "net.block"),
    ]
    assert compare_layers(a, long_form(times, 16), walls, walls).empty


def test_paths_of_one_side_keep_their_place() -> None:
    a = {path: around(9) for path in ("net", "net.x", "net.x.old", "net.y", "(outside)")}
    b = {path: around(9) for path in ("net", "net.new", "net.x", "net.z", "net.z.in", "net.y")}
    table = compared(a, b | {"(outside)": around(9)})
    assert list(zip(table["path"], table["change"], strict=True)) == [
        ("net", "within noise"),
        ("net.new", "only in b"),
        ("net.x", "within noise"),
        ("net.x.old", "only in a"),
        ("net.z", "only in b"),  # behind net.x in b, but not between it and what is inside of it
        ("net.z.in", "only in b"),
        ("net.y", "within noise"),
        ("(outside)", "within noise"),
    ]
    alone = table[table["change"].str.startswith("only")]
    assert alone[["difference_ns", "ratio", "ratio_low", "ratio_high"]].isna().all(axis=None)
    assert table.loc[1, "b_ns"] == 9
    assert np.isnan(table.loc[1, "a_ns"])


@pytest.mark.parametrize(
    "note", ["compiled region, not split", "graph launch: 12 activities, not split", ""]
)
def test_one_region_on_one_side_is_noted(note: str) -> None:
    whole = {"net": around(90), "net.block": around(80)}
    split = whole | {"net.block.attn": around(50), "net.block.mlp": around(20)}
    one, many = long_form(whole, notes={"net.block": note}), long_form(split)
    table = compare_layers(many, one, NO_WALL, NO_WALL)
    assert table["note"].tolist() == ["", REGION_IN_B, "", ""]
    table = compare_layers(one, many, NO_WALL, NO_WALL)
    assert table["note"].tolist() == ["", REGION_IN_A, "", ""]


def test_regions_on_both_sides_are_noted_with_what_else_there_is_to_say() -> None:
    side = long_form({"net": [1, 2]}, notes={"net": "compiled region, not split"})
    table = compare_layers(side, side, NO_WALL, NO_WALL)
    assert table["note"].item() == f"{TOO_FEW}; {REGION_IN_A}; {REGION_IN_B}"
    other = long_form(
        {"net": around(9)}, notes={"net": "cudaLaunchKernel: 2 activities, not split"}
    )
    assert compare_layers(other, other, NO_WALL, NO_WALL)["note"].item() == ""


def test_layers_that_take_no_time_are_compared_without_a_ratio() -> None:
    none, some = {"net": [0] * 4}, {"net": around(5)}
    row = compared(none, none).iloc[0]
    assert row["change"] == "within noise"
    assert np.isnan(row["ratio"])
    row = compared(none, some).iloc[0]
    assert (row["change"], row["ratio"]) == ("slower", np.inf)
    assert compared(some, none)["change"].item() == "faster"


def test_a_layer_that_does_not_run_in_every_repeat_takes_no_time_in_the_others() -> None:
    a = long_form({"net": around(9), "net.block": around(9)})
    b = a[(a["path"] == "net") | (a["repeat"] < 2)]
    row = compare_layers(a, b, NO_WALL, NO_WALL).iloc[1]
    # Repeats 7, 8, 0, 0 against 7, 8, 10, 11.
    assert (row["b_ns"], row["b_min_ns"], row["change"]) == (3.5, 0, "within noise")


def test_columns_that_a_trace_does_not_have_are_empty() -> None:
    table = long_form({"net": around(9)})
    bare = table.drop(columns=["role", "clock", "note"])
    for a, b, role in ((bare, bare, ""), (table, bare, "role of net")):
        assert compare_layers(a, b, NO_WALL, NO_WALL)["role"].item() == role


def test_regressions_are_beyond_the_gate_and_matter() -> None:
    a = {
        "net": around(10_000),
        "net.far": around(2000),
        "net.near": around(3000),
        "net.noise": [900, 1000, 1100, 1200],
        "net.small": around(50),
        "net.better": around(500),
    }
    # Slowest of a and fastest of b: far 2002 and 2998, near 3002 and 3148 (4.9 % more).
    b = {
        "net": around(11_150),
        "net.far": around(3000),
        "net.near": around(3150),
        "net.noise": [1150, 1300, 1400, 1500],
        "net.small": around(80),
        "net.better": around(400),
    }
    table = compared(a, b)
    assert regressions(table, 0.05)["path"].tolist() == ["net", "net.far"]
    # 11148 over 10002 is 11.5 % more.
    assert regressions(table, 0.12)["path"].tolist() == ["net.far"]
    assert regressions(table, 0.0)["path"].tolist() == ["net", "net.far", "net.near"]
    # 50 of 10000 in a, 80 of 11150 in b: 0.5 and 0.7 %.
    assert regressions(table, 0.0, 0.007)["path"].tolist()[-1] == "net.small"
    assert regressions(table, 0.5).empty


def test_a_layer_that_matters_only_now_is_a_regression() -> None:
    table = compared(
        {"net": around(10_000), "net.x": around(50)}, {"net": around(10_450), "net.x": around(500)}
    )
    assert regressions(table, 0.05)["path"].tolist() == ["net.x"]


def test_a_change_is_named_at_its_cause() -> None:
    a = {
        "net": around(1000),
        "net.x": around(500),
        "net.x.attn": around(300),
        "net.x.mlp": around(100),
        "net.y": around(300),
        "net.y.attn": around(100),
        "net.z": around(100),
    }
    # net is 430 slower: 300 from net.x, which has 200 of it from its attention and 20 from its MLP;
    # 200 from net.y, of which its attention explains only 50; net.z is 70 faster.
    b = {
        "net": around(1430),
        "net.x": around(800),
        "net.x.attn": around(500),
        "net.x.mlp": around(120),
        "net.y": around(500),
        "net.y.attn": around(150),
        "net.z": around(30),
    }
    table = compare_layers(long_form(a), long_form(b), {1: around(1100)}, {1: around(1530)})
    assert table["change"].tolist() == ["slower"] * 7 + ["faster"]
    assert causes(table)["path"].tolist() == ["net.x.attn", "net.y", "net.z", "net.x.mlp"]


def test_a_change_that_no_layer_explains_is_named_where_it_is() -> None:
    same = long_form({"net": around(1000), "net.x": around(500)})
    table = compare_layers(same, same, {1: around(1100)}, {1: around(1500)})
    assert causes(table)["path"].tolist() == ["(wall)"]
    assert causes(compare_layers(same, same, NO_WALL, NO_WALL)).empty


def test_causes_are_looked_for_in_each_batch_size() -> None:
    a, b = {"net": around(100), "net.x": around(50)}, {"net": around(150), "net.x": around(100)}
    before = pd.concat([long_form(a, 1), long_form(a, 2)], ignore_index=True)
    after = pd.concat([long_form(a, 1), long_form(b, 2)], ignore_index=True)
    found = causes(compare_layers(before, after, NO_WALL, NO_WALL))
    assert found[["path", "batch_size"]].to_numpy().tolist() == [["net.x", 2]]


PATHS = ("net", "net.x", "net.x.y", "net.z")


@st.composite
def times(draw: st.DrawFn) -> dict[str, list[int]]:
    repeats = draw(st.integers(1, 6))
    values = st.lists(st.integers(1, 10**9), min_size=repeats, max_size=repeats)
    inner = draw(st.lists(st.sampled_from(PATHS[1:]), unique=True))
    return {path: draw(values) for path in PATHS if path == "net" or path in inner}


@given(side=times())
def test_nothing_differs_from_itself(side: dict[str, list[int]]) -> None:
    table = compare_layers(long_form(side), long_form(side), {1: side["net"]}, {1: side["net"]})
    assert set(table["ratio"]) == {1.0}
    assert set(table["change"]) == {"within noise"}
    assert regressions(table, 0.0).empty


@given(a=times(), b=times())
def test_the_sides_can_be_swapped(a: dict[str, list[int]], b: dict[str, list[int]]) -> None:
    one, other = (table.set_index("path") for table in (compared(a, b), compared(b, a)))
    other = other.loc[one.index]
    assert (1 / other["ratio"]).tolist() == pytest.approx(one["ratio"].tolist(), nan_ok=True)
    assert (-other["difference_ns"]).tolist() == pytest.approx(
        one["difference_ns"].tolist(), nan_ok=True
    )
    assert [OPPOSITE.get(change, change) for change in other["change"]] == one["change"].tolist()


@given(side=times(), factor=st.integers(2, 50))
def test_a_side_that_is_slower_throughout_has_this_ratio(
    side: dict[str, list[int]], factor: int
) -> None:
    table = compared(side, {path: [factor * t for t in values] for path, values in side.items()})
    assert table["ratio"].tolist() == pytest.approx([factor] * len(table))
    apart = [len(v) > 3 and factor * min(v) > max(v) for v in side.values()]
    assert (table["change"] == "slower").tolist() == apart
    assert table["share"].tolist() == pytest.approx(table["b_share"].tolist())
