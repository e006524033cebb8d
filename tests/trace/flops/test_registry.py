"""`cost_of`: what is unknown is never guessed, whatever the inputs."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samprof.trace.flops.op_inputs import INPUTS_BORDER
from samprof.trace.flops.registry import FORMULAS, FREE_OPS, OpCost, cost_of
from tests.support.op_inputs import text


@pytest.mark.parametrize(
    ("op", "inputs"),
    [
        ("aten::mm", ""),
        ("aten::mm", text([[2, 3]])),
        ("aten::mm", text([[], []])),
        ("aten::mm", INPUTS_BORDER.join(["{}", "[]", "[]"])),
        ("aten::mm", INPUTS_BORDER.join(["[[1,2],[2,3]]", "[]"])),
        ("aten::convolution", text([[1, 3, 8, 8], [4, 3, 3, 3]])),
        ("aten::add", text([[], [3]], ["", "float"])),  # a nested tensor has no shape
        ("aten::gelu", text([[]], [""])),
        ("aten::gelu", text([[[2, 3]]], ["TensorList"])),
        ("aten::max_pool2d_with_indices", text([[1, 2, 4, 4], [], [], [], [], []])),
        ("aten::unheard_of", text([[2, 3]])),
    ],
)
def test_what_cannot_be_known_is_not_guessed(op: str, inputs: str) -> None:
    assert cost_of(op, inputs) is None


@given(st.sampled_from(sorted(FORMULAS)), st.text(max_size=60))
def test_any_text_gives_a_cost_or_none(op: str, inputs: str) -> None:
    assert cost_of(op, inputs) is None or isinstance(cost_of(op, inputs), OpCost)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 2**70) | st.text(max_size=5) | st.floats(),
    lambda inner: st.lists(inner, max_size=4),
    max_leaves=12,
)


@given(st.sampled_from(sorted(FORMULAS)), st.lists(json_values, min_size=3, max_size=3))
def test_any_json_gives_a_cost_or_none(op: str, parts: list[Any]) -> None:
    inputs = INPUTS_BORDER.join(map(json.dumps, parts))
    assert cost_of(op, inputs) is None or isinstance(cost_of(op, inputs), OpCost)


def test_an_op_has_a_formula_or_is_free_never_both() -> None:
    assert not FREE_OPS & set(FORMULAS)


def test_only_products_count_as_matrix_flops() -> None:
    # 2 x 3 x 4 multiply-adds; 6 operations.
    mm, relu = cost_of("aten::mm", text([[2, 3], [3, 4]])), cost_of("aten::relu", text([[2, 3]]))
    assert mm is not None
    assert relu is not None
    assert (mm.flops, mm.matrix_flops) == (48, 48)
    assert (relu.flops, relu.matrix_flops) == (6, 0)
