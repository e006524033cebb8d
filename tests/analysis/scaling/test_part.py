"""The part of a table inside a path, down to a depth."""

import pandas as pd
import pytest

from samprof.analysis.scaling.part import is_inside, nearest, part_of

LAYERS = pd.DataFrame(
    [
        ("sam", 0),
        ("sam.encoder", 1),
        ("sam.encoder.0", 2),
        ("sam.encoder.0 > matmul", 3),
        ("sam.encoder_2", 1),
        ("sam", 0),
        ("sam.encoder", 1),
        ("(outside)", 0),
    ],
    columns=["path", "depth"],
)


@pytest.mark.parametrize(
    ("depth", "root", "expected"),
    [
        (None, None, [0, 1, 2, 3, 4, 5, 6, 7]),
        (0, None, [0, 5, 7]),
        (None, "sam.encoder", [1, 2, 3, 6]),
        (1, "sam.encoder", [1, 2, 6]),
        (0, "sam.encoder.0 > matmul", [3]),
        (None, "sam", [0, 1, 2, 3, 4, 5, 6]),
        (None, "sam.enc", []),
    ],
)
def test_rows_of_a_path_and_inside_it(
    depth: int | None, root: str | None, expected: list[int]
) -> None:
    assert part_of(LAYERS, depth, root).index.tolist() == expected


def test_the_depth_counts_from_the_root() -> None:
    assert part_of(LAYERS, None, "sam.encoder")["depth"].tolist() == [0, 1, 2, 0]
    assert LAYERS["depth"].tolist() == [0, 1, 2, 3, 1, 0, 1, 0]  # the table is as it was


def test_a_name_that_begins_alike_is_not_inside() -> None:
    paths = pd.Series(["a.b", "a.bc", "a.b.c", "a.b > c", "a > b"])
    assert is_inside(paths, "a.b").tolist() == [True, False, True, True, False]


def test_the_nearest_paths_are_those_that_end_so_or_look_so() -> None:
    assert nearest("encoder", LAYERS["path"]) == ["sam.encoder"]
    assert nearest("sam.encodr", LAYERS["path"]) == [
        "sam.encoder",
        "sam.encoder_2",
        "sam.encoder.0",
    ]
    assert nearest("matmull", LAYERS["path"]) == ["sam.encoder.0 > matmul"]
    assert nearest("quite another", LAYERS["path"]) == []
