"""SAM's mask decoder as a target: in PyTorch, or exported to ONNX and run in onnxruntime."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Unpack

import torch

from samprof.record.ranges.labels import Function, ModelLabels
from samprof.sam.axes import PROMPTS
from samprof.sam.catalogue import ModelOptions, mode_of
from samprof.sam.inputs.images import count_images, photos_of
from samprof.sam.inputs.photo import Photo, inputs_note
from samprof.sam.inputs.prompts import points_for, prompts_of
from samprof.sam.model.loaded import LoadedModel, load_model
from samprof.sam.model.pipeline import COMPONENTS, UPSAMPLING
from samprof.sam.model.roles import describe
from samprof.sam.workloads.onnx_session import INPUTS, Feed, onnx_session
from samprof.sam.workloads.preprocess import preprocessed
from samprof.sweeps.target import Change, Target

if TYPE_CHECKING:
    from segment_anything.utils.onnx import SamOnnxModel

_TOLERANCE = {"onnx": 1e-3, "onnx-quantised": 0.5}
_RUNTIME = "onnxruntime"


def onnx(
    model: str,
    *,
    variant: str = "pytorch",
    over: str = PROMPTS.name,
    images: str | None = None,
    **options: Unpack[ModelOptions],
) -> Target:
    """The decoder (prompts to masks) run once per prompt, on an image embedded beforehand.

    Args:
        model: a name as in `samprof.sam.model.loaded.load_model`.
        variant: pytorch, onnx, or onnx-quantised (weights of matrix products in 8 bits).
        over: prompts.
        images: a photo, or a folder, of which the first photo is used; by default a synthetic one.
        options: checkpoint, device and dtype, as in `load_model`.

    Raises:
        ModelError: the model, checkpoint or device is not available.
        UsageError: no usable image.
        MissingPackageError: onnx or onnxruntime is not installed.
    """
    from segment_anything.utils.onnx import SamOnnxModel

    del over
    loaded = load_model(model, **options)
    (photo, *_), notes = photos_of(images, limit=1)
    mode, _ = mode_of("onnx", variant)
    decoder = SamOnnxModel(loaded.sam, return_single_mask=True).eval()
    runner = _Runner(decoder)
    with torch.inference_mode():
        embedding = loaded.sam.image_encoder(preprocessed(loaded, photo)).clone()

    def note(count: int) -> str:
        if images is None:
            return ""
        return inputs_note(count_images(images), 1, len(photo.points), count)

    def inputs(count: int) -> tuple[list[Feed]]:
        return ([_feed(loaded, photo, embedding, number, count) for number in range(count)],)

    change = None
    if mode != "pytorch":
        example = inputs(1)[0][0]
        change = Change(lambda: runner.use(onnx_session(decoder, example, mode)), _TOLERANCE[mode])
    return Target(
        loaded.sam,
        inputs,
        _labels(loaded),
        label=loaded.label,
        call=runner.run_all,
        change=change,
        notes=notes,
        inputs_note=note,
    )


class _Runner:
    """Runs the decoder in PyTorch until a session takes its place."""

    def __init__(self, decoder: SamOnnxModel) -> None:
        self._decoder = decoder
        self._session: Any = None

    def use(self, session: Any) -> None:
        """Replaces PyTorch by the session."""
        self._session = session

    def run_all(self, feeds: list[Feed]) -> list[Any]:
        """Runs the decoder on one prompt after the other: masks, scores, low-resolution masks."""
        run = self.run_pytorch if self._session is None else self.run_session
        return [run(feed) for feed in feeds]

    def run_pytorch(self, feed: Feed) -> list[Any]:
        """Runs one prompt in PyTorch; the results are on the host."""
        return [tensor.cpu().numpy() for tensor in self._decoder(*feed.values())]

    def run_session(self, feed: Feed) -> list[Any]:
        """Runs one prompt in onnxruntime."""
        arrays = {name: tensor.cpu().numpy() for name, tensor in feed.items()}
        result: list[Any] = self._session.run(None, arrays)
        return result


def _feed(
    loaded: LoadedModel, photo: Photo, embedding: torch.Tensor, number: int, count: int
) -> Feed:
    """The decoder's inputs for one point, with the padding point that SAM's notebook adds."""
    side = loaded.side // 4
    prompt = prompts_of(photo, count, "points", side).one(number)
    point, _ = points_for(loaded.sam, photo, prompt)
    values = (
        embedding,
        torch.cat([point, torch.zeros_like(point)], dim=1),
        torch.tensor([[1.0, -1.0]]),
        torch.zeros(1, 1, side, side),
        torch.zeros(1),
        torch.tensor(photo.pixels.shape[:2], dtype=torch.float32),
    )
    return {name: value.to(embedding.device) for name, value in zip(INPUTS, values, strict=True)}


def _labels(loaded: LoadedModel) -> ModelLabels:
    """The labels of SAM, and of the exported module, which calls only parts of SAM's own modules."""
    labels = describe(loaded.sam)
    exported, decoder = "segment_anything.utils.onnx", type(loaded.sam.mask_decoder)
    parts = (
        Function(exported, "SamOnnxModel._embed_points", "prompt encoder", "block"),
        Function(exported, "SamOnnxModel._embed_masks", "prompt encoder", "block"),
        Function(exported, "SamOnnxModel.mask_postprocessing", UPSAMPLING, "block"),
        Function(decoder.__module__, f"{decoder.__name__}.predict_masks", "mask decoder", "block"),
        Function(__name__, "_Runner.run_session", _RUNTIME, "block"),
    )
    return replace(
        labels,
        name="decoder",
        functions=(*labels.functions, *parts),
        components={**COMPONENTS, _RUNTIME: _RUNTIME},
    )
