"""A captured forward gives what the forward gives."""

from contextlib import nullcontext
from types import SimpleNamespace

import pytest
import torch
from torch import Tensor

import samprof
from samprof.sam.model.cuda_graph import Graphed
from samprof.sam.model.variant_names import tolerance
from samprof.sam.model.variants import apply
from tests.sam.model.encoders import images, needs_cuda, relative_error, tiny


class FakeGraph:
    """Counts its replays; the output stays what it was at the capture."""

    replays = 0

    def replay(self) -> None:
        FakeGraph.replays += 1


@pytest.fixture
def fake_cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    """As much of `torch.cuda` as a capture needs, on the CPU."""
    stream = SimpleNamespace(wait_stream=lambda other: None)
    FakeGraph.replays = 0
    for name, fake in {
        "device": nullcontext,
        "Stream": lambda: stream,
        "current_stream": lambda: stream,
        "stream": nullcontext,
        "CUDAGraph": FakeGraph,
        "graph": lambda graph, stream: nullcontext(),
    }.items():
        monkeypatch.setattr(torch.cuda, name, fake)


def test_each_shape_and_dtype_is_captured_once(fake_cuda: None) -> None:
    seen: list[Tensor] = []

    def double(image: Tensor) -> Tensor:
        seen.append(image)
        return image * 2

    forward = Graphed(double)
    first = forward(torch.ones(1, 2))
    assert first.tolist() == [[2.0, 2.0]]
    assert (len(seen), FakeGraph.replays) == (4, 1)
    again = forward(torch.full((1, 2), 5.0))
    # The graph reads the same tensor every time, and its output is handed out as a copy.
    assert len({image.data_ptr() for image in seen}) == 1
    assert seen[-1].tolist() == [[5.0, 5.0]]
    assert again.data_ptr() != first.data_ptr()
    assert (len(seen), FakeGraph.replays) == (4, 2)
    forward(torch.ones(2, 2))
    forward(torch.ones(1, 2, dtype=torch.float64))
    assert (len(seen), FakeGraph.replays) == (12, 4)


def test_a_graph_captured_in_inference_mode_serves_outside_of_it(fake_cuda: None) -> None:
    weight = torch.ones(2, requires_grad=True)
    forward = Graphed(lambda image: image * weight)
    with torch.inference_mode():
        forward(torch.ones(1, 2))
    assert not forward(torch.ones(1, 2, requires_grad=True)).requires_grad
    with torch.inference_mode():
        assert forward(torch.ones(1, 2)).is_inference()
    assert FakeGraph.replays == 3


def test_a_recording_enters_a_graphed_forward(fake_cuda: None, no_grad: None) -> None:
    encoder = tiny()
    expected = encoder(images(64))
    graphed = encoder.__dict__["forward"] = Graphed(encoder.forward)
    encoder(images(64))
    with samprof.profile(encoder) as recording:
        assert torch.equal(encoder(images(64)), expected)
    assert encoder.__dict__["forward"] is graphed
    called = {row["path"]: row["calls"] for row in recording.layers().to_dict("records")}
    assert {path: calls for path, calls in called.items() if calls} == {"image_encoder": 1}


@needs_cuda
@pytest.mark.parametrize("name", ["cudagraph", "bf16+sdpa+cudagraph", "channels-last+cudagraph"])
def test_a_replayed_graph_gives_what_eager_gives(name: str, no_grad: None) -> None:
    encoder = tiny().cuda()
    batches = [images(64, count).cuda() for count in (1, 2, 1)]
    batches[2] += 1
    expected = [encoder(batch) for batch in batches]
    apply(encoder, name)
    outputs = [encoder(batch) for batch in batches]
    for output, wanted in zip(outputs, expected, strict=True):
        assert relative_error(output, wanted) <= tolerance(name)
    assert not torch.equal(outputs[0], outputs[2])
    with samprof.profile(encoder) as recording:
        encoder(batches[0])
    assert recording.layers().set_index("path").loc["image_encoder", "calls"] == 1
