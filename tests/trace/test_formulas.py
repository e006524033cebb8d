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
