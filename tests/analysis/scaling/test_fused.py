"""Rows that several layers share: which layers, and the table without them."""

from pathlib import Path

import pandas as pd
import pytest

from samprof.analysis.scaling.fused import folded, fused_rows
from tests.support.compiled import compiled_file
from tests.support.tables import opened


def test_what_is_around_them_is_known(layers: pd.DataFrame) -> None:
    assert [shared.around for shared in fused_rows(layers).values()] == ["net.blocks.0", "net"]


@pytest.fixture
def layers(tmp_path: Path) -> pd.DataFrame:
    file = compiled_file(calls=2)
    file.launch(1, 60_000)  # in the kernel that a block and the head share
    file.kernel(1, 5_000_000, 70)
    return opened(file, tmp_path).layers()


def test_the_layers_of_each_row_are_known_by_what_is_around_it(layers: pd.DataFrame) -> None:
    assert {path: shared.layers for path, shared in fused_rows(layers).items()} == {
        "net.blocks.0.(self) + norm": ("net.blocks.0", "net.blocks.0.norm"),
        "net.blocks.0 + head": ("net.blocks.0", "net.head"),
    }


def test_in_the_long_form_each_path_counts_once(layers: pd.DataFrame) -> None:
    assert fused_rows(pd.concat([layers, layers])) == fused_rows(layers)


def test_without_types_nothing_is_fused(layers: pd.DataFrame) -> None:
    assert fused_rows(layers.drop(columns="type")) == {}
    assert folded(layers.drop(columns="type")).equals(layers.drop(columns="type"))


def test_folded_the_rows_around_own_what_was_shared(layers: pd.DataFrame) -> None:
    table = folded(layers)
    assert table["path"].tolist() == [
        "net",
        "net.blocks.0",
        "net.blocks.0.norm",
        "net.head",
        "(outside)",
        "(no launch)",
    ]
    own = table.set_index("path")["cpu_self_ns"]
    assert own["net.blocks.0"] == 2 * 300
    before = layers.set_index("path")
    assert own["net"] == before.loc["net", "cpu_self_ns"] + 2 * 50_000
    assert table.set_index("path").loc["net", "device_self_ns"] == 70
    for name in ("cpu_self_ns", "device_self_ns"):
        assert table[name].sum() == layers[name].sum()
        assert table[name].dtype == layers[name].dtype
    total = table.set_index("path")["cpu_total_ns"]
    assert total.equals(before.loc[total.index, "cpu_total_ns"])


def test_sets_leave_the_table_as_it_is(layers: pd.DataFrame) -> None:
    assert folded(layers, "sets") is layers


def test_a_class_of_that_name_is_no_set() -> None:
    rows = [("net", 0, ""), ("net.part", 1, "fused"), ("a + b", 0, "fused")]
    table = pd.DataFrame(rows, columns=["path", "depth", "type"])
    assert fused_rows(table) == {}
    assert folded(table).equals(table)
