"""SAM's mask decoder exported to ONNX and loaded in onnxruntime."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from samprof.errors import MissingPackageError, ModelError, first_line
from samprof.files import temporary_folder

if TYPE_CHECKING:
    from segment_anything.utils.onnx import SamOnnxModel

Feed = dict[str, torch.Tensor]
"""The decoder's inputs by name."""

INPUTS = (
    "image_embeddings",
    "point_coords",
    "point_labels",
    "mask_input",
    "has_mask_input",
    "orig_im_size",
)
OPSET = 20
"""The newest that torch's tracing exporter writes. The dynamo exporter cannot export this decoder,
whose output size is an input."""


def onnx_session(decoder: SamOnnxModel, example: Feed, mode: str) -> Any:
    """The exported decoder in onnxruntime.

    Raises:
        MissingPackageError: onnx or onnxruntime is not installed.
        ModelError: the decoder cannot be exported.
    """
    try:
        import onnxruntime
        from onnxruntime.quantization import QuantType, quant_pre_process, quantize_dynamic
    except ImportError as error:
        raise MissingPackageError("onnx", error.name or "onnxruntime", "onnx") from None
    with temporary_folder("samprof-onnx-") as folder:
        path = Path(folder) / "decoder.onnx"
        _export(decoder, example, path)
        if mode == "onnx-quantised":
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
            warnings.simplefilter("ignore")  # tracing warns of shapes that are constant in SAM
            torch.onnx.export(
                decoder,
                tuple(tensor.clone() for tensor in example.values()),
                str(path),
                input_names=list(INPUTS),
                output_names=["masks", "iou_predictions", "low_res_masks"],
                dynamic_axes={"point_coords": {1: "points"}, "point_labels": {1: "points"}},
                opset_version=OPSET,
                dynamo=False,
            )
    except ImportError as error:
        raise MissingPackageError("onnx", error.name or "onnx", "onnx") from None
    except Exception as error:  # the exporter raises many types
        cause = f"cannot be exported ({first_line(error)})"
        raise ModelError("onnx", "the mask decoder", cause, "use another torch or onnx") from None
