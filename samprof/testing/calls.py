"""Events on the host: ranges, aten ops with their inputs, and calls of the CUDA runtime."""

import json
from dataclasses import dataclass

from samprof.testing.kernels import Activity

Dims = tuple[int, ...]
Input = Dims | str
"""An input of an op: the dimensions of a tensor, or the text of a scalar or list."""


@dataclass(frozen=True, slots=True)
class ExpectedCost:
    """What an op has to compute and to move.

    Attributes:
        flops: operations; a multiply-add counts as two.
        bytes: each input read once and the output written once.
        matrix: whether it is a matrix product or a convolution.
    """

    flops: int
    bytes: int
    matrix: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """An event on the host, with what happens inside it.

    Attributes:
        name: as in the trace.
        inside: the calls that it makes.
        category: cpu_op or cuda_runtime.
        inputs: its inputs, as the JSON text that Kineto writes with `record_shapes`.
        path: the layer, if this is one of samprof's ranges.
        activities: what it puts on the device, if it is a launch.
        grad: the autograd node, if it is a differentiable op.
        size: the bytes that it allocates.
        cost: what it computes; of nested ops only one has a cost.
        is_captured: whether it is a launch that was captured into a graph.
    """

    name: str
    inside: tuple["Call", ...] = ()
    category: str = "cpu_op"
    inputs: str = ""
    path: str | None = None
    activities: tuple[Activity, ...] = ()
    grad: str = ""
    size: int = 0
    cost: ExpectedCost | None = None
    is_captured: bool = False


def layer(path: str, *inside: Call) -> Call:
    """One of samprof's ranges."""
    return Call(f"samprof:{path}", inside, path=path)


def runtime(name: str, *activities: Activity) -> Call:
    """A call of the CUDA runtime, and what it puts on the device."""
    return Call(name, category="cuda_runtime", activities=activities)


def launch(kernel: Activity) -> Call:
    """A kernel launch."""
    return runtime("cudaLaunchKernel", kernel)


def op(
    name: str,
    inputs: tuple[Input, ...],
    *inside: Call,
    grad: str = "",
    size: int = 0,
    cost: ExpectedCost | None = None,
) -> Call:
    """An aten op."""
    lists = {
        "Concrete Inputs": [value if isinstance(value, str) else "" for value in inputs],
        "Input type": [_type(value) for value in inputs],
        "Input Dims": [[] if isinstance(value, str) else value for value in inputs],
    }
    text = "".join(f'"{key}": {json.dumps(values)}, ' for key, values in lists.items())
    return Call(f"aten::{name}", inside, inputs=text, grad=grad, size=size, cost=cost)


def _type(value: Input) -> str:
    if not isinstance(value, str):
        return "c10::BFloat16"
    return "ScalarList" if value.startswith("[") else "Scalar" if value else ""
