"""Work of ops that pick elements by number, or put them: no operation unless they are added up.

Of the input that is picked from no more is read than is picked, and no more than there is: numbers may
occur twice. `index` and `index_put_` are not here, because Kineto writes neither shape nor type of
their numbers: a mask and a list of places look alike.
"""

from __future__ import annotations

from math import prod

from samprof.trace.inputs import Formula, Inputs


def _gathered(inputs: Inputs) -> tuple[int, int]:
    """X, dimension, numbers: the output has the shape of the numbers."""
    return 0, _picked(inputs, source=0, numbers=2, count=inputs.size(2))


def _selected(inputs: Inputs) -> tuple[int, int]:
    """X, dimension, numbers [n]: so many slices of x along the dimension."""
    return 0, _picked(inputs, source=0, numbers=2, count=inputs.size(2) * _slice_of(inputs))


def _embedded(inputs: Inputs) -> tuple[int, int]:
    """Weights [V, D], numbers [*]: a row each."""
    _, width = inputs.shapes[0]
    return 0, _picked(inputs, source=0, numbers=1, count=inputs.size(1) * width)


def _embedded_backward(inputs: Inputs) -> tuple[int, int]:
    """Gradient [*, D], numbers [*], V: each row is added to that of its number; [V, D] is written."""
    (rows,) = inputs.numbers(2)
    return inputs.size(0), inputs.read_and_written(rows * inputs.shapes[0][-1])


def _filled(inputs: Inputs) -> tuple[int, int]:
    """X, dimension, numbers [n], a value: so many slices of x are written."""
    written = inputs.size(2) * _slice_of(inputs)
    return 0, inputs.size(2) * inputs.width(2) + written * inputs.width(0)


def _put(inputs: Inputs) -> tuple[int, int]:
    """X, dimension, numbers, values: as many are written into x as there are numbers."""
    return 0, _given(inputs) + _met(inputs)


def _put_into_a_copy(inputs: Inputs) -> tuple[int, int]:
    """The same, and x is read and the output written as a whole."""
    return 0, _given(inputs) + 2 * inputs.size(0) * inputs.width(0)


def _added(inputs: Inputs) -> tuple[int, int]:
    """X, dimension, numbers, values: what is there is read, added to, and written."""
    return inputs.size(2), _given(inputs) + 2 * _met(inputs)


def _added_to_a_copy(inputs: Inputs) -> tuple[int, int]:
    """The same, and x is read and the output written as a whole."""
    return inputs.size(2), _put_into_a_copy(inputs)[1]


def _given(inputs: Inputs) -> int:
    """Bytes of the numbers, and of a value each; a scalar takes none."""
    if len(inputs.types) > 4:
        raise ValueError("put in another way, such as multiplied")
    value = 0 if inputs.types[3] == "Scalar" else inputs.width(3)
    return inputs.size(2) * (inputs.width(2) + value)


def _met(inputs: Inputs) -> int:
    """Bytes of x at the numbers."""
    return min(inputs.size(0), inputs.size(2)) * inputs.width(0)


def _picked(inputs: Inputs, *, source: int, numbers: int, count: int) -> int:
    """Bytes of the numbers, of what is read at them, and of the output of so many elements."""
    read = inputs.size(numbers) * inputs.width(numbers)
    return read + (min(inputs.size(source), count) + count) * inputs.width(source)


def _slice_of(inputs: Inputs) -> int:
    """Elements of x at one number along the dimension."""
    shape, (dimension,) = inputs.shapes[0], inputs.numbers(1)
    inputs.size(0)
    rest = list(shape)
    del rest[dimension]
    return prod(rest)


PICKING: dict[str, Formula] = {
    "aten::gather": _gathered,
    "aten::index_select": _selected,
    "aten::embedding": _embedded,
    "aten::embedding_dense_backward": _embedded_backward,
    "aten::index_fill_": _filled,
    "aten::scatter_": _put,
    "aten::scatter": _put_into_a_copy,
    "aten::scatter_add_": _added,
    "aten::scatter_add": _added_to_a_copy,
}
