"""What an op must compute and move, from the shapes of its inputs: one small formula an op.

FLOPs of matrix products, convolutions and attention are counted as `torch.utils.flop_counter` counts
them (two a multiply-add, the bias not counted); the tests hold each against its registry. What that
has no formula for is counted by the algorithm, with a function of one number (exp, erf, a square root)
or a comparison as one operation. Bytes are the least that an op can move: each input read once, the
output written once; of an input of which elements are picked, no more than are picked. What lies in a
cache is moved faster than the memory could.

A trace holds the shapes of the inputs only. Where the output's does not follow from them (`nonzero`,
`index` by a mask, a list of tensors whose shapes were left out) there is no formula.
"""

from __future__ import annotations

from dataclasses import dataclass

from samprof.trace.formulas_elementwise import ELEMENTWISE
from samprof.trace.formulas_matrix import MATRIX
from samprof.trace.formulas_norms import NORMS
from samprof.trace.formulas_picking import PICKING
from samprof.trace.formulas_windows import WINDOWS
from samprof.trace.inputs import Formula, Inputs


@dataclass(frozen=True, slots=True)
class Work:
    """What one call of an op does.

    Attributes:
        flops: floating-point operations.
        matrix_flops: of these, what PyTorch's flop counter counts.
        bytes: read and written, at least.
    """

    flops: int
    matrix_flops: int
    bytes: int


def work_of(op: str, text: str) -> Work | None:
    r"""The work of one call; None where there is no formula, or the inputs are not what it needs.

    Args:
        op: its name.
        text: its inputs, as `Inputs.of` takes them.

    Example:
        >>> work_of("aten::mm", '[[2, 3], [3, 4]]\0["float", "float"]\0["", ""]')
        Work(flops=48, matrix_flops=48, bytes=104)
    """
    if op not in FORMULAS:
        return None
    try:
        flops, moved = FORMULAS[op](Inputs.of(text))
    except (ValueError, TypeError, IndexError, ArithmeticError):
        return None
    return Work(flops, flops if op in MATRIX else 0, moved)


FORMULAS: dict[str, Formula] = {**MATRIX, **NORMS, **WINDOWS, **PICKING, **ELEMENTWISE}
"""Name -> its formula. Of nested ops the outermost with a formula counts; the rest of what it calls is
how it does its work."""

_VIEWS = """
    view reshape _unsafe_view _reshape_alias permute transpose t expand as_strided as_strided_
    unsqueeze squeeze select slice narrow unbind split chunk detach detach_ alias flatten values conj
    resolve_conj resolve_neg set_ lift_fresh numpy_T T mT view_as unfold contiguous to
    broadcast_tensors movedim
"""
_QUESTIONS = "result_type size item is_nonzero is_pinned _local_scalar_dense"
_RESERVING = "empty empty_strided empty_like new_empty resize_ _has_compatible_shallow_copy_type"
# In training its work is done by what it calls, else there is none.
_PASSING_ON = "dropout"

WITHOUT_WORK = frozenset(
    f"aten::{name}" for name in f"{_VIEWS} {_QUESTIONS} {_RESERVING} {_PASSING_ON}".split()
)
"""Ops that only look at memory in another way, or reserve it; what they copy, ops inside them do."""
