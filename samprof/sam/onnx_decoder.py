"""SAM's mask decoder exported to ONNX, in onnxruntime, against PyTorch on the same inputs."""

from __future__ import annotations

import tempfile
import warnings
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import torch

from samprof.errors import MissingPackageError, ModelError
from samprof.record.knowledge import Function, Knowledge
from samprof.sam.images import Photo, photos_of
from samprof.sam.names import ModelOptions, way_of
from samprof.sam.pipeline import COMPONENTS, UPSAMPLING
from samprof.sam.prompts import points_for, prompts_of
from samprof.sam.roles import describe
from samprof.sam.subject import Subject, subject
from samprof.sam.workloads import encoded_pixels
from samprof.sweep.target import Change, Target

if TYPE_CHECKING:
    from segment_anything.utils.onnx import SamOnnxModel

Feed = dict[str, torch.Tensor]
OPSET = 20
"""The newest that torch's tracing exporter writes; the other one cannot export this decoder, whose
output size is an input."""
_TOLERANCE = {"onnx": 1e-3, "onnx-quantised": 0.5}
_INPUTS = (
    "image_embeddings",
    "point_coords",
    "point_labels",
    "mask_input",
    "has_mask_input",
    "orig_im_size",
)
_RUNTIME = "onnxruntime"


def onnx(
    model: str,
    *,
    variant: str = "pytorch",
    over: str = "prompts",
    images: str | None = None,
    **options: Unpack[ModelOptions],
) -> Target:
    """The decoder (prompts to masks) run once a prompt, on an image embedded beforehand.

    Args:
        model: as `samprof.sam.subject.subject` takes it.
        variant: pytorch, onnx, or onnx-quantised (weights of matrix products in 8 bits).
        over: prompts.
        images: a photo, or a folder whose first photo is taken; without, a made-up one.
        options: checkpoint, device, dtype, as `subject` takes them.

    Raises:
        ModelError: the model, checkpoint or device cannot be had.
        UsageError: no usable image.
        MissingPackageError: onnx or onnxruntime is not installed.
    """
    from segment_anything.utils.onnx import SamOnnxModel

    del over
    found = subject(model, **options)
    (photo, *_), notes = photos_of(images, limit=1)
    way, _ = way_of("onnx", variant)
    decoder = SamOnnxModel(found.sam, return_single_mask=True).eval()
    runner = _Runner(decoder)
    with torch.inference_mode():
        embedding = found.sam.image_encoder(encoded_pixels(found, photo)).clone()

    def inputs(count: int) -> tuple[list[Feed]]:
        return ([_feed(found, photo, embedding, number, count) for number in range(count)],)

    change = None
    if way != "pytorch":
        example = inputs(1)[0][0]
        change = Change(lambda: runner.use(_session(decoder, example, way)), _TOLERANCE[way])
    return Target(
        found.sam,
        inputs,
        _knowledge(found),
        label=found.label,
        call=runner.run_all,
        change=change,
        notes=notes,
    )


class _Runner:
    """Runs the decoder: PyTorch's, until a session takes its place."""

    def __init__(self, decoder: SamOnnxModel) -> None:
        self._decoder = decoder
        self._session: Any = None

    def use(self, session: Any) -> None:
        """Runs the session from now on."""
        self._session = session

    def run_all(self, feeds: list[Feed]) -> list[Any]:
        """The decoder on one prompt after the other: masks, scores, low-resolution masks."""
        run = self.run_pytorch if self._session is None else self.run_session
        return [run(feed) for feed in feeds]

    def run_pytorch(self, feed: Feed) -> list[Any]:
        """One prompt in PyTorch; results on the host."""
        return [tensor.cpu().numpy() for tensor in self._decoder(*feed.values())]

    def run_session(self, feed: Feed) -> list[Any]:
        """One prompt in onnxruntime."""
        arrays = {name: tensor.cpu().numpy() for name, tensor in feed.items()}
        result: list[Any] = self._session.run(None, arrays)
        return result


def _feed(found: Subject, photo: Photo, embedding: torch.Tensor, number: int, count: int) -> Feed:
    """The decoder's inputs for one point, with the padding point that SAM's notebook adds."""
    side = found.side // 4
    prompt = prompts_of(photo, count, "points", side).one(number)
    point, _ = points_for(found.sam, photo, prompt)
    values = (
        embedding,
        torch.cat([point, torch.zeros_like(point)], dim=1),
        torch.tensor([[1.0, -1.0]]),
        torch.zeros(1, 1, side, side),
        torch.zeros(1),
        torch.tensor(photo.pixels.shape[:2], dtype=torch.float32),
    )
    return {name: value.to(embedding.device) for name, value in zip(_INPUTS, values, strict=True)}


def _session(decoder: SamOnnxModel, example: Feed, way: str) -> Any:
    """The exported decoder in onnxruntime.

    Raises:
        MissingPackageError: onnx or onnxruntime is not installed.
        ModelError: it cannot be exported.
    """
    try:
        import onnxruntime
        from onnxruntime.quantization import QuantType, quant_pre_process, quantize_dynamic
    except ImportError as error:
        raise MissingPackageError("onnx", error.name or "onnxruntime", "onnx") from None
    with tempfile.TemporaryDirectory(prefix="samprof-onnx-") as folder:
        path = Path(folder) / "decoder.onnx"
        _export(decoder, example, path)
        if way == "onnx-quantised":
            inferred, quantised = Path(folder) / "inferred.onnx", Path(folder) / "quantised.onnx"
            quant_pre_process(path, inferred, skip_symbolic_shape=True)
            quantize_dynamic(inferred, quantised, weight_type=QuantType.QUInt8)
            path = quantised
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        options.intra_op_num_threads = torch.get_num_threads()
        providers = ["CPUExecutionProvider"]
        on_cuda = next(decoder.parameters()).device.type == "cuda"
        if on_cuda and "CUDAExecutionProvider" in onnxruntime.get_available_providers():
            providers.insert(0, "CUDAExecutionProvider")
        return onnxruntime.InferenceSession(path.read_bytes(), options, providers=providers)


def _export(decoder: SamOnnxModel, example: Feed, path: Path) -> None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of tracing: shapes that SAM keeps constant
            torch.onnx.export(
                decoder,
                tuple(tensor.clone() for tensor in example.values()),
                str(path),
                input_names=list(_INPUTS),
                output_names=["masks", "iou_predictions", "low_res_masks"],
                dynamic_axes={"point_coords": {1: "points"}, "point_labels": {1: "points"}},
                opset_version=OPSET,
                dynamo=False,
            )
    except ImportError as error:
        raise MissingPackageError("onnx", error.name or "onnx", "onnx") from None
    except Exception as error:  # whatever an exporter of the day raises
        cause = f"cannot be exported ({' '.join(str(error).split())[:120]})"
        raise ModelError("onnx", "the mask decoder", cause, "use another torch or onnx") from None


def _knowledge(found: Subject) -> Knowledge:
    """What is known of SAM, and the parts of the exported module, which calls SAM's own by halves."""
    known = describe(found.sam)
    exported, decoder = "segment_anything.utils.onnx", type(found.sam.mask_decoder)
    parts = (
        Function(exported, "SamOnnxModel._embed_points", "prompt encoder", "block"),
        Function(exported, "SamOnnxModel._embed_masks", "prompt encoder", "block"),
        Function(exported, "SamOnnxModel.mask_postprocessing", UPSAMPLING, "block"),
        Function(decoder.__module__, f"{decoder.__name__}.predict_masks", "mask decoder", "block"),
        Function(__name__, "_Runner.run_session", _RUNTIME, "block"),
    )
    return replace(
        known,
        name="decoder",
        functions=(*known.functions, *parts),
        components={**COMPONENTS, _RUNTIME: _RUNTIME},
    )
