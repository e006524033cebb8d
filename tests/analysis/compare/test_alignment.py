"""Which rows of two traces are the same layer."""

import pandas as pd
import pytest

from samprof.analysis.compare.alignment import Alignment, Move, align
from samprof.trace.model.ranges import By


def rows(times: dict[str, int], separator: str = ".") -> pd.DataFrame:
    """Rows as `side_rows` gives them; the times are self times, the depth the number of names."""

    def inside(path: str) -> int:
        return sum(ns for other, ns in times.items() if other.startswith(path + separator))

    return pd.DataFrame(
        [
            {
                "path": path,
                "depth": path.count(separator),
                "self_ns": ns,
                "total_ns": ns + inside(path),
            }
            for path, ns in times.items()
        ]
    )


def aligned(
    a: dict[str, int], b: dict[str, int], by: By = "samprof", *, hardly: bool = False
) -> Alignment | None:
    separator = "." if by == "samprof" else " > "
    first, second = rows(a, separator), rows(b, separator)
    return align(lambda _: first, lambda _: second, [by], even_if_hardly=hardly)


def test_equal_paths_are_the_same_layer() -> None:
    side = {"net": 1, "net.x": 5}
    assert aligned(side, {**side, "net.new": 7}) == Alignment("samprof", shared=2)


def test_the_first_kind_that_has_layers_in_common_is_taken() -> None:
    tables = {
        "samprof": (rows({"net": 5}), rows({"other": 5})),
        "module": (rows({"Net_0": 5}), rows({"Net_0": 9})),
    }
    found = align(lambda by: tables[by][0], lambda by: tables[by][1], ["samprof", "module"])
    assert found == Alignment("module", shared=1)


@pytest.mark.parametrize(("outside", "is_shared"), [(90, True), (91, False)])
def test_a_tenth_of_the_time_in_modules_must_be_shared(outside: int, is_shared: bool) -> None:
    a = {"net": 10, "a": outside, "(outside)": 10_000}
    assert (aligned(a, {"net": 1}, "module") is not None) is is_shared


def test_annotations_must_hold_half_of_all_time_on_both_sides() -> None:
    a, b = {"forward": 51, "(outside)": 49}, {"forward": 60, "(outside)": 40}
    assert aligned(a, b, "annotation") == Alignment("annotation", shared=1)
    assert aligned({**a, "(outside)": 51}, b, "annotation") is None
    assert aligned({**a, "(outside)": 51}, b, "annotation", hardly=True) is not None


def test_steps_alone_are_no_layers() -> None:
    steps = {"ProfilerStep": 100}
    assert aligned(steps, steps, "annotation") is None
    assert aligned(steps, steps, "annotation", hardly=True) is not None


def test_a_layer_inside_of_a_shared_one_counts_as_shared() -> None:
    # What is compiled on one side is split on the other: all of it is below the root.
    assert aligned({"net": 0, "net.x": 50, "net.y": 50}, {"net": 70}) is not None


def test_roots_of_other_names_with_the_same_layers_are_the_same() -> None:
    a = {"encoder": 1, "encoder.x": 5, "encoder.y": 5}
    b = {"image_encoder": 1, "image_encoder.x": 5, "image_encoder.y": 5}
    expected = Alignment("samprof", (None, Move("image_encoder", "encoder", 0)), 3)
    assert aligned(a, b) == expected


def test_a_wrapper_around_the_root_stays_around_it() -> None:
    a = {"Net_0": 1, "Net_0 > A_0": 5, "Net_0 > B_0": 5}
    b = {f"Compiled_0 > {path}": ns for path, ns in a.items()}
    move = Move("Net_0", "Compiled_0 > Net_0", 1)
    assert aligned(a, {"Compiled_0": 0, **b}, "module") == Alignment("module", (move, None), 3)
    assert aligned({"Compiled_0": 0, **b}, a, "module") == Alignment("module", (None, move), 3)


def test_a_compiled_model_is_known_by_its_name() -> None:
    a = {"Net_0": 1, "Net_0 > A_0": 5, "Net_0 > B_0": 5}
    b = {"Compiled_0": 1, "Compiled_0 > Net_0": 7}
    move = Move("Net_0", "Compiled_0 > Net_0", 1)
    assert aligned(a, b, "module") == Alignment("module", (move, None), 1)
    assert aligned(b, a, "module") == Alignment("module", (None, move), 1)
    assert aligned(a, {"Compiled_0": 9, "Compiled_0 > Net_0": 7}, "module") is None
    assert aligned(a, {"Compiled_0": 1, "Compiled_0 > Other_0": 7}, "module") is None


def test_a_root_that_could_be_one_of_several_is_none_of_them() -> None:
    a = {"block": 1, "block.x": 5, "block.y": 5}
    b = {"net": 1}
    for number in (0, 1):
        b |= {f"net.{number}": 1, f"net.{number}.x": 5, f"net.{number}.y": 5}
    assert aligned(a, b) is None


@pytest.mark.parametrize(
    "b",
    [
        {"other": 1, "other.p": 5, "other.q": 5},
        {"other": 1, "other.x": 5, "other.q": 5, "other.r": 5},
        {"other": 10},
    ],
)
def test_roots_with_hardly_a_layer_in_common_are_not_the_same(b: dict[str, int]) -> None:
    assert aligned({"net": 1, "net.x": 5, "net.y": 5, "net.z": 5}, b) is None


def test_the_time_outside_is_not_a_layer_that_both_have() -> None:
    assert aligned({"net": 1, "(outside)": 9}, {"other": 1, "(outside)": 9}) is None


@pytest.mark.parametrize(
    ("type_of_b", "is_same"), [("Conv1d", False), ("Linear", True), ("", True)]
)
def test_layers_of_other_types_are_not_the_same_under_another_root(
    type_of_b: str, is_same: bool
) -> None:
    a = rows({"net": 1, "net.0": 5, "net.1": 5}).assign(type="Linear")
    b = rows({"other": 1, "other.0": 5, "other.1": 5}).assign(type=type_of_b)
    found = align(lambda _: a, lambda _: b, ["samprof"])
    assert (found is not None) is is_same
