"""SAM's predictor and mask generator are roots, and their components are those of all calls."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import pytest
import torch

import samprof
from samprof.script.tables import calls_table, components_of_all
from samprof.script.watch import Watch
from tests.docs.stand_ins import tiny_sam

Watched = Callable[..., AbstractContextManager[Watch]]
PHOTO = np.zeros((96, 128, 3), np.uint8)
POINT = {"point_coords": np.array([[30, 40]]), "point_labels": np.array([1])}


def generate(sam: Any) -> Any:
    from segment_anything import SamAutomaticMaskGenerator

    generator = SamAutomaticMaskGenerator(
        sam, points_per_side=2, pred_iou_thresh=-9.0, stability_score_thresh=0.0
    )
    return generator.generate(PHOTO)


def test_a_generator_that_runs_once_gives_all_components(watched: Watched) -> None:
    torch.manual_seed(0)
    with watched() as watch:
        masks = generate(tiny_sam())
    (root,) = watch.register.all_roots()
    assert (root.name, root.kind) == ("sam.generate()", "Sam")
    table = components_of_all([root])
    assert table is not None
    assert table["component"].tolist() == [
        "preprocessing",
        "image encoder",
        "prompt encoder",
        "mask decoder",
        "mask upsampling",
        "filtering",
        "box NMS",
        "RLE",
        "other host work",
    ]
    found = table.set_index("component")["calls"]
    assert (found["image encoder"], found["mask decoder"], found["box NMS"]) == (1, 1, 1)
    assert table["share"].sum() == pytest.approx(1)
    ((_, median),) = root.recorded()
    trace = samprof.load(median.trace, cache=False)
    assert table["host_ns"].sum() == trace.components()["host_ns"].sum()  # type: ignore[union-attr]
    torch.manual_seed(0)
    assert len(masks) == len(generate(tiny_sam()))


def test_components_have_the_weight_of_all_calls_of_a_predictor(watched: Watched) -> None:
    from segment_anything import SamPredictor

    with watched(calls=1) as watch:
        predictor = SamPredictor(tiny_sam())
        for _ in range(3):
            predictor.set_image(PHOTO)
            for _ in range(4):
                predictor.predict(**POINT)
        predictor.predict_torch(torch.ones(1, 1, 2), torch.ones(1, 1))
    roots = {root.name: root for root in watch.register.all_roots()}
    assert list(roots) == ["sam.set_image()", "sam.predict()", "sam.predict_torch()"]
    counted = calls_table(list(roots.values()), 10**9).set_index("root")
    assert counted["calls"].to_dict() == dict(zip(roots, (3, 12, 1), strict=True))
    assert counted["recorded"].tolist() == [1, 1, 1]

    table = components_of_all(roots.values())
    assert table is not None
    found = table.set_index("component")
    assert found.loc["image encoder", "calls"] == 3
    assert found.loc["mask decoder", "calls"] == 13
    expected = 0
    for root in roots.values():
        ((calls, median),) = root.recorded()
        one = samprof.load(median.trace, cache=False).components()  # type: ignore[union-attr]
        expected += calls.seen * int(one["host_ns"].sum())
    assert found["host_ns"].sum() == expected


def test_parts_of_sam_that_a_script_calls_itself_give_components(watched: Watched) -> None:
    sam: Any = tiny_sam()
    positions = sam.prompt_encoder.get_dense_pe()
    with watched() as watch, torch.no_grad():
        for size in (1, 2):
            embedded = sam.image_encoder(torch.ones(size, 3, 128, 128))
        sparse, dense = sam.prompt_encoder(
            points=(torch.ones(1, 1, 2), torch.ones(1, 1)), boxes=None, masks=None
        )
        for _ in range(5):
            sam.mask_decoder(
                image_embeddings=embedded[:1],
                image_pe=positions,
                sparse_prompt_embeddings=sparse,
                dense_prompt_embeddings=dense,
                multimask_output=False,
            )
    roots = watch.register.all_roots()
    assert [(root.name, [calls.size for calls in root.all_calls()]) for root in roots] == [
        ("image_encoder", [1, 2]),
        ("prompt_encoder", [1]),
        ("mask_decoder", [1]),
    ]
    table = components_of_all(roots)
    assert table is not None
    calls = table.set_index("component")["calls"]
    assert calls.to_dict() == {
        "image encoder": 2,
        "prompt encoder": 1,
        "mask decoder": 5,
        "other host work": 0,
    }
    assert components_of_all(roots[:1]) is None  # one component alone is no pipeline


def test_a_model_that_was_there_before_is_known_by_its_parts(watched: Watched) -> None:
    from segment_anything import SamPredictor

    predictor = SamPredictor(tiny_sam())
    with watched(modules=("image_encoder",)) as watch:
        predictor.set_image(PHOTO)
        predictor.set_image(PHOTO)
    assert [(root.name, root.kind) for root in watch.register.all_roots()] == [
        ("image_encoder", "ImageEncoderViT")
    ]


def test_the_exporter_of_the_decoder_runs(watched: Watched, tmp_path: Any) -> None:
    from segment_anything.utils.onnx import SamOnnxModel

    pytest.importorskip("onnx")
    sam = tiny_sam()
    with watched() as watch:
        model = SamOnnxModel(sam, return_single_mask=True)
        inputs = {
            "image_embeddings": torch.randn(1, 32, 8, 8),
            "point_coords": torch.randint(0, 128, (1, 5, 2)).float(),
            "point_labels": torch.randint(0, 4, (1, 5)).float(),
            "mask_input": torch.randn(1, 1, 32, 32),
            "has_mask_input": torch.tensor([1.0]),
            "orig_im_size": torch.tensor([96.0, 128.0]),
        }
        model(**inputs)
        torch.onnx.export(
            model,
            tuple(inputs.values()),
            str(tmp_path / "decoder.onnx"),
            input_names=list(inputs),
            opset_version=17,
            dynamo=False,
        )
    (root,) = watch.register.all_roots()
    assert (root.name, root.calls_of(1).seen) == ("SamOnnxModel", 1)
    assert (tmp_path / "decoder.onnx").stat().st_size > 0
    assert not watch.failure
