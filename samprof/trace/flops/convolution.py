"""Cost of convolutions, as `torch.utils.flop_counter` counts them, whatever torch calls them.

A weight is applied once per place of the output, or of the input where the convolution is transposed.
`aten::convolution` is what a module calls, and holds all the others; TorchScript calls those below it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from samprof.trace.flops.op_inputs import Formula, Inputs, Shape


@dataclass(frozen=True, slots=True)
class _Arguments:
    """Where an op takes each argument; None if it has none, and uses the usual value."""

    stride: int
    padding: int
    dilation: int | None = None
    transposed: int | bool = False
    output_padding: int | None = None
    groups: int | None = None

    def is_transposed(self, inputs: Inputs) -> bool:
        """Whether this call is transposed: an argument of some ops, the nature of others."""
        if isinstance(self.transposed, bool):
            return self.transposed
        return inputs.truth(self.transposed)


def _convolution_with(places: _Arguments) -> Formula:
    """Input x [N, C_in, *space], w [C_out, C_in / groups, *kernel] or, transposed, with C_in first."""

    def formula(inputs: Inputs) -> tuple[int, int]:
        x, w = inputs.shapes[:2]
        out = _convolved(inputs, places)
        applied = x[2:] if places.is_transposed(inputs) else out[2:]
        return 2 * x[0] * prod(w) * prod(applied), inputs.read_and_written(prod(out))

    return formula


def _convolved(inputs: Inputs, places: _Arguments) -> Shape:
    """The shape of a convolution's output (the formulas of torch.nn.Conv2d and ConvTranspose2d)."""
    x, w = inputs.shapes[:2]
    kernel, space = w[2:], len(x) - 2

    def numbers(place: int | None, usual: int) -> Sequence[int]:
        found = [usual] if place is None else inputs.numbers(place)
        return found if len(found) == space else found * space

    stride, padding = numbers(places.stride, 1), numbers(places.padding, 0)
    dilation, more = numbers(places.dilation, 1), numbers(places.output_padding, 0)
    reach = [dilation[i] * (kernel[i] - 1) for i in range(space)]
    if places.is_transposed(inputs):
        groups = 1 if places.groups is None else inputs.numbers(places.groups)[0]
        sides = [
            (x[2 + i] - 1) * stride[i] - 2 * padding[i] + reach[i] + more[i] + 1
            for i in range(space)
        ]
        return (x[0], w[1] * groups, *sides)
    sides = [(x[2 + i] + 2 * padding[i] - reach[i] - 1) // stride[i] + 1 for i in range(space)]
    return (x[0], w[0], *sides)


def _convolution_backward(inputs: Inputs) -> tuple[int, int]:
    """Gradients of the input and of the weights: each costs as much as the forward."""
    gradient, x, w = inputs.shapes[:3]
    mask = json.loads(inputs.values[10].lower())
    places = x[2:] if inputs.truth(7) else gradient[2:]
    once = 2 * x[0] * prod(w) * prod(places)
    written = mask[0] * prod(x) + mask[1] * prod(w)
    return once * (bool(mask[0]) + bool(mask[1])), inputs.read_and_written(written)


_ANY = _Arguments(3, 4, 5, transposed=6, output_padding=7, groups=8)
_LIBRARY = _Arguments(stride=4, padding=3, dilation=5)
_PLAIN = _Arguments(stride=4, padding=5, dilation=6)

# In the order of torch's own signatures (native_functions.yaml of PyTorch 2.15).
_BY_ARGUMENTS: dict[_Arguments, str] = {
    _ANY: "convolution _convolution convolution_overrideable",
    _LIBRARY: """
        mkldnn_convolution miopen_convolution miopen_depthwise_convolution _mps_convolution
    """,
    _Arguments(4, 3): "_nnpack_spatial_convolution",
    _Arguments(4, 5): "thnn_conv2d _slow_conv2d_forward slow_conv3d slow_conv3d_forward",
    _PLAIN: "slow_conv_dilated2d slow_conv_dilated3d _conv_depthwise2d conv_depthwise3d",
    _Arguments(3, 2, 4): "cudnn_convolution",
    _Arguments(3, 4, 5): "cudnn_convolution_relu",
    _Arguments(5, 6, 7): "cudnn_convolution_add_relu",
    _Arguments(4, 5, 7, transposed=True, output_padding=6): """
        slow_conv_transpose2d slow_conv_transpose3d
    """,
    _Arguments(4, 2, 5, transposed=True, output_padding=3, groups=6): """
        cudnn_convolution_transpose
    """,
    _Arguments(5, 3, 6, transposed=True, output_padding=4, groups=7): """
        miopen_convolution_transpose
    """,
}

CONVOLUTION: dict[str, Formula] = {
    "aten::convolution_backward": _convolution_backward,
    **{
        f"aten::{name}": _convolution_with(arguments)
        for arguments, names in _BY_ARGUMENTS.items()
        for name in names.split()
    },
}
