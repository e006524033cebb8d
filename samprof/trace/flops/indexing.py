"""Cost of ops that read or write elements by index: no operation unless elements are added up.

The bytes read from the indexed input are those of the elements indexed, and at most the whole input,
since an index may occur twice. `index` and `index_put_` are missing because Kineto writes neither shape
nor type of their indices: a mask and a list of places look alike.
"""

from __future__ import annotations

from math import prod

from samprof.trace.flops.op_inputs import Formula, Inputs

_PLACE_BYTES = 8


def _gather(inputs: Inputs) -> tuple[int, int]:
    """Input, dimension, index: the output has the shape of the index."""
    return 0, _read_at(inputs, source=0, index=2, count=inputs.size(2))


def _index_select(inputs: Inputs) -> tuple[int, int]:
    """Input, dimension, index [n]: n slices of the input along the dimension."""
    return 0, _read_at(inputs, source=0, index=2, count=inputs.size(2) * _slice_of(inputs))


def _embedding(inputs: Inputs) -> tuple[int, int]:
    """Weights [V, D], index [*]: one row per index."""
    _, width = inputs.shapes[0]
    return 0, _read_at(inputs, source=0, index=1, count=inputs.size(1) * width)


def _embedding_backward(inputs: Inputs) -> tuple[int, int]:
    """Gradient [*, D], index [*], V: each row is added to the row of its index; [V, D] is written."""
    (rows,) = inputs.numbers(2)
    return inputs.size(0), inputs.read_and_written(rows * inputs.shapes[0][-1])


def _index_fill(inputs: Inputs) -> tuple[int, int]:
    """Input, dimension, index [n], value: n slices of the input are written."""
    written = inputs.size(2) * _slice_of(inputs)
    return 0, inputs.size(2) * inputs.width(2) + written * inputs.width(0)


def _scatter_in_place(inputs: Inputs) -> tuple[int, int]:
    """Input, dimension, index, values: one element of the input is written per index."""
    return 0, _index_and_values(inputs) + _indexed(inputs)


def _scatter(inputs: Inputs) -> tuple[int, int]:
    """The same, and the whole input is read and the whole output written."""
    return 0, _index_and_values(inputs) + 2 * inputs.size(0) * inputs.width(0)


def _scatter_add_in_place(inputs: Inputs) -> tuple[int, int]:
    """Input, dimension, index, values: each indexed element is read, added to, and written."""
    return inputs.size(2), _index_and_values(inputs) + 2 * _indexed(inputs)


def _scatter_add(inputs: Inputs) -> tuple[int, int]:
    """The same, and the whole input is read and the whole output written."""
    return inputs.size(2), _scatter(inputs)[1]


def _topk(inputs: Inputs) -> tuple[int, int]:
    """Input, k, dimension: each element is compared at least once; k values and places are written."""
    (kept,) = inputs.numbers(1)
    written = kept * _slice_of(inputs, 2)
    return inputs.size(0), inputs.read_and_written(written) + written * _PLACE_BYTES


def _index_and_values(inputs: Inputs) -> int:
    """Bytes of the index, and of one value per index; a scalar takes none."""
    if len(inputs.types) > 4:
        raise ValueError("a reduction such as multiply")
    value = 0 if inputs.types[3] == "Scalar" else inputs.width(3)
    return inputs.size(2) * (inputs.width(2) + value)


def _indexed(inputs: Inputs) -> int:
    """Bytes of the indexed elements of the input."""
    return min(inputs.size(0), inputs.size(2)) * inputs.width(0)


def _read_at(inputs: Inputs, *, source: int, index: int, count: int) -> int:
    """Bytes of the index, of the elements read at it, and of an output of `count` elements."""
    read = inputs.size(index) * inputs.width(index)
    return read + (min(inputs.size(source), count) + count) * inputs.width(source)


def _slice_of(inputs: Inputs, place: int = 1) -> int:
    """Elements of the input at one index along the dimension, which is the argument at the place."""
    shape, (dimension,) = inputs.shapes[0], inputs.numbers(place)
    inputs.size(0)
    rest = list(shape)
    del rest[dimension]
    return prod(rest)


INDEXING: dict[str, Formula] = {
    "aten::gather": _gather,
    "aten::index_select": _index_select,
    "aten::embedding": _embedding,
    "aten::embedding_dense_backward": _embedding_backward,
    "aten::index_fill_": _index_fill,
    "aten::scatter_": _scatter_in_place,
    "aten::scatter": _scatter,
    "aten::scatter_add_": _scatter_add_in_place,
    "aten::scatter_add": _scatter_add,
    "aten::topk": _topk,
}
