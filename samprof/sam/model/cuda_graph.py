"""A forward as CUDA graphs."""

from collections.abc import Callable

import torch
from torch import Tensor

_WARM_UP = 3


class Graphed:
    """A forward captured once for each shape and dtype of its input, and replayed from then on."""

    def __init__(self, forward: Callable[[Tensor], Tensor]) -> None:
        self._forward = forward
        self._captured: dict[tuple[object, ...], tuple[torch.cuda.CUDAGraph, Tensor, Tensor]] = {}

    def __call__(self, image: Tensor) -> Tensor:
        """The forward's output for the image, in a new tensor without gradients."""
        key = (image.shape, image.dtype, image.device)
        with torch.no_grad():
            if key not in self._captured:
                self._captured[key] = self._capture(image)
            graph, given, output = self._captured[key]
            given.copy_(image)
            graph.replay()
            return output.clone()

    def _capture(self, image: Tensor) -> tuple[torch.cuda.CUDAGraph, Tensor, Tensor]:
        """The graph, and the tensors that it reads from and writes to."""
        device = image.device
        # Inference tensors cannot be written to outside of inference mode. The default device is set for
        # get_rel_pos: it would make its indices on the CPU, and copying them breaks the capture.
        with torch.inference_mode(False), torch.no_grad(), torch.cuda.device(device), device:
            given = image.clone()
            stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
            current = torch.cuda.current_stream()
            stream.wait_stream(current)
            with torch.cuda.stream(stream):
                for _ in range(_WARM_UP):
                    self._forward(given)
            current.wait_stream(stream)
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph, stream=stream):
                output = self._forward(given)
        return graph, given, output
