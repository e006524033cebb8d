"""What runs around SAM's modules: functions of predictor and mask generator, and the components.

Preprocessing, mask upsampling, filtering, box NMS and RLE are plain functions. While a recording runs
they become ranges, each patched where its caller looks it up.
"""

import sys
from collections.abc import Iterator
from types import ModuleType

from samprof.record.labels import Function

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

_METHODS = {
    "Sam": {"preprocess": PREPROCESSING, "postprocess_masks": UPSAMPLING},
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
}
_STARTS = {
    "SamPredictor": {"set_image": "set image", "predict": "predict", "predict_torch": "predict"},
    "SamAutomaticMaskGenerator": {"generate": "automatic masks"},
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


def functions_around(sam: type) -> dict[str, Function]:
    """The functions worth a range in the package of this Sam class, by qualified name.

    They are entered at every granularity: a pipeline calls them a few times per image.

    Args:
        sam: the class of the model, segment_anything's or a copy of it.
    """
    found: dict[str, Function] = {}
    for module in _package_of(sam):
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


def _package_of(sam: type) -> Iterator[ModuleType]:
    """The imported modules of the class' package, ordered by name."""
    top = sam.__module__.partition(".")[0]
    for name in sorted(sys.modules):
        module = sys.modules[name]
        if (name == top or name.startswith(f"{top}.")) and isinstance(module, ModuleType):
            yield module


def _is_home(module: ModuleType, holder: str) -> bool:
    """Whether the class is defined in this module, not just imported into it."""
    found = vars(module).get(holder)
    return isinstance(found, type) and found.__module__ == module.__name__


def _defines(module: ModuleType, holder: str, name: str) -> bool:
    return _is_home(module, holder) and name in vars(vars(module)[holder])


def model_of(user: object) -> object:
    """The model that a predictor, or a mask generator with its predictor, works with."""
    return getattr(getattr(user, "predictor", user), "model", None)
