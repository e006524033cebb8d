"""The cost of an op, FLOPs and bytes, from the shapes of its inputs: one small formula per op.

FLOPs of matrix products, convolutions and attention are counted as `torch.utils.flop_counter` counts
them (two per multiply-add, the bias not counted); the tests compare each with its registry. It sees
fewer calls: none below TorchScript, none inside an op such as `_transformer_encoder_layer_fwd`, no
product of integers. There the numbers here are higher.

Ops that it has no formula for are counted by their algorithm, with a function of one number (exp, erf,
a square root) or a comparison as one operation. Bytes are the least that an op can move: each input
read once, the output written once; of an indexed input, no more than the elements indexed. What is in
a cache can move faster than the memory allows.

A trace holds the shapes of inputs only. If the output's shape does not follow from them (`nonzero`,
`index` by a mask, packed weights as of `quantized::linear`, a list of tensors whose shapes were left
out), there is no formula.
"""

from __future__ import annotations

from dataclasses import dataclass

from samprof.trace.flops.convolution import CONVOLUTION
from samprof.trace.flops.elementwise import ELEMENTWISE
from samprof.trace.flops.indexing import INDEXING
from samprof.trace.flops.matmul import MATMUL
from samprof.trace.flops.norms import NORMS
from samprof.trace.flops.op_inputs import Formula, Inputs
from samprof.trace.flops.pooling import POOLING


@dataclass(frozen=True, slots=True)
class OpCost:
    """The cost of one call of an op.

    Attributes:
        flops: floating-point operations.
        matrix_flops: the part of them that PyTorch's flop counter counts, where it sees the op.
        bytes: the least that is read and written.
    """

    flops: int
    matrix_flops: int
    bytes: int


def cost_of(op: str, text: str) -> OpCost | None:
    r"""The cost of one call; None if there is no formula, or the inputs do not fit it.

    Args:
        op: the op's name.
        text: the inputs, as `Inputs.of` takes them.

    Example:
        >>> cost_of("aten::mm", '[[2, 3], [3, 4]]\0["float", "float"]\0["", ""]')
        OpCost(flops=48, matrix_flops=48, bytes=104)
    """
    if op not in FORMULAS:
        return None
    try:
        flops, moved = FORMULAS[op](Inputs.of(text))
    except (ValueError, TypeError, IndexError, ArithmeticError):
        return None
    return OpCost(flops, flops if op in MATRIX_OPS else 0, moved)


MATRIX_OPS: dict[str, Formula] = {**MATMUL, **CONVOLUTION}
FORMULAS: dict[str, Formula] = {**MATRIX_OPS, **NORMS, **POOLING, **INDEXING, **ELEMENTWISE}
"""Op name -> formula. Of nested ops the outermost with a formula counts; the ops it calls are how it
computes."""

OPS_WITH_INPUTS = frozenset(FORMULAS) | {"aten::linear", "aten::matmul"}
"""Ops whose inputs are read: those with a formula, and those whose first input has the batch's dimension
where the ops that they call have flattened it."""

_VIEWS = """
    view reshape _unsafe_view _reshape_alias permute transpose t expand as_strided as_strided_
    unsqueeze squeeze select slice narrow unbind split chunk detach detach_ alias flatten values conj
    resolve_conj resolve_neg set_ lift_fresh numpy_T T mT view_as unfold contiguous to type_as
    broadcast_tensors movedim split_with_sizes tensor_split unsafe_split unsafe_chunk unflatten
    expand_as squeeze_ unsqueeze_ transpose_ diagonal swapaxes ravel view_as_real view_as_complex
"""
_QUERIES = """
    result_type size item is_nonzero is_pinned _local_scalar_dense is_same_size _nnpack_available
    _assert_tensor_metadata _assert_async sym_size sym_numel sym_stride
"""
_ALLOCATING = "empty empty_strided empty_like new_empty resize_ _has_compatible_shallow_copy_type"
_MOVING = """
    clone _to_copy repeat_interleave zeros zeros_like new_zeros ones ones_like new_ones full full_like
    new_full scalar_tensor repeat tile pad constant_pad_nd expand_copy concat concatenate hstack vstack
    dstack column_stack meshgrid rot90 pixel_shuffle pixel_unshuffle channel_shuffle index
"""
_COUNTING_UP = "arange linspace eye"
# In training the ops it calls compute; otherwise it does nothing.
_DELEGATING = "dropout"

FREE_OPS = frozenset(
    f"aten::{name}"
    for name in f"{_VIEWS} {_QUERIES} {_ALLOCATING} {_COUNTING_UP} {_DELEGATING}".split()
)
"""Ops that only view memory differently, query, reserve or number it; any copy is an op inside them."""

MOVING_OPS = frozenset(f"aten::{name}" for name in _MOVING.split())
"""Ops that copy or fill through the ops that they call, and compute nothing themselves."""

FILLING_OPS = frozenset(f"aten::{name}" for name in ("copy_", "fill_", "zero_"))
"""Ops with a formula that prepare memory: an op that calls no other may still compute by itself."""

NATIVE_LIBRARIES = ("quantized::", "onednn::", "fbgemm::", "mkldnn::", "torchvision::")
"""Beginnings of the names of ops that compute themselves, whatever other ops they call besides."""
