"""The rows of one side of a comparison of traces."""

from typing import Any

import pandas as pd

from samprof.analysis.compare.alignment import Move
from samprof.analysis.compare.trace_rows import (
    kernel_counts,
    own_kernels,
    own_steps,
    side_rows,
    spread_of,
    steps_of,
    with_what_is_around,
)

Row = tuple[str, int, int, int, int]


def layers(*rows: Row, notes: dict[str, str] | None = None, source: str = "device") -> pd.DataFrame:
    """A layer table: path, depth, calls, total, self; a kernel per ns of the total."""
    return pd.DataFrame(
        [
            {
                "path": path,
                "depth": depth,
                "calls": calls,
                "kernels": total,
                f"{source}_total_ns": total,
                f"{source}_self_ns": own,
                "time_source": source,
                "note": (notes or {}).get(path, ""),
            }
            for path, depth, calls, total, own in rows
        ]
    )


def values(rows: pd.DataFrame, *names: str) -> list[list[Any]]:
    return rows[["path", *names]].to_numpy().tolist()


def test_rows_are_those_of_the_layer_table_with_times_of_its_time_source() -> None:
    rows = side_rows([layers(("net", 0, 2, 9, 4), ("net.x", 1, 2, 5, 5), source="cpu")], "samprof")
    columns = ("depth", "calls", "total_ns", "self_ns", "there")
    assert values(rows, *columns) == [["net", 0, 2, 9, 4, True], ["net.x", 1, 2, 5, 5, True]]
    assert rows["role"].tolist() == ["", ""]


def test_ops_of_one_name_are_one_row_with_their_own_time() -> None:
    table = layers(
        ("aten::linear", 0, 3, 30, 2),
        ("aten::linear > aten::mm", 1, 3, 28, 28),
        ("aten::mm", 0, 1, 7, 7),
        ("(outside)", 0, 0, 1, 1),
        notes={"aten::mm": "graph launch"},
    )
    assert values(side_rows([table], "op"), "depth", "calls", "total_ns", "self_ns", "note") == [
        ["aten::linear", 0, 3, 2, 2, ""],
        ["aten::mm", 0, 4, 35, 35, "graph launch"],
        ["(outside)", 0, 0, 1, 1, ""],
    ]


def test_steps_are_one_row_whatever_their_numbers_and_rows_stay_a_tree() -> None:
    # The optimizer runs in the second step only, behind something outside of the steps.
    table = layers(
        ("ProfilerStep#7", 0, 1, 10, 1),
        ("ProfilerStep#7 > net", 1, 1, 9, 9),
        ("loader", 0, 1, 3, 3),
        ("ProfilerStep#8", 0, 1, 20, 2),
        ("ProfilerStep#8 > net", 1, 1, 11, 11),
        ("ProfilerStep#8 > optimizer", 1, 1, 7, 7),
    )
    assert values(side_rows([table], "annotation"), "calls", "total_ns", "self_ns") == [
        ["ProfilerStep", 2, 30, 3],
        ["ProfilerStep > net", 2, 20, 20],
        ["ProfilerStep > optimizer", 1, 7, 7],
        ["loader", 1, 3, 3],
    ]


def test_ranks_are_added_up_and_rows_of_one_of_them_keep_their_place() -> None:
    first = layers(("net", 0, 1, 10, 4), ("net.y", 1, 1, 6, 6), ("(outside)", 0, 0, 1, 1))
    second = layers(("net", 0, 1, 20, 1), ("net.x", 1, 1, 19, 19), ("(outside)", 0, 0, 2, 2))
    rows = side_rows([first, second], "samprof")
    assert values(rows, "total_ns", "self_ns") == [
        ["net", 30, 5],
        ["net.x", 19, 19],
        ["net.y", 6, 6],
        ["(outside)", 3, 3],
    ]
    spread = spread_of([first, second], "samprof", None, steps=4)
    # Two steps a rank: 10 and 20 ns are 5 and 10 per step.
    assert spread.loc["net"].tolist() == [5, 10]
    assert spread.loc["net.x"].tolist() == [9.5, 9.5]
    assert spread_of([first, second], "samprof", None, None).loc["net"].tolist() == [10, 20]


def test_a_moved_side_has_other_paths_and_what_is_around_them() -> None:
    move = Move("net", "sam.net", 2)
    inside = layers(("net", 0, 1, 10, 4), ("net.x", 1, 1, 6, 6), ("(outside)", 0, 0, 1, 1))
    other = layers(
        ("sam", 0, 1, 50, 1),
        ("sam.first", 1, 1, 9, 9),
        ("sam.run()", 1, 1, 40, 5),
        ("sam.net", 2, 1, 35, 35),
    )
    rows = side_rows([inside], "samprof", move)
    assert values(rows, "depth") == [["sam.net", 2], ["sam.net.x", 3], ["(outside)", 0]]
    found = with_what_is_around(rows, side_rows([other], "samprof"), move)
    assert values(found, "depth", "calls", "total_ns", "self_ns", "there") == [
        ["sam", 0, 0, 10, 0, False],
        ["sam.run()", 1, 0, 10, 0, False],
        ["sam.net", 2, 1, 10, 4, True],
        ["sam.net.x", 3, 1, 6, 6, True],
        ["(outside)", 0, 0, 1, 1, True],
    ]
    assert found["self_ns"].sum() == inside["device_self_ns"].sum()


def test_kernels_have_the_paths_of_the_rows() -> None:
    names = ["path", "kernel", "count", "time_ns"]
    kernels = pd.DataFrame(
        [("a > mm", "gemm", 2, 10), ("mm", "gemm", 1, 5), ("(outside)", "copy", 1, 1)],
        columns=names,
    )
    ops = kernel_counts([kernels, kernels], "op")
    assert ops.to_numpy().tolist() == [["mm", "gemm", 6, 30], ["(outside)", "copy", 2, 2]]
    rows = side_rows([layers(("mm", 0, 1, 9, 9), ("view", 0, 1, 0, 0))], "op")
    assert own_kernels(rows, ops)["kernels"].tolist() == [6, 0]
    steps = pd.DataFrame([("ProfilerStep#1 > net", "gemm", 2, 10)], columns=names)
    moved = kernel_counts([steps], "annotation", Move("ProfilerStep > net", "net", -1))
    assert moved["path"].tolist() == ["net"]


def test_steps_are_the_calls_of_what_is_around_most_of_the_time() -> None:
    def side(calls: int, inside: int) -> pd.DataFrame:
        return side_rows(
            [
                layers(
                    ("load", 0, 9, 10, 10),
                    ("net", 0, calls, inside + 1, 1),
                    ("net.x", 1, 2 * calls, inside, inside),
                    ("(outside)", 0, 0, 1000, 1000),
                )
            ],
            "samprof",
        )

    assert steps_of(side(3, 50), side(5, 60)) == ("net", 3, 5)
    # Of 15 ns in ranges, net holds 5.
    assert steps_of(side(3, 50), side(5, 4)) is None
    assert own_steps(side(3, 50)) == 3
    assert own_steps(side_rows([layers(("(outside)", 0, 0, 5, 5))], "op")) == 0
