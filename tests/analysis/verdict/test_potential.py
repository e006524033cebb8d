"""The most that optimising a layer class could give."""

import pytest

from samprof.analysis.scaling.axis import BATCH_SIZE
from samprof.analysis.verdict.potential import potential, potential_sentence
from tests.analysis.verdict.test_why import ROOF, of, role


def test_a_class_could_give_what_amdahl_says() -> None:
    # 6 and 2 ms: without the first the whole is 4 times as fast. At the roof it takes
    # 100 MFLOP / 1 TFLOP/s = 0.1 ms: 8 / (2 + 0.1).
    rows = of(role(time_ns=6_000_000), role("norm", time_ns=2_000_000))
    table = potential(rows, ROOF, 4).set_index("role")
    assert table.loc["MLP", ["share", "most_speedup"]].tolist() == [0.75, 4.0]
    assert table.loc["MLP", "roof_ns"] == pytest.approx(100_000)
    assert table.loc["MLP", "roof_speedup"] == pytest.approx(8 / 2.1)
    text = potential_sentence(potential(rows, ROOF, 4), ROOF, 4, BATCH_SIZE)
    assert text == (
        "At batch 4, optimise the MLP first: it takes 75% of the time per image. At the device's peaks "
        "(1.00 TFLOP/s and 100 GB/s) its ops would give 3.81x."
    )


def test_what_could_give_most_comes_first_whatever_takes_most() -> None:
    # 5 ms at 90 % of the peak and 4 ms at 10 % of it, of 9 ms: 9 / (4 + 4.5) and 9 / (5 + 0.4).
    near = role("MLP", time_ns=5_000_000, flops=4_500_000_000)
    far = role("attention", time_ns=4_000_000, flops=400_000_000)
    table = potential(of(near, far), ROOF, 4)
    assert table["role"].tolist() == ["attention", "MLP"]
    assert potential_sentence(table, ROOF, 4, BATCH_SIZE) == (
        "At batch 4, optimise the attention first: it takes 44% of the time per image. At the device's "
        "peaks (1.00 TFLOP/s and 100 GB/s) its ops would give 1.67x; the MLP takes more (56%) and can "
        "give at most 1.06x."
    )


def test_what_memory_limits_can_be_fused() -> None:
    # 6 of 8 ms. At the peak of the memory: 500 MB / 100 GB/s = 5 ms, so 8 / (2 + 5) for its ops; but it
    # is attention with its scores in memory, of which only 1 GFLOP / 1 TFLOP/s = 1 ms is work.
    moved = role("attention", time_ns=6_000_000, flops=1_000_000_000, bytes=500_000_000)
    table = potential(of(moved, role("norm", time_ns=2_000_000)), ROOF, 4)
    (attention,) = table[table["role"] == "attention"].to_dict("records")
    assert attention["roof_speedup"] == pytest.approx(8 / 7)
    assert attention["fused_speedup"] == pytest.approx(8 / 3)
    assert attention["most_speedup"] == pytest.approx(8 / 2)
    assert potential_sentence(table, ROOF, 4, BATCH_SIZE) == (
        "At batch 4, optimise the attention first: it takes 75% of the time per image. At the device's "
        "peaks (1.00 TFLOP/s and 100 GB/s) its ops would give 1.14x, and fused, with less through "
        "memory, at most 2.67x."
    )


def test_fusing_what_does_not_compute_has_no_limit() -> None:
    table = potential(of(role("norm", flops=0, bytes=100_000_000)), ROOF, 4)
    assert potential_sentence(table, ROOF, 4, BATCH_SIZE).endswith(
        "and fused, with less through memory, more."
    )


@pytest.mark.parametrize(("other", "said"), [(1, True), (2, False)])  # 90 % and 82 % of the time
def test_of_a_class_that_is_nearly_all_it_says_how_to_look_inside(
    other: int, *, said: bool
) -> None:
    rows = of(role(time_ns=9), role("norm", time_ns=other))
    text = ". What is inside it, samprof shows with the granularity layer."
    table = potential(rows, ROOF, 4)
    for roof in (ROOF, None):
        assert potential_sentence(table, roof, 4, BATCH_SIZE, "layer").endswith(text) is said
        assert text not in potential_sentence(table, roof, 4, BATCH_SIZE)


def test_ops_without_a_formula_have_no_roof() -> None:
    table = potential(of(role(ops_without_formula=1)), ROOF, 4)
    assert table["roof_speedup"].isna().all()
    assert potential_sentence(table, ROOF, 4, BATCH_SIZE).endswith(
        "it takes all of the time per image."
    )
    two = potential(of(role(), role("norm"), roof=None), None, 4)
    assert potential_sentence(two, None, 4, BATCH_SIZE).endswith("can give at most 2.00x.")
    assert potential_sentence(table.head(0), ROOF, 4, BATCH_SIZE) == ""


def test_what_takes_nearly_all_of_the_time_promises_nothing() -> None:
    # 19,999 of 20,000: that nothing else matters is all that 20000x says.
    rows = of(role("Conv2d", time_ns=19_999), role("norm", time_ns=1))
    assert potential_sentence(potential(rows, None, 4), None, 4, BATCH_SIZE) == (
        "At batch 4, optimise the Conv2d first: it takes nearly all of the time per image."
    )


def test_a_path_stands_for_itself_in_a_sentence() -> None:
    text = potential_sentence(potential(of(role("net.0")), None, 4), None, 4, BATCH_SIZE)
    assert text.startswith("At batch 4, optimise net.0 first")
