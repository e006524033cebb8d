"""The inputs of an op, read from Kineto's JSON."""

import pytest

from samprof.trace.flops.op_inputs import Inputs
from tests.support.op_inputs import text


def test_shapes_types_and_values_are_read_by_place() -> None:
    inputs = Inputs.of(
        text([[2, 3], [], []], ["c10::Half", "ScalarList", "Scalar"], ["", "[1, 2]", "True"])
    )
    assert inputs.shapes == ((2, 3), (), ())
    assert (inputs.size(0), inputs.width(0)) == (6, 2)
    assert inputs.numbers(1) == [1, 2]
    assert inputs.truth(2)


def test_bytes_are_those_of_tensors_and_of_lists_of_tensors() -> None:
    # 6 floats; of a list of tensors the type is unknown, so one byte per element: 4 + 5.
    inputs = Inputs.of(text([[2, 3], [[4], [5]], []], ["float", "TensorList", "Scalar"]))
    assert inputs.all_read() == 4 * 6 + 4 + 5
    assert inputs.read_and_written(10) == 4 * 6 + 4 + 5 + 4 * 10


@pytest.mark.parametrize("written", ["", "maybe", "2"])
def test_a_flag_that_was_not_written_is_an_error(written: str) -> None:
    with pytest.raises(ValueError, match="no flag"):
        Inputs.of(text([[]], ["Scalar"], [written or ""])).truth(0)


def test_an_input_without_a_shape_is_an_error() -> None:
    with pytest.raises(ValueError, match="no shape"):
        Inputs.of(text([[]], [""])).size(0)
    with pytest.raises(ValueError, match="no tensor"):
        Inputs.of(text([[]], ["Scalar"], ["1"])).width(0)
    with pytest.raises(IndexError):
        Inputs.of(text([[2]])).size(1)
