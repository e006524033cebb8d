"""Comparing two measurements: hand-made processes, what holds for any, and simulated runs."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samprof.analysis.compare.causes import causes, regressions
from samprof.analysis.compare.changes import TOO_FEW
from samprof.analysis.compare.runs import REGION_IN_A, REGION_IN_B, compare_layers

Times = Mapping[str, Sequence[float]]
NO_WALL: dict[int, list[float]] = {}
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
            "time_source": "cpu",
            "size": size,
            "round": place,
            "process": place,
            "repeat": 0,
            "time_ns": time,
            "note": (notes or {}).get(path, ""),
        }
        for path, values in times.items()
        for place, time in enumerate(values)
    ]
    return pd.DataFrame(rows)


def around(middle: int) -> list[int]:
    """Four processes whose median is `middle`."""
    return [middle - 2, middle - 1, middle + 1, middle + 2]


def compared(a: Times, b: Times) -> pd.DataFrame:
    """The rows over all sizes, of which there is one."""
    return pooled(compare_layers(long_form(a), long_form(b), NO_WALL, NO_WALL))


def pooled(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["size"] == "all"].reset_index(drop=True)


def at_size(table: pd.DataFrame, size: int) -> pd.DataFrame:
    return table[table["size"] == size].reset_index(drop=True)


def test_a_row_has_the_numbers_of_both_sides() -> None:
    a = long_form({"net": around(200), "net.block": around(100)})
    b = long_form({"net": around(300), "net.block": around(50)})
    whole = compare_layers(a, b, {1: around(210)}, {1: around(315)})
    assert whole["size"].tolist() == ["all"] * 3 + [1] * 3
    for table in (pooled(whole), at_size(whole, 1)):
        assert table["path"].tolist() == ["(wall)", "net", "net.block"]
        assert table["depth"].tolist() == [0, 0, 1]
        assert table["role"].tolist() == ["", "role of net", "role of net.block"]
        assert table["time_source"].tolist() == ["wall", "cpu", "cpu"]
        assert table["a_ns"].tolist() == [210, 200, 100]
        assert table["b_ns"].tolist() == [315, 300, 50]
        assert table["difference_ns"].tolist() == [105, 100, -50]
        # Geometric means lie within 0.1 % of the medians here.
        assert table["ratio"].tolist() == pytest.approx([1.5, 1.5, 0.5], rel=1e-3)
        # Parts of the roots: 200 and 300.
        assert table["share"].tolist() == [1.0, 1.0, 0.5]
        assert table["b_share"].tolist() == [1.0, 1.0, pytest.approx(50 / 300)]
        assert table["change"].tolist() == ["slower", "slower", "faster"]
        assert set(table["note"]) == {""}


def test_only_batch_sizes_of_both_are_compared_the_wall_time_first() -> None:
    times = {"net": around(10), "net.block": around(5)}
    a = pd.concat([long_form(times, size) for size in (1, 4, 2)])
    b = pd.concat([long_form(times, size) for size in (8, 4, 1)])
    walls = {size: around(20) for size in (1, 2, 4, 8)}
    table = compare_layers(a, b, walls, walls)
    assert list(zip(table["size"], table["path"], strict=True)) == [
        (size, path) for size in ("all", 1, 4) for path in ("(wall)", "net", "net.block")
    ]
    # A wall time that one side lacks at a size is not compared.
    assert "(wall)" not in set(compare_layers(a, b, walls, {1: around(20)})["path"])
    assert compare_layers(a, long_form(times, 16), walls, walls).empty


def test_a_layer_that_one_side_lacks_at_a_size_is_pooled_over_the_others() -> None:
    both = {"net": around(1000), "net.x": around(100)}
    a = pd.concat([long_form(both, 1), long_form(both, 2)])
    b = pd.concat([long_form(both, 1), long_form({"net": around(1000)}, 2)])
    table = compare_layers(a, b, NO_WALL, NO_WALL)
    row = pooled(table).iloc[1]
    assert (row["a_ns"], row["b_ns"], row["change"], row["note"]) == (100, 100, "within noise", "")
    assert at_size(table, 2)["change"].tolist() == ["within noise", "only in a"]


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
    table = pooled(compare_layers(many, one, NO_WALL, NO_WALL))
    assert table["note"].tolist() == ["", REGION_IN_B, "", ""]
    table = pooled(compare_layers(one, many, NO_WALL, NO_WALL))
    assert table["note"].tolist() == ["", REGION_IN_A, "", ""]


def test_regions_on_both_sides_are_noted_with_what_else_there_is_to_say() -> None:
    side = long_form({"net": [1]}, notes={"net": "compiled region, not split"})
    table = pooled(compare_layers(side, side, NO_WALL, NO_WALL))
    assert table["note"].item() == f"{TOO_FEW}; {REGION_IN_A}; {REGION_IN_B}"
    other = long_form(
        {"net": around(9)}, notes={"net": "cudaLaunchKernel: 2 activities, not split"}
    )
    assert pooled(compare_layers(other, other, NO_WALL, NO_WALL))["note"].item() == ""


def test_layers_that_take_no_time_are_compared_without_a_ratio() -> None:
    none, some = {"net": [0] * 4}, {"net": around(5)}
    row = compared(none, none).iloc[0]
    assert row["change"] == "within noise"
    assert np.isnan(row["ratio"])
    row = compared(none, some).iloc[0]
    assert (row["change"], row["ratio"]) == ("slower", np.inf)
    assert compared(some, none)["change"].item() == "faster"


def test_a_layer_that_does_not_run_in_every_process_takes_no_time_in_the_others() -> None:
    a = long_form({"net": around(9), "net.block": around(9)})
    b = a[(a["path"] == "net") | (a["process"] < 2)]
    row = pooled(compare_layers(a, b, NO_WALL, NO_WALL)).iloc[1]
    # Processes of 7, 8, 0, 0 against 7, 8, 10, 11; the ratio is of those in which it runs.
    assert (row["b_ns"], row["change"]) == (3.5, "within noise")
    assert row["ratio"] == pytest.approx((7 * 8) ** 0.5 / (7 * 8 * 10 * 11) ** 0.25)


def test_columns_that_a_trace_does_not_have_are_empty() -> None:
    table = long_form({"net": around(9)})
    bare = table.drop(columns=["role", "time_source", "note"])
    for a, b, role in ((bare, bare, ""), (table, bare, "role of net")):
        assert pooled(compare_layers(a, b, NO_WALL, NO_WALL))["role"].item() == role


PATHS = ("net", "net.x", "net.x.y", "net.z")


@st.composite
def times(draw: st.DrawFn) -> dict[str, list[int]]:
    repeats = draw(st.integers(1, 6))
    values = st.lists(st.integers(1, 10**9), min_size=repeats, max_size=repeats)
    inner = draw(st.lists(st.sampled_from(PATHS[1:]), unique=True))
    return {path: draw(values) for path in PATHS if path == "net" or path in inner}


@given(side=times())
@settings(max_examples=30)
def test_nothing_differs_from_itself(side: dict[str, list[int]]) -> None:
    table = compare_layers(long_form(side), long_form(side), {1: side["net"]}, {1: side["net"]})
    assert table["ratio"].tolist() == pytest.approx([1.0] * len(table))
    assert set(table["change"]) == {"within noise" if len(side["net"]) > 1 else "undecided"}
    assert regressions(table, 0.0).empty


@given(a=times(), b=times())
@settings(max_examples=30)
def test_the_sides_can_be_swapped(a: dict[str, list[int]], b: dict[str, list[int]]) -> None:
    one, other = (table.set_index("path") for table in (compared(a, b), compared(b, a)))
    other = other.loc[one.index]
    assert (1 / other["ratio"]).tolist() == pytest.approx(one["ratio"].tolist(), nan_ok=True)
    assert (-other["difference_ns"]).tolist() == pytest.approx(
        one["difference_ns"].tolist(), nan_ok=True
    )
    assert [OPPOSITE.get(change, change) for change in other["change"]] == one["change"].tolist()


@given(side=times(), factor=st.integers(2, 50))
@settings(max_examples=30)
def test_a_side_that_is_slower_throughout_has_this_ratio(
    side: dict[str, list[int]], factor: int
) -> None:
    table = compared(side, {path: [factor * t for t in values] for path, values in side.items()})
    assert table["ratio"].tolist() == pytest.approx([factor] * len(table))
    assert ((table["change"] == "slower") == (table["ratio_low"] > 1) & (table["note"] == "")).all()
    assert table["share"].tolist() == pytest.approx(table["b_share"].tolist())


# Simulated runs: 33 layers, 4 sizes, 4 processes, 3 % between and 2 % within processes, 3 forwards.
BLOCKS = 6
TREE = {"enc": 1.0} | {
    f"enc.{block}{inside}": share
    for block in range(BLOCKS)
    for inside, share in (
        ("", 0.16),
        (".attn", 0.09),
        (".attn.qkv", 0.04),
        (".attn.scores", 0.03),
        (".mlp", 0.06),
    )
}
TREE |= {"enc.patch": 0.02, "enc.neck": 0.02}
SIZES = (1, 2, 4, 8)


def simulated(seed: int, slow: str = "", factor: float = 1.0) -> pd.DataFrame:
    """One run. A slow-down of one layer is one of all inside it, and of its part of what is around."""
    rng = np.random.default_rng(seed)
    times = dict(TREE)
    for path, share in TREE.items():
        if slow and (path == slow or path.startswith(f"{slow}.")):
            times[path] = share * factor
        elif slow.startswith(f"{path}."):
            times[path] = share + TREE[slow] * (factor - 1)
    paths, base = list(times), np.array(list(times.values()))
    frames = []
    for size in SIZES:
        # What a process does to all of its layers, and to each by itself: together 3 %.
        process = 0.02 * rng.standard_normal((4, 1, 1)) + 0.022 * rng.standard_normal((4, 1, 33))
        noise = process + 0.02 * rng.standard_normal((4, 3, 33))
        ns = 1e6 * size * base * np.exp(noise)
        places = np.indices(ns.shape).reshape(3, -1)
        frame = pd.DataFrame({"path": np.array(paths)[places[2]], "size": size})
        frame["depth"] = frame["path"].str.count(r"\.")
        frame = frame.assign(round=places[0], process=places[0], repeat=places[1])
        frames.append(frame.assign(time_ns=ns.ravel()))
    return pd.concat(frames, ignore_index=True)


def test_of_30_pairs_of_equal_runs_none_fails_a_gate() -> None:
    assert len(TREE) == 33
    runs = [simulated(seed) for seed in range(6)]
    pairs = [(a, b) for a in runs for b in runs if a is not b]
    assert len(pairs) == 30
    changed = 0
    for a, b in pairs:
        table = compare_layers(a, b, NO_WALL, NO_WALL)
        assert regressions(table, 0.05).empty
        changed += pooled(table)["change"].isin(["slower", "faster"]).any()
    # 5 % of comparisons may name something; the 15 pairs are seen from both sides.
    assert changed <= 4


def test_a_block_that_is_15_percent_slower_is_named_in_10_of_10() -> None:
    inside = {path for path in TREE if path.startswith("enc.2.")}
    for seed in range(10):
        before, after = simulated(100 + seed), simulated(200 + seed, "enc.2", 1.15)
        table = compare_layers(before, after, NO_WALL, NO_WALL)
        changes = pooled(table).set_index("path")["change"]
        assert changes["enc.2"] == "slower"
        assert (changes[list(inside)] == "slower").all()
        assert set(changes[changes == "slower"].index) <= {"enc", "enc.2", *inside}
        failed = set(regressions(table, 0.05)["path"])
        assert failed
        assert failed <= {"enc.2", *inside}
        assert {path.split(".")[1] for path in causes(pooled(table))["path"]} == {"2"}
