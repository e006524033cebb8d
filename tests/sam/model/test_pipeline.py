"""The functions around SAM's modules become ranges while a recording runs, and only then."""

import sys
from typing import Any

import numpy as np
import pytest
from segment_anything import SamAutomaticMaskGenerator, SamPredictor
from segment_anything.modeling import Sam
from torch import nn

import samprof
from samprof.sam.inputs.photo import Photo
from samprof.sam.inputs.synthetic import synthetic
from samprof.sam.model.pipeline import COMPONENTS, functions_around
from samprof.trace.tables.components import OTHER

GENERATOR = "segment_anything.automatic_mask_generator"


def contents() -> dict[tuple[str, str], Any]:
    """Everything that segment_anything's modules and classes hold, by place."""
    found: dict[tuple[str, str], Any] = {}
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] != "segment_anything":
            continue
        for key, value in vars(module).items():
            found[name, key] = value
            if isinstance(value, type):
                found |= {(f"{name}.{key}", k): v for k, v in vars(value).items()}
    return found


@pytest.fixture(scope="module")
def photo() -> Photo:
    return synthetic((96, 128))


def paths_of(recording: samprof.Recording) -> set[str]:
    return set(recording.layers()["path"])


def test_the_functions_are_found_where_they_are_looked_up() -> None:
    functions = functions_around(Sam)
    assert functions[f"{GENERATOR}.batched_nms"].role == "box NMS"
    assert functions[f"{GENERATOR}.mask_to_rle_pytorch"].role == "RLE"
    resize = functions["segment_anything.utils.transforms.ResizeLongestSide.apply_image"]
    assert (resize.role, resize.label) == ("preprocessing", "apply_image()")
    starts = {function.name for function in functions.values() if function.starts}
    assert starts == {
        "SamPredictor.set_image",
        "SamPredictor.predict",
        "SamPredictor.predict_torch",
        "SamAutomaticMaskGenerator.generate",
    }
    assert all(function.granularity == "block" for function in functions.values())
    # Each is really there.
    for function in functions.values():
        holder, _, name = function.name.rpartition(".")
        module = sys.modules[function.module]
        assert callable(getattr(getattr(module, holder) if holder else module, name))


def test_nothing_is_found_around_a_class_of_another_package() -> None:
    elsewhere = type("Sam", (nn.Module,), {"__module__": "nowhere.models"})
    assert functions_around(elsewhere) == {}


def test_a_predictor_shows_its_components(small: Any, photo: Photo) -> None:
    predictor = SamPredictor(small)
    before = contents()
    with samprof.profile(small) as recording:
        predictor.set_image(photo.pixels)
        predictor.predict(point_coords=photo.points[:1], point_labels=np.ones(1))
    assert contents() == before
    assert paths_of(recording) >= {
        "sam.set_image()",
        "sam.set_image().apply_image()",
        "sam.set_image().preprocess()",
        "sam.image_encoder",
        "sam.predict()",
        "sam.predict().apply_coords()",
        "sam.predict().predict_torch()",
        "sam.predict().predict_torch().get_dense_pe()",
        "sam.predict().predict_torch().postprocess_masks()",
        "sam.prompt_encoder",
        "sam.mask_decoder",
    }
    components = recording.components().set_index("component")
    assert list(components.index) == [
        "preprocessing",
        "image encoder",
        "prompt encoder",
        "mask decoder",
        "mask upsampling",
        OTHER,
    ]
    # apply_image, preprocess, apply_coords; the encoder and its dense embedding.
    assert components["calls"].tolist() == [3, 1, 2, 1, 1, 0]
    ((_, start, end), *_) = recording.trace.steps()
    assert components["host_ns"].sum() == end - start


def test_automatic_masks_show_theirs(small: Any, photo: Photo) -> None:
    generator = SamAutomaticMaskGenerator(
        small, points_per_side=2, pred_iou_thresh=0, stability_score_thresh=0
    )
    before = contents()
    with samprof.profile(small) as recording:
        masks = generator.generate(photo.pixels)
    assert contents() == before
    assert masks
    assert paths_of(recording) >= {
        "sam.generate()",
        "sam.generate().set_image()",
        "sam.generate().calculate_stability_score()",
        "sam.generate().batched_mask_to_box()",
        "sam.generate().mask_to_rle_pytorch()",
        "sam.generate().batched_nms()",
        "sam.generate().rle_to_mask()",
        "sam.generate().cat()",
        "sam.image_encoder.blocks.5",
    }
    assert set(recording.components()["component"]) == {*COMPONENTS.values(), OTHER}


def test_small_regions_are_filtering_and_stay_a_static_method(small: Any, photo: Photo) -> None:
    pytest.importorskip("cv2")
    generator = SamAutomaticMaskGenerator(
        small,
        points_per_side=1,
        pred_iou_thresh=0,
        stability_score_thresh=0,
        min_mask_region_area=10,
    )
    with samprof.profile(small) as recording:
        generator.generate(photo.pixels)
    assert "sam.generate().postprocess_small_regions()" in paths_of(recording)


def test_a_static_method_is_put_back_as_one(small: Any) -> None:
    name = "postprocess_small_regions"
    before = vars(SamAutomaticMaskGenerator)[name]
    assert isinstance(before, staticmethod)
    with samprof.profile(small):
        during = vars(SamAutomaticMaskGenerator)[name]
        assert isinstance(during, staticmethod)
        assert during is not before
        # Called on the class and on an object alike, as before.
        empty: dict[str, Any] = {"rles": []}
        assert SamAutomaticMaskGenerator.postprocess_small_regions(empty, 0, 0.0) is empty  # type: ignore[arg-type]
    assert vars(SamAutomaticMaskGenerator)[name] is before


def test_everything_is_put_back_after_an_error(small: Any, photo: Photo) -> None:
    predictor = SamPredictor(small)
    before = contents()
    with pytest.raises(RuntimeError, match="An image must be set"), samprof.profile(small) as it:
        predictor.predict(point_coords=photo.points[:1], point_labels=np.ones(1))
    assert contents() == before
    assert "sam.predict()" in paths_of(it)


def test_two_recordings_share_a_function_and_the_last_one_puts_it_back(small: Any) -> None:
    before = contents()
    outer, inner = samprof.profile(small), samprof.profile(small)
    with outer:
        with inner:
            assert contents() != before
        assert contents() != before
    assert contents() == before


def test_a_part_of_sam_alone_leaves_the_pipeline_alone(small: Any) -> None:
    before = contents()
    with samprof.profile(small.image_encoder):
        assert contents() == before
