"""Elementwise ops: operations and bytes derived by hand."""

from samprof.trace.flops.registry import OpCost, cost_of
from tests.support.op_inputs import text


def test_inputs_are_broadcast() -> None:
    # [2, 1] and [3] span [2, 3]: 6 operations, 2 + 3 read, 6 written, in half precision.
    types = ["c10::Half", "c10::Half", "Scalar"]
    assert cost_of("aten::add", text([[2, 1], [3], []], types)) == OpCost(6, 0, 22)


def test_where_has_the_type_of_what_it_chooses_from() -> None:
    # [2, 1] truths, [2, 3] and [3] in half precision: 6 written.
    types = ["bool", "c10::Half", "c10::Half"]
    assert cost_of("aten::where", text([[2, 1], [2, 3], [3]], types)) == OpCost(
        6, 0, 2 + 12 + 6 + 12
    )
    assert cost_of("aten::where", text([[2, 3]], ["bool"])) is None  # where alone is nonzero


def test_losses_and_gradients_of_elements() -> None:
    pair = [[2, 3], [2, 3], []]
    types = ["float", "float", "Scalar"]
    # 6 differences, squares and sums, or the squares themselves.
    assert cost_of("aten::mse_loss", text(pair, types, ["", "", "1"])) == OpCost(18, 0, 48)
    assert cost_of("aten::mse_loss", text(pair, types, ["", "", "0"])) == OpCost(12, 0, 72)
    back = text([[], *pair], ["float", *types], ["", "", "", "1"])
    assert cost_of("aten::mse_loss_backward", back) == OpCost(18, 0, 4 + 48 + 24)
    assert cost_of("aten::threshold_backward", text(pair, types, ["", "", "0"])) == OpCost(6, 0, 72)
    rows = text([[2, 3], [], []], ["float", "Scalar", "Scalar"], ["", "1", "False"])
    assert cost_of("aten::_log_softmax", rows) == OpCost(30, 0, 48)
    truths = text([[4], [4]], ["bool", "bool"])
    assert cost_of("aten::bitwise_and", truths) == OpCost(4, 0, 12)
    assert cost_of("aten::gt", text([[4], [4]])) == OpCost(4, 0, 36)


def test_copies_move_and_do_not_compute() -> None:
    types = ["float", "c10::BFloat16", "Scalar"]
    assert cost_of("aten::copy_", text([[2, 3], [2, 3], []], types)) == OpCost(0, 0, 6 * 4 + 6 * 2)


def test_functions_tests_and_norms_of_elements() -> None:
    one = text([[2, 3]])
    # 6 operations, 6 numbers read and written; a test writes a byte.
    for name in ("log2", "sign", "floor", "hardswish"):
        assert cost_of(f"aten::{name}", one) == OpCost(6, 0, 48)
    assert cost_of("aten::isneginf", one) == OpCost(6, 0, 24 + 6)
    assert cost_of("aten::linalg_vector_norm", one) == OpCost(12, 0, 24)
    # One half of 4 numbers times the sigmoid of the other, for 3 columns.
    assert cost_of("aten::glu", text([[4, 3], []])) == OpCost(12, 0, 48 + 24)
    # A product and a sum; a difference, a product and a sum; of three inputs.
    three = text([[2, 3], [3], [2, 1]], ["float"] * 3)
    assert cost_of("aten::addcmul", three) == OpCost(12, 0, 4 * (6 + 3 + 2 + 6))
    assert cost_of("aten::lerp", three) == OpCost(18, 0, 4 * (6 + 3 + 2 + 6))
