"""What one forward of SAM's image encoder does on a GPU: its ranges, ops, launches and kernels.

Modelled on recordings of the real encoder (vit_b, one image of 1024 pixels): the ops and their nesting
are those of `segment_anything`, the kernels those that PyTorch launches for them.
"""

from dataclasses import replace
from itertools import count

from samprof.testing import kernels, ops
from samprof.testing.calls import Call, Dims, launch, layer, op, runtime
from samprof.testing.graphs import captured_graph
from samprof.testing.kernels import Activity

BLOCKS, WIDTH, HEADS, SIDE, WINDOW = 12, 768, 12, 64, 14
GLOBAL_BLOCKS = (2, 5, 8, 11)
CAPTURED = tuple(f"image_encoder.blocks.{number}" for number in range(4, 8))
_GRID = (1, SIDE, SIDE, WIDTH)


def encoder() -> Call:
    """One call of the encoder, beginning with the copy of the image to the device."""
    image = (1, 3, 1024, 1024)
    return layer(
        "image_encoder",
        ops.transfer(image, "15", kernels.TO_DEVICE),
        layer(
            "image_encoder.patch_embed", ops.conv2d(image, WIDTH, 16, stride=16), ops.permute(_GRID)
        ),
        ops.pointwise("add", _GRID, kernels.ADD, grad="AddBackward0"),
        *(_block(number) for number in range(BLOCKS)),
        ops.permute(_GRID),
        layer("image_encoder.neck", *_neck()),
    )


def preprocessing() -> tuple[Call, ...]:
    """What runs before the encoder, outside of every range: normalisation and padding."""
    image = (3, 1024, 1024)
    steps = [ops.pointwise(name, image, kernels.SUB) for name in ("sub", "div")]
    return (*steps, ops.pad(image))


def postprocessing() -> tuple[Call, ...]:
    """What runs after the encoder, outside of every range: the embedding is copied to the host."""
    return (ops.transfer((1, 256, SIDE, SIDE), "6", kernels.TO_HOST),)


def synchronize() -> Call:
    """The wait for the device that ends a forward."""
    return runtime("cudaStreamSynchronize")


def with_graphs(whole: Call, captures: int = 0, *, nodes: bool = False) -> Call:
    """The encoder with a graph launch inside the neck, and another in place of several blocks.

    Args:
        whole: the encoder.
        captures: if above 0, each graph is captured first, and launched so many times.
        nodes: whether the activities of captured graphs have ids of nodes.
    """
    ids = count(9)

    def graph(*calls: Call) -> tuple[Call, ...]:
        if not captures:
            return (_graph(*calls),)
        return captured_graph(calls, captures, next(ids) if nodes else None)

    inside: list[Call] = []
    for call in whole.inside:
        if call.path == "image_encoder.neck":
            inside.append(replace(call, inside=graph(*call.inside)))
        elif call.path == CAPTURED[0]:
            inside += graph(*(one for one in whole.inside if one.path in CAPTURED))
        elif call.path not in CAPTURED:
            inside.append(call)
    return replace(whole, inside=tuple(inside))


def _graph(*calls: Call) -> Call:
    """A single launch of all device activities of the calls."""
    return runtime("cudaGraphLaunch", *(one for call in calls for one in _activities(call)))


def backward_of(call: Call) -> Call:
    """What the autograd thread does for a differentiable op: its node, with a kernel inside."""
    kernel = launch(_activities(call)[0])
    return _node(call.grad, replace(call, name=f"{call.name}_backward", inside=(kernel,), grad=""))


def accumulation() -> Call:
    """Gradient accumulation, which is linked to no forward op."""
    added = ops.pointwise("add_", (WIDTH, WIDTH), kernels.ADD)
    return _node("torch::autograd::AccumulateGrad", added)


def _node(name: str, inside: Call) -> Call:
    return Call(f"autograd::engine::evaluate_function: {name}", (Call(name, (inside,)),))


def _activities(call: Call) -> tuple[Activity, ...]:
    """All device activities of a call."""
    return call.activities + tuple(one for inner in call.inside for one in _activities(inner))


def _block(number: int) -> Call:
    path, whole = f"image_encoder.blocks.{number}", number in GLOBAL_BLOCKS
    windows, side = (1, SIDE) if whole else (25, WINDOW)
    tiles = (1, 5, WINDOW, 5, WINDOW, WIDTH)
    partition = (ops.pad(_GRID), ops.view(tiles), ops.permute(tiles), ops.contiguous(tiles))
    undo = (ops.view(tiles), ops.permute(tiles), ops.contiguous(tiles), ops.contiguous(_GRID))
    mlp = (
        ops.linear(SIDE * SIDE, WIDTH, 4 * WIDTH, 118_000),
        ops.unary("gelu", (*_GRID[:-1], 4 * WIDTH), "none", kernels.GELU, grad="GeluBackward0"),
        ops.linear(SIDE * SIDE, 4 * WIDTH, WIDTH, 121_000),
    )
    return layer(
        path,
        layer(f"{path}.norm1", ops.layer_norm(_GRID)),
        *(() if whole else partition),
        layer(f"{path}.attn", *_attention(windows, side)),
        *(() if whole else undo),
        ops.pointwise("add", _GRID, kernels.ADD, grad="AddBackward0"),
        layer(f"{path}.norm2", ops.layer_norm(_GRID)),
        layer(f"{path}.mlp", *mlp),
        ops.pointwise("add", _GRID, kernels.ADD, grad="AddBackward0"),
    )


def _attention(windows: int, side: int) -> tuple[Call, ...]:
    tokens, batch, width = side * side, windows * HEADS, WIDTH // HEADS
    q, scores = (batch, tokens, width), (batch, tokens, tokens)
    k = (batch, width, tokens)
    heads, joined = (3, windows, HEADS, tokens, width), (windows, side, side, WIDTH)
    ns = batch * tokens * tokens // 500  # for one pass over the scores
    with_position = (
        ops.strided("unsqueeze", scores, "-1"),
        ops.pointwise("add", scores, kernels.ADD, grad="AddBackward0"),
    )
    return (
        ops.linear(windows * tokens, WIDTH, 3 * WIDTH, 96_000),
        op("reshape", (heads, str([*heads])), ops.view(heads)),
        ops.permute(heads),
        op("reshape", (heads, str([*heads])), ops.clone(heads), ops.view(heads)),
        op("unbind", (heads, "0"), *(ops.strided("select", q, "0", "0") for _ in range(3))),
        ops.pointwise("mul", q, kernels.MUL, grad="MulBackward0"),
        ops.strided("transpose", q, "-2", "-1"),
        ops.matmul(q, k, ns),
        *_relative_position(side, q),
        *_relative_position(side, q),
        ops.view(scores),
        *with_position,
        *with_position,
        op("softmax", (scores, "-1", ""), ops.softmax(scores, ns)),
        ops.matmul(scores, q, ns),
        ops.permute((windows, HEADS, side, side, width)),
        op("reshape", (q, str([*joined])), ops.clone(joined), ops.view(joined)),
        ops.linear(windows * tokens, WIDTH, WIDTH, 41_000),
    )


def _relative_position(side: int, q: Dims) -> tuple[Call, ...]:
    """What one axis of the relative position adds to the scores; its product runs on the side stream."""
    square, table = (side, side), (side, side, WIDTH // HEADS)
    rows = (side, q[0] * side, q[2])
    product = ops.bmm(rows, (side, q[2], side), kernels.SIDE_GEMM)
    arange = (str(side), "", "", "cuda:0", "False")
    return (
        op("arange", arange, ops.empty((side,)), launch(kernels.ARANGE)),
        ops.pointwise("mul", (side, 1), kernels.MUL),
        ops.pointwise("sub", square, kernels.SUB),
        ops.pointwise("add", square, kernels.ADD),
        op("to", (square, "4"), op("_to_copy", (square, "4"), ops.copy(square))),
        op("index", (table, ""), ops.view(square), launch(kernels.INDEX)),
        op("einsum", ("bhwc,hkc->bhwk", q, ""), ops.permute(q), ops.clone(q), product),
    )


def _neck() -> tuple[Call, ...]:
    x = (1, 256, SIDE, SIDE)
    norm = (
        ops.mean(x),
        ops.pointwise("sub", x, kernels.SUB),
        ops.unary("pow", x, "2", kernels.MUL),
        ops.pointwise("div", x, kernels.MUL),
    )
    first = ops.conv2d((1, WIDTH, SIDE, SIDE), 256, 1)
    return (first, *norm, ops.conv2d(x, 256, 3, padding=1), *norm)
