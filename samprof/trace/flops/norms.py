"""Cost of normalisations and of softmax, which relate each element to the mean or sum of its group.

By the algorithm, one operation per step:
    softmax           maximum, difference, exp, sum, quotient (the stable softmax); log-softmax has a
                      difference in place of the quotient
    norm              mean, difference, square, variance, scaling; weight, bias (Ba et al. 2016,
                      equation 3; Ioffe and Szegedy 2015, algorithm 1)
    batch norm, eval  difference, scaling, weight, bias: mean and variance are given
Means and variances, written per channel or row beside the output, are not counted.
"""

from __future__ import annotations

import json

from samprof.trace.flops.elementwise import each
from samprof.trace.flops.op_inputs import Formula, Inputs

_BATCH_NORM, _WITH_GIVEN_MEANS = 7, 4
_BATCH_NORM_BACKWARD = 9


def _batch_norm(inputs: Inputs) -> tuple[int, int]:
    """Input [N, C, *space], weight, bias, means, variances [C], training flag."""
    size = inputs.size(0)
    count = _BATCH_NORM if inputs.truth(5) else _WITH_GIVEN_MEANS
    return count * size, inputs.read_and_written(size)


def _batch_norm_backward(inputs: Inputs) -> tuple[int, int]:
    """Gradient dy and x [N, C, *space] in training, by the chain rule of Ioffe and Szegedy 2015.

    With x' = (x - mean) / deviation, dx = weight / deviation * (dy - mean(dy) - x' * mean(dy * x')):
    x' takes two operations per element, the sum of dy one, that of dy * x' two, dx four. The sums are
    the gradients of bias and weight.
    """
    size = inputs.size(1)
    return _BATCH_NORM_BACKWARD * size, inputs.read_and_written(size)


def _native_batch_norm_backward(inputs: Inputs) -> tuple[int, int]:
    """The same; with given means dx is dy times a factor, x' and the sums are for the weights."""
    if inputs.truth(7):
        return _batch_norm_backward(inputs)
    size = inputs.size(1)
    of_x, of_weight, of_bias = (bool(wanted) for wanted in json.loads(inputs.values[9].lower()))
    count = of_x + 4 * of_weight + of_bias
    return count * size, inputs.read_and_written(of_x * size)


NORMS: dict[str, Formula] = {
    "aten::_softmax": each(5),
    "aten::_softmax_backward_data": each(4),
    # The masking is one more.
    "aten::_masked_softmax": each(6),
    "aten::_log_softmax": each(5),
    # exp, the sum of the gradient, their product, the difference.
    "aten::_log_softmax_backward_data": each(4),
    "aten::native_layer_norm": each(7),
    "aten::native_layer_norm_backward": each(14),
    "aten::native_group_norm": each(7),
    # Square, mean, scaling, weight (Zhang and Sennrich 2019, equation 4).
    "aten::_fused_rms_norm": each(4),
    "aten::native_batch_norm": _batch_norm,
    "aten::cudnn_batch_norm": _batch_norm,
    "aten::miopen_batch_norm": _batch_norm,
    "aten::native_batch_norm_backward": _native_batch_norm_backward,
    # These two run in training only.
    "aten::cudnn_batch_norm_backward": _batch_norm_backward,
    "aten::miopen_batch_norm_backward": _batch_norm_backward,
}
