"""FLOPs and bytes by shape: each formula against PyTorch's own registry, or derived by hand."""

import json
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode, flop_registry

from samprof.trace.formulas import FORMULAS, Work, work_of
from samprof.trace.inputs import INPUTS_BORDER

aten = torch.ops.aten


def text(shapes: list[Any], types: list[str] | None = None, values: list[str] | None = None) -> str:
    types = types or [
        "float" if shape or not index else "Scalar" for index, shape in enumerate(shapes)
    ]
    values = values or [""] * len(shapes)
    return INPUTS_BORDER.join(map(json.dumps, (shapes, types, values)))


def matrix_flops(op: str, *arguments: Any, **more: Any) -> int:
    work = work_of(op, text(*arguments, **more))
    assert work is not None
    return work.matrix_flops


sides = st.integers(1, 40)


@given(sides, sides, sides, sides)
def test_products_are_counted_as_pytorch_counts_them(b: int, m: int, k: int, n: int) -> None:
    registry = flop_registry
    assert matrix_flops("aten::mm", [[m, k], [k, n]]) == registry[aten.mm](
        [m, k], [k, n], out_val=None
    )
    assert matrix_flops("aten::addmm", [[n], [m, k], [k, n]]) == 2 * m * k * n
    assert matrix_flops("aten::bmm", [[b, m, k], [b, k, n]]) == 2 * b * m * k * n
    batched = [[b, m, n], [b, m, k], [b, k, n]]
    assert matrix_flops("aten::baddbmm", batched) == 2 * b * m * k * n


def counted(call: Any) -> int:
    with FlopCounterMode(display=False) as counter:
        call()
    return int(counter.get_total_flops())


def recorded(call: Any) -> list[tuple[str, str]]:
    """Name and inputs of each op, as the profiler writes them."""
    from torch.profiler import ProfilerActivity, profile

    with profile(activities=[ProfilerActivity.CPU], record_shapes=True) as profiler:
        call()
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "trace.json"
        profiler.export_chrome_trace(str(path))
        events = json.loads(path.read_text())["traceEvents"]
    keys = ("Input Dims", "Input type", "Concrete Inputs")
    return [
        (event["name"], INPUTS_BORDER.join(json.dumps(event["args"].get(key, [])) for key in keys))
        for event in events
        if event.get("cat") == "cpu_op"
    ]


@pytest.mark.parametrize(
    ("shape", "options"),
    [
        ((2, 4, 9, 11), {"out_channels": 6, "kernel_size": 3}),
        ((1, 4, 9, 11), {"out_channels": 6, "kernel_size": (3, 1), "stride": (2, 1), "padding": 1}),
        ((1, 4, 9, 11), {"out_channels": 8, "kernel_size": 3, "groups": 2, "dilation": 2}),
        ((1, 3, 16, 16), {"out_channels": 5, "kernel_size": 4, "stride": 4, "bias": False}),
    ],
)
@pytest.mark.parametrize("transposed", [False, True])
@torch.inference_mode()
def test_convolutions_agree_with_the_flop_counter(
    shape: tuple[int, ...], options: dict[str, Any], *, transposed: bool
) -> None:
    kind = torch.nn.ConvTranspose2d if transposed else torch.nn.Conv2d
    layer, x = kind(shape[1], **options), torch.ones(shape)
    (inputs,) = [one for name, one in recorded(lambda: layer(x)) if name == "aten::convolution"]
    work = work_of("aten::convolution", inputs)
    assert work is not None
    assert work.matrix_flops == counted(lambda: layer(x))
    # Image, weights, bias and result once each, in float32.
    tensors = [x, *layer.parameters(), layer(x)]
    assert work.bytes == 4 * sum(tensor.numel() for tensor in tensors)


def test_the_backward_of_a_convolution_agrees_with_the_flop_counter() -> None:
    layer, x = torch.nn.Conv2d(4, 6, 3, padding=1), torch.ones(2, 4, 9, 11, requires_grad=True)
    gradient = torch.ones_like(layer(x))

    def backward() -> None:
        layer(x).backward(gradient)

    names = ("aten::convolution", "aten::convolution_backward")
    works = [work_of(name, one) for name, one in recorded(backward) if name in names]
    assert len(works) == 2
    assert sum(work.matrix_flops for work in works if work) == counted(backward)


@pytest.mark.parametrize("name", [name for name in FORMULAS if "attention" in name])
def test_every_attention_is_two_products_or_five(name: str) -> None:
    b, h, s, t, d = 2, 3, 5, 7, 4
    q, k, v, out = [b, h, s, d], [b, h, t, d], [b, h, t, d], [b, h, s, d]
    once = 2 * b * h * s * t * d
    if name.endswith("_backward"):
        assert matrix_flops(name, [out, q, k, v]) == 5 * once
    else:
        assert matrix_flops(name, [q, k, v]) == 2 * once
        flash = flop_registry[aten._scaled_dot_product_flash_attention_for_cpu]
        assert flash(q, k, v, out_val=None) == 2 * once


def test_softmax_and_norm_by_the_algorithm() -> None:
    # 6 elements: 5 operations each; read and written once.
    assert work_of("aten::_softmax", text([[2, 3], [], []])) == Work(30, 0, 48)
    types = ["float", "ScalarList", "float", "float", "Scalar"]
    # 7 an element; the image, weight and bias read, the result written.
    work = work_of("aten::native_layer_norm", text([[2, 3], [], [3], [3], []], types))
    assert work == Work(42, 0, 4 * (6 + 3 + 3 + 6))


def test_elementwise_ops_span_their_inputs() -> None:
    # [2, 1] and [3] span [2, 3]: 6 operations, 2 + 3 read, 6 written, in half precision.
    types = ["c10::Half", "c10::Half", "Scalar"]
    assert work_of("aten::add", text([[2, 1], [3], []], types)) == Work(6, 0, 22)


def test_interpolation_is_seven_operations_an_element() -> None:
    types, values = ["float", "ScalarList", "Scalar", "", ""], ["", "[4, 6]", "False", "", ""]
    work = work_of("aten::upsample_bilinear2d", text([[1, 2, 2, 3], [], [], [], []], types, values))
    assert work == Work(7 * 48, 0, 4 * (12 + 48))


def works(call: Any, *names: str) -> list[Work | None]:
    """The work of the ops of these names that torch really calls."""
    return [
        work_of(name, one) for name, one in recorded(call) if name.removeprefix("aten::") in names
    ]


@pytest.mark.parametrize(
    ("options", "side"),
    [
        # Along a side of 7, padded to 9: (9 - 3) / 2 + 1.
        ({"stride": 2, "padding": 1}, 4),
        # (9 - 2 * 2 - 1) / 1 + 1, with 5 places under a window of 3 that skips every second.
        ({"stride": 1, "padding": 1, "dilation": 2}, 5),
        # (7 - 3) / 3 + 1 = 2.33: rounded up, or down.
        ({"ceil_mode": True}, 3),
        ({}, 2),
        # (9 - 3) / 4 + 1 = 2.5; the third would begin at 8, in the padding behind 1 + 7.
        ({"stride": 4, "padding": 1, "ceil_mode": True}, 2),
    ],
)
def test_the_largest_of_a_window(options: dict[str, Any], side: int) -> None:
    x = torch.ones(2, 3, 7, 7, requires_grad=True)
    out = torch.nn.functional.max_pool2d(x, 3, **options)
    assert out.shape == (2, 3, side, side)
    written, read = 2 * 3 * side * side, 2 * 3 * 7 * 7

    def both() -> None:
        torch.nn.functional.max_pool2d(x, 3, **options).backward(torch.ones_like(out))

    names = ("max_pool2d_with_indices", "max_pool2d_with_indices_backward")
    assert works(both, *names) == [
        # 9 comparisons each; written are the largest (4 bytes) and its place (8).
        Work(9 * written, 0, 4 * read + 12 * written),
        # Each gradient is added at its place; the gradient of x is written, x is not read.
        Work(written, 0, 12 * written + 4 * read),
    ]


def test_the_mean_of_a_window() -> None:
    x = torch.ones(1, 2, 6, 8, requires_grad=True)

    def both() -> None:
        torch.nn.functional.avg_pool2d(x, (2, 4)).backward(torch.ones(1, 2, 3, 2))

    # 12 windows of 8: 7 sums and a quotient each; back a quotient, and a sum an element of the window.
    assert works(both, "avg_pool2d", "avg_pool2d_backward") == [
        Work(8 * 12, 0, 4 * (96 + 12)),
        Work(9 * 12, 0, 4 * (12 + 96)),
    ]


def test_interpolation_and_its_gradient() -> None:
    x = torch.ones(1, 2, 3, 3, requires_grad=True)

    def both(mode: str, size: int) -> Any:
        out = torch.ones(1, 2, size, size)
        return lambda: torch.nn.functional.interpolate(x, size, mode=mode).backward(out)

    # 18 elements become 72 and back: a product and a sum for each of four neighbours.
    assert works(both("bilinear", 6), "upsample_bilinear2d", "upsample_bilinear2d_backward") == [
        *[Work(7 * 72, 0, 4 * (18 + 72))] * 2,  # the op is called by one of the same name
        Work(8 * 72, 0, 4 * (72 + 18)),
    ]
    nearest = ("upsample_nearest2d", "upsample_nearest2d_backward")
    assert works(both("nearest", 6), *nearest) == [
        *[Work(0, 0, 4 * (18 + 72))] * 2,
        Work(72, 0, 4 * (72 + 18)),
    ]
    # Of 18 elements 2 are read.
    assert works(both("nearest", 1), *nearest)[0] == Work(0, 0, 4 * (2 + 2))


@pytest.mark.parametrize(
    ("trains", "operations", "back"),
    # Given mean and variance: difference, scaling, weight, bias. Back one operation for the gradient of
    # x, four for that of the weight, one for that of the bias.
    [(True, 7, 9), (False, 4, 6)],
)
def test_batch_norm_by_the_algorithm(operations: int, back: int, *, trains: bool) -> None:
    norm, x = torch.nn.BatchNorm2d(3).train(trains), torch.ones(2, 3, 4, 5, requires_grad=True)

    def both() -> None:
        norm(x).backward(torch.ones(2, 3, 4, 5))

    # x has 120 elements. Weight, bias, means and variances 3 each; back weight, means, variances and
    # what the forward kept: the means and deviations of the batch, nothing if they were given.
    kept = 15 if trains else 9
    assert works(both, "native_batch_norm", "native_batch_norm_backward") == [
        Work(operations * 120, 0, 4 * (120 + 12 + 120)),
        Work(back * 120, 0, 4 * (2 * 120 + kept + 120)),
    ]


def test_a_batch_norm_of_unknown_mode_is_not_guessed() -> None:
    shapes, types = (
        [[2, 3, 4, 5], *[[3]] * 4, [], [], []],
        ["float"] * 5 + ["Bool", "Double", "Double"],
    )
    assert (
        work_of(
            "aten::cudnn_batch_norm", INPUTS_BORDER.join([*map(json.dumps, (shapes, types)), ""])
        )
        is None
    )
    known = text(shapes, types, [*[""] * 5, "True", "0.1", "1e-5"])
    assert work_of("aten::cudnn_batch_norm", known) == Work(7 * 120, 0, 4 * (120 + 12 + 120))
    # Input, gradient, weight, means and variances of all and of the batch, 6 bytes set aside.
    shapes = [[2, 3, 4, 5], [2, 3, 4, 5], *[[3]] * 5, [], [6]]
    back = text(shapes, ["float"] * 7 + ["Double", "unsigned char"])
    assert work_of("aten::cudnn_batch_norm_backward", back) == Work(
        1080, 0, 4 * (240 + 15 + 120) + 6
    )


def test_what_is_picked_by_number_is_read_and_written_once() -> None:
    x, places = torch.ones(4, 6), torch.tensor([3, 0])
    rows = torch.tensor([[1, 1, 2, 0, 3, 3]])
    wide = torch.zeros(9, 6, dtype=torch.long)
    # 8 bytes a number, 4 an element.
    assert works(lambda: x.index_select(0, places), "index_select") == [
        Work(0, 0, 8 * 2 + 4 * (12 + 12))
    ]
    assert works(lambda: x.index_select(-1, places), "index_select") == [
        Work(0, 0, 8 * 2 + 4 * (8 + 8))
    ]
    assert works(lambda: x.gather(0, rows), "gather") == [Work(0, 0, 8 * 6 + 4 * (6 + 6))]
    # 54 are written; more than the 24 that there are need not be read.
    assert works(lambda: x.gather(0, wide), "gather") == [Work(0, 0, 8 * 54 + 4 * (24 + 54))]
    embed = torch.nn.functional.embedding
    assert works(lambda: embed(places, x), "embedding") == [Work(0, 0, 8 * 2 + 4 * (12 + 12))]
    assert works(lambda: x.clone().index_fill_(1, places, 0.0), "index_fill_") == [
        Work(0, 0, 8 * 2 + 4 * 8)
    ]


def test_what_is_put_by_number() -> None:
    x, rows, values = torch.ones(4, 6), torch.tensor([[1, 1, 2, 0, 3, 3]]), torch.ones(2, 6)
    # 6 numbers and 6 values are read, 6 elements written.
    assert works(lambda: x.scatter_(0, rows, values), "scatter_") == [Work(0, 0, 48 + 24 + 24)]
    assert works(lambda: x.scatter_(0, rows, 1.0), "scatter_") == [Work(0, 0, 48 + 24)]
    assert works(lambda: x.scatter_add_(0, rows, values), "scatter_add_") == [
        Work(6, 0, 48 + 24 + 2 * 24)
    ]
    # Into a copy: 24 elements are read and written.
    assert works(lambda: x.scatter(0, rows, values), "scatter") == [Work(0, 0, 48 + 24 + 192)]
    assert works(lambda: x.scatter_add(0, rows, values), "scatter_add") == [
        Work(6, 0, 48 + 24 + 192)
    ]
    multiplied = works(lambda: x.scatter_(0, rows, 2.0, reduce="multiply"), "scatter_")
    assert multiplied == [None]


def test_the_gradient_of_rows_is_added_up() -> None:
    rows, table = torch.tensor([1, 1, 0]), torch.ones(4, 6, requires_grad=True)

    def both() -> None:
        torch.nn.functional.embedding(rows, table).backward(torch.ones(3, 6))

    # 18 elements of the gradient are read and added, 24 written.
    assert works(both, "embedding_dense_backward") == [Work(18, 0, 4 * 18 + 8 * 3 + 4 * 24)]


def test_what_is_picked_by_an_unknown_mask_is_not_guessed() -> None:
    x = torch.ones(4, 6)
    assert works(lambda: x[x > 0], "index", "nonzero") == [None, None]


def test_a_choice_is_of_the_type_of_what_is_chosen_from() -> None:
    # [2, 1] truths, [2, 3] and [3] in half precision: 6 written.
    types = ["bool", "c10::Half", "c10::Half"]
    assert work_of("aten::where", text([[2, 1], [2, 3], [3]], types)) == Work(6, 0, 2 + 12 + 6 + 12)
    assert work_of("aten::where", text([[2, 3]], ["bool"])) is None  # where alone is nonzero


def test_losses_and_gradients_of_elements() -> None:
    pair = [[2, 3], [2, 3], []]
    types = ["float", "float", "Scalar"]
    # 6 differences, squares and sums, or the squares themselves.
    assert work_of("aten::mse_loss", text(pair, types, ["", "", "1"])) == Work(18, 0, 48)
    assert work_of("aten::mse_loss", text(pair, types, ["", "", "0"])) == Work(12, 0, 72)
    back = text([[], *pair], ["float", *types], ["", "", "", "1"])
    assert work_of("aten::mse_loss_backward", back) == Work(18, 0, 4 + 48 + 24)
    assert work_of("aten::threshold_backward", text(pair, types, ["", "", "0"])) == Work(6, 0, 72)
    rows = text([[2, 3], [], []], ["float", "Scalar", "Scalar"], ["", "1", "False"])
    assert work_of("aten::_log_softmax", rows) == Work(30, 0, 48)
    truths = text([[4], [4]], ["bool", "bool"])
    assert work_of("aten::bitwise_and", truths) == Work(4, 0, 12)
    assert work_of("aten::gt", text([[4], [4]])) == Work(4, 0, 36)


def test_copies_move_and_do_not_compute() -> None:
    types = ["float", "c10::BFloat16", "Scalar"]
    assert work_of("aten::copy_", text([[2, 3], [2, 3], []], types)) == Work(0, 0, 6 * 4 + 6 * 2)


@pytest.mark.parametrize(
    ("op", "inputs"),
    [
        ("aten::mm", ""),
        ("aten::mm", text([[2, 3]])),
        ("aten::mm", text([[], []])),
        ("aten::mm", INPUTS_BORDER.join(["{}", "[]", "[]"])),
        ("aten::mm", INPUTS_BORDER.join(["[[1,2],[2,3]]", "[]"])),
        ("aten::convolution", text([[1, 3, 8, 8], [4, 3, 3, 3]])),
        ("aten::add", text([[], [3]], ["", "float"])),  # a nested tensor has no shape
        ("aten::gelu", text([[]], [""])),
        ("aten::gelu", text([[[2, 3]]], ["TensorList"])),
        ("aten::max_pool2d_with_indices", text([[1, 2, 4, 4], [], [], [], [], []])),
        ("aten::unheard_of", text([[2, 3]])),
    ],
)
def test_what_cannot_be_known_is_not_guessed(op: str, inputs: str) -> None:
    assert work_of(op, inputs) is None


@given(st.sampled_from(sorted(FORMULAS)), st.text(max_size=60))
def test_any_text_is_work_or_none(op: str, inputs: str) -> None:
    assert work_of(op, inputs) is None or isinstance(work_of(op, inputs), Work)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 2**70) | st.text(max_size=5) | st.floats(),
    lambda inner: st.lists(inner, max_size=4),
    max_leaves=12,
)


@given(st.sampled_from(sorted(FORMULAS)), st.lists(json_values, min_size=3, max_size=3))
def test_any_json_is_work_or_none(op: str, parts: list[Any]) -> None:
    inputs = INPUTS_BORDER.join(map(json.dumps, parts))
    assert work_of(op, inputs) is None or isinstance(work_of(op, inputs), Work)
