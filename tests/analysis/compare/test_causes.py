"""Where changes come from, and which fail a gate."""

import pandas as pd

from samprof.analysis.compare.causes import causes, regressions
from samprof.analysis.compare.runs import compare_layers
from tests.analysis.compare.test_runs import NO_WALL, around, compared, long_form, pooled


def test_regressions_are_beyond_the_gate_as_a_whole() -> None:
    a = {
        "net": around(100_000),
        "net.far": around(20_000),
        "net.near": around(30_000),
        "net.noise": [9000.0, 10_000, 11_000, 12_000],
        "net.better": around(5000),
        "net.small": around(50),
    }
    b = {
        "net": around(111_500),
        "net.far": around(30_000),
        "net.near": around(31_450),
        "net.noise": [9500.0, 13_000, 14_000, 15_000],
        "net.better": around(4000),
        "net.small": around(500),
    }
    table = compare_layers(long_form(a), long_form(b), NO_WALL, NO_WALL)
    assert regressions(table, 0.05)["path"].tolist() == ["net", "net.far"]
    assert regressions(table, 0.12)["path"].tolist() == ["net.far"]
    assert regressions(table, 0.0)["path"].tolist() == ["net", "net.far", "net.near"]
    assert regressions(table, 0.51).empty
    assert set(regressions(table, 0.0)["size"]) == {"all"}


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
    table = pooled(compare_layers(long_form(a), long_form(b), {1: around(1100)}, {1: around(1530)}))
    assert table["change"].tolist() == ["slower"] * 7 + ["faster"]
    assert causes(table)["path"].tolist() == ["net.x.attn", "net.y", "net.z", "net.x.mlp"]


def test_a_change_that_no_layer_explains_is_named_where_it_is() -> None:
    same = long_form({"net": around(1000), "net.x": around(500)})
    table = compare_layers(same, same, {1: around(1100)}, {1: around(1500)})
    assert causes(pooled(table))["path"].tolist() == ["(wall)"]
    assert causes(compare_layers(same, same, NO_WALL, NO_WALL)).empty


def test_causes_are_looked_for_in_each_batch_size() -> None:
    a, b = {"net": around(100), "net.x": around(50)}, {"net": around(150), "net.x": around(100)}
    before = pd.concat([long_form(a, 1), long_form(a, 2)], ignore_index=True)
    after = pd.concat([long_form(a, 1), long_form(b, 2)], ignore_index=True)
    found = causes(compare_layers(before, after, NO_WALL, NO_WALL))
    # 50 ns at batch 2, half of that as the mean of both sizes.
    assert found[["path", "size"]].to_numpy().tolist() == [["net.x", 2], ["net.x", "all"]]
