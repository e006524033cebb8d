"""Every workload, on real segment_anything objects: components, results, and nothing left behind."""

import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import samprof
from samprof.errors import MissingPackageError, ModelError, UsageError
from samprof.sam.catalogue import WORKLOADS, mode_of, variants_of
from samprof.sam.inputs.prompts import prompts_of
from samprof.sam.inputs.synthetic import synthetic
from samprof.sam.workloads.amg import amg
from samprof.sam.workloads.batch import batch
from samprof.sam.workloads.encode import encode
from samprof.sam.workloads.onnx import onnx
from samprof.sam.workloads.predict import predict
from samprof.sweeps.measure.prepare import relative_error
from samprof.sweeps.target import Target
from samprof.trace.tables.components import OTHER
from tests.sam.model.test_pipeline import contents


@pytest.fixture(scope="module")
def five_photos(tmp_path_factory: pytest.TempPathFactory, photo_file: str) -> str:
    """A folder of five photos without prompts of their own."""
    folder = tmp_path_factory.mktemp("five")
    for number in range(5):
        shutil.copy(photo_file, folder / f"{number}.png")
    return str(folder)


def test_inputs_that_are_left_out_repeated_or_made_up_are_counted(five_photos: str) -> None:
    batched = batch("small", images=five_photos, prompts=2).inputs_note
    assert batched is not None
    assert batched(4) == "4 of 5 photos used; 8 prompts: 0 annotated, 8 made up"
    assert batched(7) == "5 photos repeated to 7; 14 prompts: 0 annotated, 14 made up"
    for workload in (predict, onnx):
        one = workload("small", images=five_photos).inputs_note
        assert one is not None
        assert one(3) == "1 of 5 photos used; 3 prompts: 0 annotated, 3 made up"
    for target in (encode("small", images=five_photos), amg("small", images=five_photos)):
        assert target.inputs_note is not None
        assert target.inputs_note(1) == "1 of 5 photos used"
        assert target.inputs_note(5) == ""


FEW_POINTS = {"points_per_side": 2, "points_per_batch": 3}


@pytest.fixture(scope="module")
def photo_file(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A small photo: masks are made at its size."""
    from PIL import Image

    path = tmp_path_factory.mktemp("photos") / "shapes.png"
    Image.fromarray(synthetic((96, 128)).pixels).save(path)
    return str(path)


def results(target: Target, size: int) -> list[torch.Tensor]:
    call = target.call or target.module
    with torch.inference_mode():
        return [tensor.double() for tensor in flattened(call(*target.inputs(size)))]


def flattened(result: Any) -> list[torch.Tensor]:
    if isinstance(result, dict):
        result = [result[key] for key in sorted(result)]
    if isinstance(result, list | tuple):
        return [tensor for part in result for tensor in flattened(part)]
    return [torch.as_tensor(result)]


@pytest.mark.parametrize(
    ("workload", "size", "options", "expected"),
    [
        ("encode", 1, {}, {"image encoder", OTHER}),
        (
            "predict",
            2,
            {},
            {
                "preprocessing",
                "image encoder",
                "prompt encoder",
                "mask decoder",
                "mask upsampling",
                OTHER,
            },
        ),
        (
            "batch",
            2,
            {"prompts": 1},
            {
                "preprocessing",
                "image encoder",
                "prompt encoder",
                "mask decoder",
                "mask upsampling",
                OTHER,
            },
        ),
        (
            "amg",
            1,
            FEW_POINTS,
            {
                "preprocessing",
                "image encoder",
                "prompt encoder",
                "mask decoder",
                "mask upsampling",
                "filtering",
                "box NMS",
                "RLE",
                OTHER,
            },
        ),
    ],
)
def test_the_components_of_each_way_sum_to_the_whole(
    workload: str,
    size: int,
    options: dict[str, Any],
    expected: set[str],
    photo_file: str,
    tmp_path: Path,
) -> None:
    before = contents()
    run = samprof.measure_workload(
        workload,
        model="small",
        size=size,
        rounds=1,
        repeats=1,
        warmup=0,
        images=photo_file,
        out=tmp_path,
        **options,
    )
    assert contents() == before
    assert run.points()["status"].tolist() == ["ok"] * len(WORKLOADS[workload].modes)
    for mode in WORKLOADS[workload].modes:
        table = run.components(variant=mode)
        assert set(table["component"]) == expected
        # The window is step 1, to the nanosecond.
        (_, start, end) = run.trace(size, mode).steps()[1]
        assert table["host_ns"].sum() == end - start
        assert table["share"].sum() == pytest.approx(1)
    assert (run.path / "traces").is_dir()


def test_both_ways_of_predict_give_the_same_masks(photo_file: str) -> None:
    for kind in ("points", "boxes", "masks"):
        together = results(predict("small", images=photo_file, kind=kind), 3)
        alone = results(predict("small", variant="one-by-one", images=photo_file, kind=kind), 3)
        # Together: masks, scores, low-resolution masks of all; else these three of each in turn.
        for place in range(3):
            stacked = torch.stack(alone[place::3])
            assert relative_error([stacked], [together[place]]) < 1e-4


def test_both_ways_of_batch_give_the_same_masks(photo_file: str) -> None:
    batched = results(batch("small", images=photo_file, prompts=2), 2)
    alone = results(batch("small", variant="one-by-one", images=photo_file, prompts=2), 2)
    assert len(batched) == len(alone) == 2 * 3
    assert relative_error(alone, batched) < 1e-4


def test_exported_decoders_give_what_pytorch_gives(photo_file: str, tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    before = contents()
    run = samprof.measure_workload(
        "onnx",
        model="small",
        size=1,
        rounds=1,
        repeats=1,
        warmup=0,
        images=photo_file,
        out=tmp_path,
    )
    points = run.points().set_index("variant")
    assert points["status"].tolist() == ["ok"] * 3
    assert points.loc["onnx", "relative_error"] < 1e-5
    assert 1e-3 < points.loc["onnx-quantised", "relative_error"] < 0.5
    assert points["setup_ns"].notna().tolist() == [False, True, True]
    assert set(run.components(variant="onnx")["component"]) == {"onnxruntime", OTHER}
    pytorch = run.components(variant="pytorch").set_index("component")
    assert list(pytorch.index) == ["prompt encoder", "mask decoder", "mask upsampling", OTHER]
    kept = contents()
    assert all(kept[key] is value for key, value in before.items())


def test_without_onnxruntime_it_is_said(photo_file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    target = onnx("small", variant="onnx", images=photo_file)
    assert target.change is not None
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(MissingPackageError, match="onnx"):
        target.change.apply()


def test_a_photo_is_encoded_as_the_predictor_would(photo_file: str) -> None:
    from segment_anything import SamPredictor

    target = encode("small", images=photo_file)
    (pixels,) = target.inputs(2)
    assert pixels.shape == (2, 3, 512, 512)
    assert torch.equal(pixels[0], pixels[1])  # one photo, again
    sam = predict("small", images=photo_file).module
    predictor = SamPredictor(sam)
    with torch.inference_mode():
        predictor.set_image(np.asarray(synthetic((96, 128)).pixels))
        assert torch.equal(predictor.get_image_embedding(), target.module(pixels[:1]))


def test_masks_survive_random_weights_and_it_is_said(photo_file: str) -> None:
    target = amg("small", images=photo_file, points_per_side=4)
    assert "random weights" in target.notes[0]
    assert target.outcome is not None
    assert target.call is not None
    with torch.inference_mode():
        found = target.call(*target.inputs(1))
    # Of 4 x 4 points and three masks each, about a twentieth.
    assert 1 <= len(found[0]) <= 16
    assert target.outcome(found) == f"{len(found[0])} masks from 1 image"
    assert target.outcome([found[0], []]).endswith("from 2 images")


def test_thresholds_are_segment_anythings_with_a_checkpoint(
    tmp_path: Path, photo_file: str
) -> None:
    path = tmp_path / "small.pth"
    torch.save(predict("small").module.state_dict(), path)
    target = amg("small", checkpoint=str(path), images=photo_file, stability_score_thresh=0.5)
    assert target.notes == ()
    generator, _ = target.inputs(1)
    assert (generator.pred_iou_thresh, generator.stability_score_thresh) == (0.88, 0.5)


@pytest.mark.parametrize(
    ("over", "size", "expected"),
    [
        ("points-per-batch", 3, (3, 0, 1, 4)),
        ("crops", 5, (64, 1, 1, None)),
        ("batch-size", 2, (64, 0, 2, None)),
    ],
)
def test_the_generator_follows_the_axis(
    over: str, size: int, expected: tuple[int, int, int, int | None], photo_file: str
) -> None:
    target = amg("small", images=photo_file, points_per_side=2, over=over)
    generator, photos = target.inputs(size)
    layers = len(generator.point_grids) - 1
    units = target.units(size) if target.units else None
    assert (generator.points_per_batch, layers, len(photos), units) == expected


def test_another_image_size_is_another_encoder() -> None:
    target = encode("small", over="image-size")
    assert target.at is not None
    for side in (256, 384):
        at = target.at(side)
        (pixels,) = at.inputs(side)
        assert pixels.shape == (1, 3, side, side)
        with torch.inference_mode():
            assert at.module(pixels).shape == (1, 64, side // 16, side // 16)
    # The model that they were made of is as it was.
    assert target.module.img_size == 512
    assert target.at(512).module is not target.module
    with torch.inference_mode():
        (pixels,) = target.inputs(1)
        same = target.at(512)
        assert relative_error([same.module(pixels)], [target.module(pixels)]) < 1e-5


def test_made_up_prompts_follow_the_photos_own() -> None:
    photo = synthetic((96, 128))
    points = prompts_of(photo, 20, "points", 64).points
    assert points is not None
    assert np.array_equal(points[:12], photo.points)
    assert ((points >= 0) & (points <= [128, 96])).all()
    masks = prompts_of(photo, 2, "masks", 64)
    assert masks.masks is not None
    assert masks.masks.shape == (2, 64, 64)
    # Positive around its point: the photo's longer side is the mask's whole side.
    x, y = photo.points[0] / 128 * 64
    assert masks.masks[0, int(y), int(x)] > 0
    assert len(masks.one(1)) == 1


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: predict("small", kind="words"), "no such kind of prompt"),
        (lambda: predict("small", variant="together+bf17"), "unknown part"),
        (lambda: encode("small", images="/nowhere.jpg"), "no such file"),
        (lambda: samprof.measure_workload("dance"), "no such workload"),
        (lambda: samprof.measure_workload("encode", prompts=3), "encode has no such option"),
        (lambda: samprof.measure_workload("onnx", variants="bf16"), "not part of onnx"),
        (lambda: samprof.measure_workload("encode", size=0), "not a size"),
        (lambda: encode("huge"), "unknown model"),
    ],
)
def test_bad_arguments_are_named(call: Any, words: str) -> None:
    with pytest.raises((UsageError, ModelError), match=words):
        call()


def test_variants_are_ways_and_changes_of_the_encoder() -> None:
    assert variants_of("amg", None) == ("eager",)
    assert variants_of("batch", None) == ("one-by-one", "batched")
    assert variants_of("predict", "together,one-by-one+sdpa") == ("together", "one-by-one+sdpa")
    assert variants_of("predict", "eager") == ("together", "one-by-one")
    assert mode_of("batch", "batched") == ("batched", "eager")
    assert mode_of("amg", "bf16") == ("eager", "bf16")


def test_a_changed_encoder_is_compared_before_it_is_timed(photo_file: str, tmp_path: Path) -> None:
    run = samprof.measure_workload(
        "predict",
        model="small",
        size=1,
        variants="together+sdpa",
        rounds=1,
        repeats=1,
        warmup=0,
        images=photo_file,
        out=tmp_path,
    )
    (point,) = run.points().to_dict("records")
    assert point["variant"] == "together+sdpa"
    assert 0 < point["relative_error"] < 1e-5
    assert point["setup_ns"] > 0
