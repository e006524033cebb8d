"""Ops directly inside a listed module become ranges with the labels of their calls."""

from pathlib import Path
from typing import Any

from tests.support.tables import layer_rows, opened
from tests.support.tracefile import TraceFile


def attention(inner_ops: dict[str, Any]) -> TraceFile:
    """net > net.attn with mm [20, 30), mm [40, 50) (which calls add), mm [60, 70); mm in net."""
    file = TraceFile(metadata={"schemaVersion": 1, "samprof": {"inner_ops": inner_ops}})
    file.range("net", 0, 200)
    file.range("net.attn", 10, 90)
    file.op("aten::mm", 20, 10)
    file.op("aten::mm", 40, 10)
    file.op("aten::add", 42, 4)
    file.op("aten::mm", 60, 10)
    file.op("aten::mm", 150, 10)
    return file


def times(file: TraceFile, folder: Path) -> dict[str, int]:
    return {
        path: row["cpu_self_ns"] for path, row in layer_rows(opened(file, folder), "auto").items()
    }


def test_calls_are_labelled_in_turn_and_more_calls_by_the_op(tmp_path: Path) -> None:
    found = times(attention({"net.attn": {"aten::mm": ["scores", "values"]}}), tmp_path)
    assert found == {
        "net": 110,
        "net.attn": 60,
        "net.attn.scores()": 10,
        "net.attn.values()": 10,
        "net.attn.mm()": 10,
        "(outside)": 0,
    }


def test_one_label_is_that_of_every_call(tmp_path: Path) -> None:
    found = times(attention({"net.attn": {"aten::mm": "products"}}), tmp_path)
    assert found["net.attn.products()"] == 30
    assert found["net.attn"] == 60


def test_modules_that_are_not_listed_stay_whole(tmp_path: Path) -> None:
    assert set(times(attention({"net.mlp": {"aten::mm": "products"}}), tmp_path)) == {
        "net",
        "net.attn",
        "(outside)",
    }
