"""What people call around these models: predictors and processors, with one photo and one prompt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bench import model_copies as copies
from bench import model_hugging_face as hugging_face


@dataclass(frozen=True)
class Pipeline:
    """A pipeline and how it is called.

    Attributes:
        name: what the table calls it.
        package: what must be installed.
        make: gives what is profiled, and a call of it from the photo to the masks.
    """

    name: str
    package: str
    make: Callable[[], tuple[Any, Callable[[], Any]]]


def _photo() -> Any:
    import numpy as np

    return np.random.default_rng(0).integers(0, 255, (90, 120, 3), dtype=np.uint8)


def _sam_predictor() -> tuple[Any, Callable[[], Any]]:
    from segment_anything import SamPredictor

    from samprof.sam.model.build import build_sam

    return _with_a_point(SamPredictor(build_sam("small")))


def _mobile_sam_predictor() -> tuple[Any, Callable[[], Any]]:
    from mobile_sam import SamPredictor

    return _with_a_point(SamPredictor(copies.mobile_sam()[0].eval()))


def _efficient_vit_predictor() -> tuple[Any, Callable[[], Any]]:
    from efficientvit.models.efficientvit.sam import EfficientViTSamPredictor

    return _with_a_point(EfficientViTSamPredictor(copies.efficient_vit_sam()[0].eval()))


def _sam_2_predictor() -> tuple[Any, Callable[[], Any]]:
    from sam2.build_sam import build_sam2
    from sam2.sam2_image_predictor import SAM2ImagePredictor

    model = build_sam2("configs/sam2/sam2_hiera_t.yaml", ckpt_path=None, device="cpu")
    return _with_a_point(SAM2ImagePredictor(model))


def _with_a_point(predictor: Any) -> tuple[Any, Callable[[], Any]]:
    import numpy as np

    return predictor, lambda: (
        predictor.set_image(_photo()),
        predictor.predict(np.array([[60, 45]]), np.array([1])),
    )


def _ultralytics() -> tuple[Any, Callable[[], Any]]:
    from ultralytics.models.sam import Predictor
    from ultralytics.models.sam.build import _build_sam

    small = {"encoder_embed_dim": 32, "encoder_depth": 2, "encoder_num_heads": 2}
    settings = {"task": "segment", "mode": "predict", "imgsz": 1024, "device": "cpu"}
    predictor = Predictor(overrides=settings | {"save": False, "verbose": False})
    predictor.setup_model(_build_sam(**small, encoder_global_attn_indexes=[1]), verbose=False)
    return predictor, lambda: (
        predictor.set_image(_photo()),
        predictor(bboxes=[10, 10, 100, 80]),
    )


def _hugging_face(kind: str, **sizes: Any) -> tuple[Any, Callable[[], Any]]:
    import transformers

    model, _ = hugging_face.sam_2() if kind == "Sam2" else hugging_face.sam(kind)
    image_processor = getattr(transformers, f"{kind}ImageProcessor")(**sizes)
    processor = getattr(transformers, f"{kind}Processor")(image_processor)

    def call() -> Any:
        inputs = processor(_photo(), input_points=[[[[60, 45]]]], return_tensors="pt")
        sizes = [inputs.pop(name, None) for name in ("original_sizes", "reshaped_input_sizes")]
        masks = model(**inputs).pred_masks
        return processor.post_process_masks(masks, *(one for one in sizes if one is not None))

    return model.eval(), call


def _square(side: int) -> dict[str, int]:
    return {"height": side, "width": side}


PIPELINES = (
    Pipeline("SamPredictor", "segment-anything", _sam_predictor),
    Pipeline("MobileSAM's SamPredictor", "mobile_sam", _mobile_sam_predictor),
    Pipeline("EfficientViTSamPredictor", "efficientvit", _efficient_vit_predictor),
    Pipeline("SAM2ImagePredictor", "sam2", _sam_2_predictor),
    Pipeline("SAM Predictor", "ultralytics", _ultralytics),
    Pipeline(
        "SamProcessor",
        "transformers",
        lambda: _hugging_face("Sam", size={"longest_edge": 128}, pad_size=_square(128)),
    ),
    Pipeline(
        "Sam2Processor",
        "transformers",
        lambda: _hugging_face("Sam2", size=_square(128), mask_size=_square(32)),
    ),
)
