"""Where the difference of two traces comes from."""

from samprof.analysis.compare.largest_differences import largest_differences
from samprof.analysis.compare.trace_differences import compare_traces
from tests.support.sides import side


def largest(a: dict[str, int], b: dict[str, int], by: str = "samprof") -> list[tuple[str, float]]:
    found = largest_differences(compare_traces(side(a), side(b), by))
    return list(zip(found["path"], found["difference_ns"], strict=True))


def test_the_deepest_layers_that_explain_a_difference_are_named() -> None:
    a = {"net": 1, "net.x": 5, "net.x.y": 50, "net.z": 20}
    assert largest(a, a | {"net.x.y": 80, "net.z": 10}) == [("net.x.y", 30), ("net.z", -10)]
    assert largest(a, a) == []


def test_what_is_only_on_one_side_is_a_difference() -> None:
    a, b = {"net": 1, "net.x": 50}, {"net": 1, "net.y": 80}
    assert largest(a, b) == [("net.y", 80), ("net.x", -50)]
    assert largest({"mm": 9}, {"fused": 2}, "op") == [("mm", -9), ("fused", 2)]


def test_layers_that_the_other_side_does_not_split_are_compared_as_a_whole() -> None:
    # net.x is one region on the second side: 1 + 40 + 30 against 50.
    a = {"net": 0, "net.x": 1, "net.x.p": 40, "net.x.q": 30, "net.y": 5}
    b = {"net": 0, "net.x": 50, "net.y": 7, "(outside)": 1}
    assert largest(a, b) == [("net.x", -21), ("net.y", 2), ("(outside)", 1)]
    assert largest(b, a) == [("net.x", 21), ("net.y", -2), ("(outside)", -1)]
