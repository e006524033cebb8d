"""What runs around SAM's modules: functions of predictor and mask generator, and the components.

Preprocessing, mask upsampling, filtering, box NMS and RLE are plain functions. While a recording runs
they become ranges, each patched where its caller looks it up.
"""

import sys
from collections.abc import Iterable, Iterator
from types import ModuleType
from typing import Any

from torch import nn

from samprof.record.ranges.labels import Function

PREPROCESSING, UPSAMPLING = "preprocessing", "mask upsampling"
FILTERING, NMS, RLE = "filtering", "box NMS", "RLE"
COMPONENTS = {
    name: name
    for name in (
        PREPROCESSING,
        "image encoder",
        "prompt encoder",
        "mask decoder",
        UPSAMPLING,
        FILTERING,
        NMS,
        RLE,
    )
}
"""Role -> component, in the order of the pipeline. Whatever runs inside one belongs to it."""

_OF_THE_MODEL = {
    "preprocess": PREPROCESSING,
    "postprocess_masks": UPSAMPLING,
    "get_image_wide_positional_embeddings": "prompt encoder",
    # SAM 2 and its descendants, in their own package and in transformers.
    "_prepare_memory_conditioned_features": "memory attention",
    "_encode_new_memory": "memory encoder",
}
"""Methods of a whole model, whatever its class."""

_METHODS = {
    "PromptEncoder": {"get_dense_pe": "prompt encoder"},
    "ResizeLongestSide": {
        "apply_image": PREPROCESSING,
        "apply_image_torch": PREPROCESSING,
        "apply_coords": PREPROCESSING,
        "apply_coords_torch": PREPROCESSING,
        "apply_boxes": PREPROCESSING,
        "apply_boxes_torch": PREPROCESSING,
    },
    "MaskData": {"filter": FILTERING, "cat": "collecting masks"},
    "SamAutomaticMaskGenerator": {"postprocess_small_regions": FILTERING},
    # EfficientViT-SAM's predictor scales points itself, and its model has a transform of these.
    "EfficientViTSamPredictor": {
        "apply_coords": PREPROCESSING,
        "apply_coords_torch": PREPROCESSING,
        "apply_boxes": PREPROCESSING,
        "apply_boxes_torch": PREPROCESSING,
    },
    "SamResize": {"__call__": PREPROCESSING},
    "SamPad": {"__call__": PREPROCESSING},
    "SAM2Transforms": {
        "__call__": PREPROCESSING,
        "forward_batch": PREPROCESSING,
        "transform_coords": PREPROCESSING,
        "transform_boxes": PREPROCESSING,
        "postprocess_masks": UPSAMPLING,
    },
}
_PREDICTOR = {"set_image": "set image", "predict": "predict", "predict_torch": "predict"}
_IMAGE_PROCESSOR = {
    "preprocess": PREPROCESSING,
    "post_process_masks": UPSAMPLING,
    "filter_masks": FILTERING,
    "post_process_for_mask_generation": NMS,
}
_STARTS = {
    "SamPredictor": _PREDICTOR,
    "EfficientViTSamPredictor": _PREDICTOR,
    "SAM2ImagePredictor": {
        "set_image": "set image",
        "set_image_batch": "set image",
        "predict": "predict",
        "predict_batch": "predict",
    },
    "SamAutomaticMaskGenerator": {"generate": "automatic masks"},
    "SAM2AutomaticMaskGenerator": {"generate": "automatic masks"},
    # Hugging Face: what a processor calls, and what is called on its results.
    "SamImageProcessor": _IMAGE_PROCESSOR,
    "Sam2ImageProcessor": _IMAGE_PROCESSOR,
    "Sam3ImageProcessor": _IMAGE_PROCESSOR,
    "Sam3Processor": {
        "post_process_semantic_segmentation": UPSAMPLING,
        "post_process_instance_segmentation": UPSAMPLING,
        "post_process_object_detection": FILTERING,
    },
    # ultralytics
    "Predictor": {
        "preprocess": PREPROCESSING,
        "set_image": "set image",
        "prompt_inference": "predict",
        "generate": "automatic masks",
        "postprocess": UPSAMPLING,
    },
}
_CALLED_BY_GENERATOR = {
    "generate_crop_boxes": "cropping",
    "uncrop_masks": "cropping",
    "uncrop_boxes_xyxy": "cropping",
    "uncrop_points": "cropping",
    "calculate_stability_score": FILTERING,
    "batched_mask_to_box": FILTERING,
    "is_box_near_crop_edge": FILTERING,
    "remove_small_regions": FILTERING,
    "batched_nms": NMS,
    "mask_to_rle_pytorch": RLE,
    "coco_encode_rle": RLE,
    "rle_to_mask": RLE,
    "area_from_rle": RLE,
}


def functions_around(sam: type, parts: Iterable[type] = ()) -> dict[str, Function]:
    """The functions worth a range in the packages of these classes, by qualified name.

    They are entered at every granularity: a pipeline calls them a few times per image.

    Args:
        sam: the class of the model, segment_anything's or a copy of it.
        parts: the classes of its parts, where they may come from other packages.
    """
    found: dict[str, Function] = {}
    for kind in filter(is_found_by_name, sam.__mro__):
        for name in vars(kind).keys() & _OF_THE_MODEL.keys():
            own = Function(kind.__module__, f"{kind.__name__}.{name}", _OF_THE_MODEL[name], "block")
            found[f"{own.module}.{own.name}"] = own
    for module in _packages_of(sam, *parts):
        home = module.__name__
        for holder, methods in _METHODS.items():
            for name, role in methods.items():
                if _defines(module, holder, name):
                    method = Function(home, f"{holder}.{name}", role, "block")
                    found[f"{home}.{holder}.{name}"] = method
        for holder, methods in _STARTS.items():
            for name, role in methods.items():
                if _defines(module, holder, name):
                    method = Function(home, f"{holder}.{name}", role, "block", starts=True)
                    found[f"{home}.{holder}.{name}"] = method
        if _is_home(module, "SamAutomaticMaskGenerator"):
            for name, role in _CALLED_BY_GENERATOR.items():
                if callable(vars(module).get(name)):
                    found[f"{home}.{name}"] = Function(home, name, role, "block")
    return found


def _packages_of(*kinds: type) -> Iterator[ModuleType]:
    """The imported modules of the classes' packages, ordered by name."""
    tops = {kind.__module__.partition(".")[0] for kind in kinds}
    for name in sorted(sys.modules):
        module = sys.modules[name]
        if name.partition(".")[0] in tops and isinstance(module, ModuleType):
            yield module


def _is_home(module: ModuleType, holder: str) -> bool:
    """Whether the class is defined in this module, not just imported into it."""
    found = vars(module).get(holder)
    return isinstance(found, type) and found.__module__ == module.__name__


def is_found_by_name(kind: type) -> bool:
    """Whether a class stands in its module under its name, as one inside a function does not."""
    return getattr(sys.modules.get(kind.__module__), kind.__name__, None) is kind


def _defines(module: ModuleType, holder: str, name: str) -> bool:
    return _is_home(module, holder) and name in vars(vars(module)[holder])


def model_of(user: object) -> object:
    """The model that a predictor, or a mask generator with its predictor, works with.

    Example:
        >>> from types import SimpleNamespace
        >>> model_of(SimpleNamespace(predictor=SimpleNamespace(model="sam")))
        'sam'
    """
    return getattr(getattr(user, "predictor", None) or user, "model", None)


def module_of(given: object) -> Any:
    """The module that is given, or the one that a given predictor works with; else what is given."""
    if isinstance(given, nn.Module):
        return given
    model = model_of(given)
    return model if isinstance(model, nn.Module) else given
