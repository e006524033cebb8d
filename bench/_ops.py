"""Ops as the profiler records them: what happens inside each, what it launches, its inputs."""

import json
import math
from dataclasses import dataclass

from bench import _kernels as kernels
from bench._kernels import Activity

Dims = tuple[int, ...]
Input = Dims | str
"""Of an op: the dimensions of a tensor, or the text of a scalar or list."""


@dataclass(frozen=True, slots=True)
class Work:
    """What an op computes and, at least, moves.

    Attributes:
        flops: operations, two a multiply-add.
        bytes: each input read once, the output written once.
        matrix: whether it is a matrix product or a convolution.
    """

    flops: int
    bytes: int
    matrix: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """An event of the host, with what happens inside it.

    Attributes:
        name: as in the trace.
        inside: the calls it makes.
        category: cpu_op or cuda_runtime.
        inputs: its inputs, as the JSON text that Kineto writes with `record_shapes`.
        path: of a samprof range: the layer.
        activities: of a launch: what it puts on the device.
        grad: the autograd node of a differentiable op.
        size: bytes that it allocates.
        work: what it computes; of nested ops only one has it.
    """

    name: str
    inside: tuple["Call", ...] = ()
    category: str = "cpu_op"
    inputs: str = ""
    path: str | None = None
    activities: tuple[Activity, ...] = ()
    grad: str = ""
    size: int = 0
    work: Work | None = None


def layer(path: str, *inside: Call) -> Call:
    """A range of samprof."""
    return Call(f"samprof:{path}", inside, path=path)


def runtime(name: str, *activities: Activity) -> Call:
    """A call of the CUDA runtime."""
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
    work: Work | None = None,
) -> Call:
    """An op of aten."""
    lists = {
        "Concrete Inputs": [value if isinstance(value, str) else "" for value in inputs],
        "Input type": [_type(value) for value in inputs],
        "Input Dims": [[] if isinstance(value, str) else value for value in inputs],
    }
    text = "".join(f'"{key}": {json.dumps(values)}, ' for key, values in lists.items())
    return Call(f"aten::{name}", inside, inputs=text, grad=grad, size=size, work=work)


def _type(value: Input) -> str:
    if not isinstance(value, str):
        return "c10::BFloat16"
    return "ScalarList" if value.startswith("[") else "Scalar" if value else ""


def pointwise(name: str, x: Dims, kernel: Activity, *, grad: str = "") -> Call:
    """One kernel over every element of two tensors."""
    work = Work(math.prod(x), 3 * nbytes(x))
    return op(name, (x, x, "1"), launch(kernel), grad=grad, work=work)


def unary(name: str, x: Dims, option: str, kernel: Activity, *, grad: str = "") -> Call:
    """One kernel over every element of a tensor."""
    work = Work(math.prod(x), 2 * nbytes(x))
    return op(name, (x, option), launch(kernel), grad=grad, work=work)


def mean(x: Dims) -> Call:
    """A sum over a dimension; what is written is little."""
    work = Work(math.prod(x), nbytes(x))
    return op("mean", (x, "[1]", "True", ""), launch(kernels.MEAN), work=work)


def softmax(x: Dims, ns: int) -> Call:
    """Five operations an element: largest, difference, exp, sum, quotient."""
    work = Work(5 * math.prod(x), 2 * nbytes(x))
    kernel = launch(kernels.softmax(ns))
    return op("_softmax", (x, "-1", "False"), kernel, grad="SoftmaxBackward0", work=work)


def strided(name: str, x: Dims, *scalars: str) -> Call:
    """Another view of the same memory."""
    strides = [math.prod(x[place + 1 :]) for place in range(len(x))]
    return op(name, (x, *scalars), op("as_strided", (x, str([*x]), str(strides), "")))


def permute(x: Dims) -> Call:
    return strided("permute", x, str([*range(len(x))]))


def view(x: Dims) -> Call:
    return op("view", (x, str([*x])))


def nbytes(x: Dims) -> int:
    """Memory of a tensor of bfloat16."""
    return 2 * math.prod(x)


def empty(x: Dims) -> Call:
    return op("empty", (str([*x]), "15", "", "cuda:0", "False", ""), size=nbytes(x))


def copy(x: Dims) -> Call:
    return op("copy_", (x, x, "False"), launch(kernels.COPY), work=_moved(x))


def _moved(x: Dims) -> Work:
    """Read once, written once."""
    return Work(0, 2 * nbytes(x))


def clone(x: Dims) -> Call:
    return op("clone", (x, "0"), op("empty_like", (x, "", "", "", "", "0"), empty(x)), copy(x))


def contiguous(x: Dims) -> Call:
    return op("contiguous", (x, "0"), clone(x))


def transfer(x: Dims, dtype: str, activity: Activity) -> Call:
    """A tensor brought to another device."""
    call = runtime("cudaMemcpyAsync", activity)
    moved = op("copy_", (x, x, "True"), call, work=_moved(x))
    return op("to", (x, dtype), op("_to_copy", (x, dtype), empty(x), moved))


def pad(x: Dims) -> Call:
    fill = runtime("cudaMemsetAsync", kernels.FILL)
    filled = op("fill_", (x, "0"), fill, work=Work(0, nbytes(x)))
    narrow = op("narrow", (x, "1", "0", "64"), strided("slice", x, "1", "0", "64", "1"))
    copying = runtime("cudaMemcpyAsync", kernels.ON_DEVICE)
    copied = op("copy_", (x, x, "False"), copying, work=_moved(x))
    inner = op("constant_pad_nd", (x, "[0, 0]", "0."), empty(x), filled, narrow, copied)
    return op("pad", (x, "[0, 0]", "constant", ""), inner)


def linear(rows: int, width: int, out: int, ns: int) -> Call:
    x, weight, bias = (rows, width), (out, width), (out,)
    product = op(
        "addmm",
        (bias, x, (width, out), "1", "1"),
        runtime("cudaStreamIsCapturing"),
        launch(kernels.gemm(ns)),
        grad="AddmmBackward0",
        size=nbytes((rows, out)),
        work=_product(bias, x, weight, out=(rows, out), each=2 * width),
    )
    turned = op("t", (weight,), strided("transpose", weight, "0", "1"))
    return op("linear", (x, weight, bias), view(x), turned, product, view((rows, out)))


def _product(*read: Dims, out: Dims, each: int) -> Work:
    """So many operations an element of the output."""
    return Work(each * math.prod(out), sum(map(nbytes, (*read, out))), matrix=True)


def bmm(x: Dims, y: Dims, kernel: Activity) -> Call:
    """[b, m, k] @ [b, k, n]."""
    out = (*x[:2], y[2])
    work = _product(x, y, out=out, each=2 * x[2])
    return op("bmm", (x, y), launch(kernel), grad="BmmBackward0", size=nbytes(out), work=work)


def matmul(x: Dims, y: Dims, ns: int) -> Call:
    spread = [call for z in (x, y) for call in (strided("expand", z, str([*z]), "False"), view(z))]
    product = bmm(x, y, kernels.gemm(ns))
    return op("matmul", (x, y), *spread, product, view((*x[:2], y[2])))


def layer_norm(x: Dims) -> Call:
    width = x[-1:]
    inputs: tuple[Input, ...] = (x, str([*width]), width, width, "9.9999999999999995e-07")
    native = op(
        "native_layer_norm",
        inputs,
        empty(x),
        empty(x[:-1]),
        empty(x[:-1]),
        launch(kernels.LAYER_NORM),
        view(x[:-1]),
        grad="NativeLayerNormBackward0",
        work=Work(7 * math.prod(x), 2 * (nbytes(x) + nbytes(width))),
    )
    return op("layer_norm", (*inputs, "True"), native)


def conv2d(x: Dims, out: int, size: int, *, stride: int = 1, padding: int = 0) -> Call:
    """A convolution without bias."""
    sides = tuple((side + 2 * padding - size) // stride + 1 for side in x[2:])
    weight, written = (out, x[1], size, size), (x[0], out, *sides)
    numbers = [str([number, number]) for number in (stride, padding, 1)]
    inputs: tuple[Input, ...] = (x, weight, "", *numbers, "False", "[0, 0]", "1")
    call = op(
        "cudnn_convolution",
        inputs,
        runtime("cudaStreamIsCapturing"),
        launch(kernels.TO_NHWC),
        launch(kernels.CONVOLUTION),
        launch(kernels.TO_NCHW),
        grad="ConvolutionBackward0",
        size=nbytes(written),
    )
    work = _product(x, weight, out=written, each=2 * x[1] * size * size)
    call = op("convolution", inputs, op("_convolution", inputs, call), work=work)
    return op("conv2d", inputs, call)
