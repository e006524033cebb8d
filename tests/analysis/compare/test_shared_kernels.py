"""What layers share in kernels that were made from several: at least, at most, and with whom."""

from pathlib import Path

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

import samprof
from samprof.analysis.compare.shared_kernels import shared_kernels
from tests.support.compiled import CALL, MODULES, compiled_file
from tests.support.tables import opened
from tests.support.tracefile import TraceFile

COLUMNS = ["path", "depth", "type", "total_ns"]


def found(*rows: tuple[str, int, str, int]) -> dict[str, tuple[float, str]]:
    table = pd.DataFrame(rows, columns=COLUMNS)
    return {path: (one.time_ns, one.text) for path, one in shared_kernels(table).items()}


def test_a_layer_and_all_around_it_up_to_the_set_share_its_time() -> None:
    assert found(("net", 0, "", 9), ("net.b.0.norm + b.1", 1, "fused", 5)) == {
        "net.b.0.norm": (5.0, "fused with b.1"),
        "net.b.0": (5.0, "fused with b.1"),
        "net.b.1": (5.0, "fused with b.0.norm"),
        # Both are inside of net.b and of net: nothing is shared there.
    }


def test_what_is_fused_with_what_is_around_it_is_named(tmp_path: Path) -> None:
    assert found(("net", 0, "", 9), ("net.(self) + a", 1, "fused", 5)) == {
        "net.a": (5.0, "fused with (self)"),
    }


def test_several_rows_add_up_and_the_first_layers_are_named() -> None:
    rows = [(f"net.a + b{number}", 1, "fused", 1) for number in range(5)]
    assert found(("net", 0, "", 9), *rows)["net.a"] == (5.0, "fused with b0, b1, b2 and 2 more")


def test_without_sets_nothing_is_shared() -> None:
    assert found(("net", 0, "", 9), ("net.a", 1, "Linear", 5)) == {}


@given(st.lists(st.lists(st.sampled_from("abc"), min_size=2, max_size=3, unique=True), max_size=5))
def test_no_layer_shares_more_than_all_sets_take(sets: list[list[str]]) -> None:
    paths = dict.fromkeys("net." + " + ".join(one) for one in sets)
    rows = [(path, 1, "fused", 1 << place) for place, path in enumerate(paths)]
    whole = sum(time for *_, time in rows)
    for path, (time, text) in found(("net", 0, "", whole), *rows).items():
        inside = [one for one, *_ in rows if path[-1] in one[4:].split(" + ")]
        assert time == sum(time for one, _, _, time in rows if one in inside)
        assert f" {path[-1]}" not in text


def eager_file() -> TraceFile:
    """The same module without a compiler: 1 us a layer."""
    file = TraceFile()
    file.metadata["samprof"] = {"modules": MODULES}
    file.range("net", 0, 2 * CALL)
    file.range("net.blocks.0", 1_000, 9_000)
    file.range("net.blocks.0.norm", 2_000, 1_000)
    file.range("net.head", 20_000, 1_000)
    return file


def test_a_comparison_says_what_each_layer_has_at_least_and_at_most(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    eager, compiled = opened(eager_file(), tmp_path), opened(compiled_file(), tmp_path / "b")
    rows = samprof.compare(eager, compiled).set_index("path")
    assert rows["b_shared_ns"].to_dict() == {
        "net": 0.0,
        "net.blocks.0": 50_000.0,
        "net.blocks.0.norm": 300.0,
        "net.blocks.0.(self) + norm": 0.0,
        "net.head": 50_000.0,
        "net.blocks.0 + head": 0.0,
        "(outside)": 0.0,
    }
    assert "a_shared_ns" not in rows
    assert rows.loc["net.head", "note"] == "in b: fused with blocks.0"
    assert rows.loc["net.blocks.0 + head", "change"] == "only in b"
    assert rows.loc["net.head", ["a_ns", "b_ns"]].tolist() == [1_000, 4_000]
    assert rows["b_self_ns"].sum() == 2 * CALL


def test_what_is_only_there_before_is_said_to_be_fused(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    changed = compiled_file(
        compiled={"fkey": {"layers": [["head", "Linear"], ["blocks.0", "Block"]],
                           "kernels": [["cpp_fused_add_0", [0, 1]]]}}
    )  # fmt: skip
    eager, compiled = opened(eager_file(), tmp_path), opened(changed, tmp_path / "b")
    rows = samprof.compare(eager, compiled).set_index("path")
    assert rows.loc["net.head", ["change", "note", "b_shared_ns"]].tolist() == [
        "only in a",
        "in b: fused with blocks.0",
        1.0,
    ]
