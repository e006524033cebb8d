"""SA-1B prompts: valid annotations are read, the others skipped with the reason."""

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from samprof.sam.inputs.images import Gathered, gather
from tests.sam.inputs.samples import (
    HEIGHT,
    MASK,
    WIDTH,
    annotation,
    as_written,
    compressed,
    described,
    masked,
    pictured,
    runs_of,
    skipped_for,
)


def test_good_annotations_give_a_point_and_a_box_each(tmp_path: Path) -> None:
    annotations = [
        annotation(),
        masked(compressed(MASK)),
        annotation(bbox=[0, 0, WIDTH, HEIGHT], point_coords=[[0, 0], [5, 5]], segmentation=None),
    ]
    del annotations[0]["segmentation"]
    gathered = gather(pictured(tmp_path, content=described(*annotations)))
    assert gathered == Gathered(gathered.photos, (), 5)
    (photo,) = gathered.photos
    assert photo.points.tolist() == [[6.5, 4], [6.5, 4], [0, 0]]
    assert photo.boxes.tolist() == [[4, 2, 8, 6], [4, 2, 8, 6], [0, 0, WIDTH, HEIGHT]]
    assert (photo.points.dtype, photo.boxes.dtype) == (np.float64, np.float64)


def test_each_image_of_a_folder_has_its_own_prompts(tmp_path: Path) -> None:
    pictured(tmp_path, "a.x.png", described(annotation(point_coords=[[1, 2]])))
    pictured(tmp_path, "b.png")
    pictured(tmp_path, "c.jpg", described(annotation(point_coords=[[3, 4]])))
    gathered = gather(tmp_path)
    assert [photo.points.tolist() for photo in gathered.photos] == [[[1, 2]], [], [[3, 4]]]
    assert (gathered.skipped, gathered.looked_at) == ((), 7)


def test_a_box_with_decimals_may_end_at_the_edge(tmp_path: Path) -> None:
    left = 5.3
    wide = WIDTH - left + 1e-9
    path = pictured(tmp_path, content=described(annotation(bbox=[left, 1, wide, HEIGHT - 1])))
    assert gather(path).photos[0].boxes.tolist() == [[left, 1, WIDTH, HEIGHT]]


def test_annotations_are_skipped_by_their_place(tmp_path: Path) -> None:
    good, bad = annotation(), annotation(bbox=None)
    gathered = gather(pictured(tmp_path, "sa_1.png", described(bad, good, good, bad)))
    assert gathered.skipped == (
        "sa_1.json, annotation 0: bbox is not 4 finite numbers",
        "sa_1.json, annotation 3: bbox is not 4 finite numbers",
    )
    assert gathered.note.startswith("skipped 2 of 6: sa_1.json, annotation 0: ")
    assert gathered.photos[0].boxes.shape == (2, 4)


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (7, "not a JSON object"),
        ({}, "bbox is not 4 finite numbers"),
        (annotation(bbox=[1, 2, 3]), "bbox is not 4 finite numbers"),
        (annotation(bbox=[1, 2, 3, "4"]), "bbox is not 4 finite numbers"),
        (annotation(bbox=[1, 2, 3, True]), "bbox is not 4 finite numbers"),
        (annotation(bbox=[1, 2, 3, float("nan")]), "bbox is not 4 finite numbers"),
        (annotation(bbox=[1, 2, 3, float("inf")]), "bbox is not 4 finite numbers"),
        (annotation(bbox=[1, 2, 3, 10**400]), "bbox is not 4 finite numbers"),
        (annotation(bbox=[1, 2, 0, 4]), "bbox is empty"),
        (annotation(bbox=[1, 2, 4, -1]), "bbox is empty"),
        (annotation(bbox=[1, 2, 4, 1e-300]), "bbox is empty"),
        (annotation(bbox=[-1, 2, 4, 4]), "bbox is not inside the image of 20 x 12"),
        (annotation(bbox=[1, -2, 4, 4]), "bbox is not inside the image of 20 x 12"),
        (annotation(bbox=[1, 2, 19.5, 4]), "bbox is not inside the image of 20 x 12"),
        (annotation(bbox=[1, 2, 4, 11]), "bbox is not inside the image of 20 x 12"),
        (annotation(bbox=[1, 2, 1e308, 1.7e308]), "bbox is not inside the image of 20 x 12"),
        (annotation(point_coords=None), "point_coords does not start with 2 finite numbers"),
        (annotation(point_coords=[]), "point_coords does not start with 2 finite numbers"),
        (annotation(point_coords=[1, 2]), "point_coords does not start with 2 finite numbers"),
        (annotation(point_coords=[[1]]), "point_coords does not start with 2 finite numbers"),
        (annotation(point_coords=[[-0.1, 2]]), "its point is outside the image of 20 x 12"),
        (annotation(point_coords=[[20, 2]]), "its point is outside the image of 20 x 12"),
        (annotation(point_coords=[[1, -1]]), "its point is outside the image of 20 x 12"),
        (annotation(point_coords=[[1, 12]]), "its point is outside the image of 20 x 12"),
        (
            annotation(segmentation=[[1, 2, 3, 4]]),
            "its mask is not run lengths with size and counts",
        ),
        (
            annotation(segmentation={"size": [12, 20]}),
            "its mask is not run lengths with size and counts",
        ),
        (masked(runs_of(MASK), (20, 12)), "its mask's size is [20, 12], the image's is [12, 20]"),
        (masked(runs_of(MASK), "12"), "its mask's size is '12', the image's is [12, 20]"),
        (masked([100, 139]), "its mask's runs do not sum to 12 x 20 pixels"),
        (masked([100, 141]), "its mask's runs do not sum to 12 x 20 pixels"),
        (masked([10**4000] * 3), "its mask's runs do not sum to 12 x 20 pixels"),
        (masked([]), "its mask's runs do not sum to 12 x 20 pixels"),
        (masked([240]), "its mask is empty"),
        (masked([100, 0, 140]), "its mask is empty"),
        (masked([250, -10]), "its mask's runs are not whole numbers from 0"),
        (masked([100, 140.0]), "its mask's runs are not whole numbers from 0"),
        (masked([239, True]), "its mask's runs are not whole numbers from 0"),
        (masked(None), "its mask's runs are not whole numbers from 0"),
        (masked({"a": 1}), "its mask's runs are not whole numbers from 0"),
    ],
)
def test_a_bad_annotation_is_skipped_for_what_is_wrong(bad: Any, said: str, tmp_path: Path) -> None:
    assert skipped_for(tmp_path, annotation(), bad) == f"a.json, annotation 1: {said}"


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ("", "its mask's runs do not sum to 12 x 20 pixels"),
        ("1O", "its mask's runs are not whole numbers from 0"),
        ("00000", "its mask's runs do not sum to 12 x 20 pixels"),
        (as_written(239) + as_written(2), "its mask's runs do not sum to 12 x 20 pixels"),
        (as_written(240), "its mask is empty"),
        (as_written(240) + "0", "its mask is empty"),
        (as_written(241) + as_written(-1), "its mask's runs are not whole numbers from 0"),
        ("P", "its mask's counts end inside a run"),
        (as_written(239) + "1P", "its mask's counts end inside a run"),
        ("o" * 1000, "its mask's counts hold a run that is too long"),
        ("P" * 6 + "0", "its mask's counts hold a run that is too long"),
        ("P" * 5 + "?", "its mask's runs do not sum to 12 x 20 pixels"),
        ("p", "its mask's counts hold a character that COCO does not use"),
        ("/", "its mask's counts hold a character that COCO does not use"),
        ("0\x000", "its mask's counts hold a character that COCO does not use"),
        ("é", "its mask's counts hold a character that COCO does not use"),
        ("\ud800", "its mask's counts hold a character that COCO does not use"),
    ],
    ids=ascii,
)
def test_bad_counts_are_skipped_for_what_is_wrong(counts: str, said: str, tmp_path: Path) -> None:
    assert skipped_for(tmp_path, masked(counts)) == f"a.json, annotation 0: {said}"


def test_counts_that_are_not_checked_never_reach_the_c_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pycocotools.mask

    seen: list[object] = []
    monkeypatch.setattr(pycocotools.mask, "area", lambda mask: seen.append(mask) or 1)
    good = compressed(MASK)
    bad = ["o" * 50, "P", as_written(10**9), good + "0" + as_written(5), good[:-1], "\n"]
    gathered = gather(pictured(tmp_path, content=described(*map(masked, bad), masked(good))))
    assert len(gathered.skipped) == len(bad)
    assert seen == [{"size": [HEIGHT, WIDTH], "counts": good}]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "not JSON (Expecting value: line 1 column 1 (char 0))"),
        ("{'a': 1}", "not JSON (Expecting property name enclosed in double quotes: "),
        ('{"a": 1' + "0" * 5000 + "}", "not JSON (Exceeds the limit (4300 digits) "),
        ("[" * 200_000, "not JSON (maximum recursion depth exceeded "),
        ("[1]", "not a JSON object"),
        ("null", "not a JSON object"),
        ('{"annotations": []}', "it does not give the image's width and height"),
        ('{"image": [], "annotations": []}', "it does not give the image's width and height"),
        ('{"image": {"width": 20}}', "it does not give the image's width and height"),
        (described(width=21), "made for an image of 21 x 12, not 20 x 12"),
        (described(height=20, width=12), "made for an image of 12 x 20, not 20 x 12"),
        (described(width="20"), "made for an image of '20' x 12, not 20 x 12"),
        ('{"image": {"width": 20, "height": 12}}', "it has no list of annotations"),
        (described().replace("[]", "{}"), "it has no list of annotations"),
    ],
    ids=[
        *("empty", "no JSON", "digits", "deep", "list", "null", "no image", "image", "no height"),
        *("width", "turned", "text", "no annotations", "annotations"),
    ],
)
def test_an_image_beside_bad_json_has_no_prompts(content: str, said: str, tmp_path: Path) -> None:
    gathered = gather(pictured(tmp_path, content=content))
    (photo,) = gathered.photos
    assert (photo.points.shape, photo.boxes.shape) == ((0, 2), (0, 4))
    (line,) = gathered.skipped
    assert line.startswith(f"a.json: {said}")
    assert line.endswith(", so its image has no prompts")
    assert gathered.looked_at == 2


def test_json_of_bytes_that_are_no_text_is_not_json(tmp_path: Path) -> None:
    path = pictured(tmp_path)
    path.with_suffix(".json").write_bytes(b'{"\xff": 1}')
    (line,) = gather(path).skipped
    assert line.startswith("a.json: not JSON ('utf-8' codec can't decode byte 0xff ")


def test_json_that_is_a_link_to_nothing_is_said(tmp_path: Path) -> None:
    path = pictured(tmp_path)
    path.with_suffix(".json").symlink_to(tmp_path / "nowhere")
    assert gather(path).skipped == (
        "a.json: cannot be read (No such file or directory), so its image has no prompts",
    )


def test_json_that_is_a_folder_is_none(tmp_path: Path) -> None:
    path = pictured(tmp_path)
    path.with_suffix(".json").mkdir()
    assert gather(tmp_path).skipped == gather(path).skipped == ()


def gathered_with(content: str) -> Gathered:
    """A photo beside this JSON."""
    folder = Path(tempfile.mkdtemp())
    try:
        return gather(pictured(folder, content=content))
    finally:
        shutil.rmtree(folder)


@settings(max_examples=150)
@given(
    counts=st.one_of(
        st.text(max_size=40),
        st.text(st.characters(min_codepoint=48, max_codepoint=111), max_size=60),
        st.lists(st.integers(-300, 2**62), max_size=9).map(
            lambda runs: "".join(as_written(run) for run in runs)
        ),
    )
)
@example(counts="\x00")
@example(counts="o" * 5000)
@example(counts=as_written(2**31) + as_written(2**31))
def test_any_counts_are_decoded_or_skipped(counts: str) -> None:
    gathered = gathered_with(described(masked(counts)))
    assert len(gathered.photos[0].points) + len(gathered.skipped) == 1


@settings(max_examples=60)
@given(flips=st.lists(st.booleans(), min_size=HEIGHT * WIDTH, max_size=HEIGHT * WIDTH))
def test_any_mask_but_an_empty_one_is_read(flips: list[bool]) -> None:
    mask = np.array(flips, dtype=np.uint8).reshape(HEIGHT, WIDTH)
    gathered = gathered_with(described(masked(compressed(mask)), masked(runs_of(mask))))
    assert len(gathered.photos[0].points) == (2 if mask.any() else 0)


@given(first=st.integers(0, 240), second=st.integers(0, 240))
def test_any_three_runs_are_a_mask_if_they_fill_it(first: int, second: int) -> None:
    runs = [first, second, HEIGHT * WIDTH - first - second]
    gathered = gathered_with(described(masked("".join(map(as_written, runs)))))
    good = runs[2] >= 0 and runs[1] > 0
    assert len(gathered.photos[0].points) == good


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=9,
)


@settings(max_examples=150)
@given(key=st.sampled_from(["bbox", "point_coords", "segmentation", "size", "counts"]), value=JSON)
def test_any_annotation_is_read_or_skipped(key: str, value: object) -> None:
    made = annotation()
    (made["segmentation"] if key in made["segmentation"] else made)[key] = value
    gathered = gathered_with(described(made))
    assert len(gathered.photos[0].points) + len(gathered.skipped) == 1


@settings(max_examples=100)
@given(value=JSON | st.fixed_dictionaries({"image": JSON, "annotations": JSON}))
def test_any_json_leaves_the_image(value: object) -> None:
    gathered = gathered_with(json.dumps(value))
    assert len(gathered.photos) == len(gathered.skipped) == 1
