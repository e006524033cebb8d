"""The encoder's ops as the profiler records them: what each calls, launches, allocates and costs."""

import math

from samprof.testing import kernels
from samprof.testing.calls import Call, Dims, ExpectedCost, Input, launch, op, runtime
from samprof.testing.kernels import Activity


def pointwise(name: str, x: Dims, kernel: Activity, *, grad: str = "") -> Call:
    """One kernel over all elements of two tensors."""
    cost = ExpectedCost(math.prod(x), 3 * nbytes(x))
    return op(name, (x, x, "1"), launch(kernel), grad=grad, cost=cost)


def unary(name: str, x: Dims, option: str, kernel: Activity, *, grad: str = "") -> Call:
    """One kernel over all elements of a tensor."""
    cost = ExpectedCost(math.prod(x), 2 * nbytes(x))
    return op(name, (x, option), launch(kernel), grad=grad, cost=cost)


def mean(x: Dims) -> Call:
    """A mean over a dimension; the little that is written is not counted."""
    cost = ExpectedCost(math.prod(x), nbytes(x))
    return op("mean", (x, "[1]", "True", ""), launch(kernels.MEAN), cost=cost)


def softmax(x: Dims, ns: int) -> Call:
    """Five operations per element: maximum, difference, exp, sum, quotient."""
    cost = ExpectedCost(5 * math.prod(x), 2 * nbytes(x))
    kernel = launch(kernels.softmax(ns))
    return op("_softmax", (x, "-1", "False"), kernel, grad="SoftmaxBackward0", cost=cost)


def strided(name: str, x: Dims, *scalars: str) -> Call:
    """A view of the same memory, which launches nothing."""
    strides = [math.prod(x[place + 1 :]) for place in range(len(x))]
    return op(name, (x, *scalars), op("as_strided", (x, str([*x]), str(strides), "")))


def permute(x: Dims) -> Call:
    """The same memory with the dimensions in another order."""
    return strided("permute", x, str([*range(len(x))]))


def view(x: Dims) -> Call:
    """The same memory in another shape."""
    return op("view", (x, str([*x])))


def nbytes(x: Dims) -> int:
    """The bytes of a bfloat16 tensor."""
    return 2 * math.prod(x)


def empty(x: Dims) -> Call:
    """An allocation."""
    return op("empty", (str([*x]), "15", "", "cuda:0", "False", ""), size=nbytes(x))


def copy(x: Dims) -> Call:
    """A copy by a kernel."""
    return op("copy_", (x, x, "False"), launch(kernels.COPY), cost=_moved(x))


def _moved(x: Dims) -> ExpectedCost:
    """Read once, written once."""
    return ExpectedCost(0, 2 * nbytes(x))


def clone(x: Dims) -> Call:
    """An allocation and a copy into it."""
    return op("clone", (x, "0"), op("empty_like", (x, "", "", "", "", "0"), empty(x)), copy(x))


def contiguous(x: Dims) -> Call:
    """A copy in the usual order of dimensions."""
    return op("contiguous", (x, "0"), clone(x))


def transfer(x: Dims, dtype: str, activity: Activity) -> Call:
    """A copy of a tensor to another device."""
    call = runtime("cudaMemcpyAsync", activity)
    moved = op("copy_", (x, x, "True"), call, cost=_moved(x))
    return op("to", (x, dtype), op("_to_copy", (x, dtype), empty(x), moved))


def pad(x: Dims) -> Call:
    """A larger tensor filled with zeros, and a copy into a part of it."""
    fill = runtime("cudaMemsetAsync", kernels.FILL)
    filled = op("fill_", (x, "0"), fill, cost=ExpectedCost(0, nbytes(x)))
    narrow = op("narrow", (x, "1", "0", "64"), strided("slice", x, "1", "0", "64", "1"))
    copying = runtime("cudaMemcpyAsync", kernels.ON_DEVICE)
    copied = op("copy_", (x, x, "False"), copying, cost=_moved(x))
    inner = op("constant_pad_nd", (x, "[0, 0]", "0."), empty(x), filled, narrow, copied)
    return op("pad", (x, "[0, 0]", "constant", ""), inner)


def linear(rows: int, width: int, out: int, ns: int) -> Call:
    """[rows, width] @ [width, out] + bias."""
    x, weight, bias = (rows, width), (out, width), (out,)
    product = op(
        "addmm",
        (bias, x, (width, out), "1", "1"),
        runtime("cudaStreamIsCapturing"),
        launch(kernels.gemm(ns)),
        grad="AddmmBackward0",
        size=nbytes((rows, out)),
        cost=_product(bias, x, weight, out=(rows, out), each=2 * width),
    )
    turned = op("t", (weight,), strided("transpose", weight, "0", "1"))
    return op("linear", (x, weight, bias), view(x), turned, product, view((rows, out)))


def _product(*read: Dims, out: Dims, each: int) -> ExpectedCost:
    """The cost of a matrix product with `each` operations per output element."""
    return ExpectedCost(each * math.prod(out), sum(map(nbytes, (*read, out))), matrix=True)


def bmm(x: Dims, y: Dims, kernel: Activity) -> Call:
    """[b, m, k] @ [b, k, n]."""
    out = (*x[:2], y[2])
    cost = _product(x, y, out=out, each=2 * x[2])
    return op("bmm", (x, y), launch(kernel), grad="BmmBackward0", size=nbytes(out), cost=cost)


def matmul(x: Dims, y: Dims, ns: int) -> Call:
    """[b, m, k] @ [b, k, n], as torch.matmul does it."""
    spread = [call for z in (x, y) for call in (strided("expand", z, str([*z]), "False"), view(z))]
    product = bmm(x, y, kernels.gemm(ns))
    return op("matmul", (x, y), *spread, product, view((*x[:2], y[2])))


def layer_norm(x: Dims) -> Call:
    """A layer norm over the last dimension: seven operations per element."""
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
        cost=ExpectedCost(7 * math.prod(x), 2 * (nbytes(x) + nbytes(width))),
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
    cost = _product(x, weight, out=written, each=2 * x[1] * size * size)
    call = op("convolution", inputs, op("_convolution", inputs, call), cost=cost)
    return op("conv2d", inputs, call)
