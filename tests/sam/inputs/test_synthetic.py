"""The synthetic image: its shapes are where its prompts are."""

import numpy as np
import pytest

from samprof.errors import UsageError
from samprof.sam.inputs.images import gather
from samprof.sam.inputs.photo import Photo
from samprof.sam.inputs.synthetic import synthetic
from tests.sam.inputs.samples import one_line


def test_no_source_is_the_made_up_image() -> None:
    gathered = gather(None, limit=3)
    (photo,) = gathered.photos
    assert (gathered.skipped, gathered.looked_at, gathered.note) == ((), 1, "")
    assert photo.name == "synthetic 1024 x 768"
    assert photo.pixels.shape == (768, 1024, 3)
    assert (photo.pixels == synthetic().pixels).all()


@pytest.mark.parametrize("size", [(768, 1024), (15, 20), (100, 37), (17, 400)])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_shapes_are_where_the_prompts_say(size: tuple[int, int], seed: int) -> None:
    photo = synthetic(size, seed)
    assert isinstance(photo, Photo)
    assert (photo.pixels.dtype, photo.pixels.shape) == (np.uint8, (*size, 3))
    assert (photo.points.dtype, photo.points.shape) == (np.float64, (12, 2))
    assert (photo.boxes.dtype, photo.boxes.shape) == (np.float64, (12, 4))
    assert (photo.points == (photo.boxes[:, :2] + photo.boxes[:, 2:]) / 2).all()
    # The background is of middle shades, which no shape is of.
    drawn = ((photo.pixels < 64) | (photo.pixels > 191)).all(axis=2)
    left = drawn.copy()
    for left_edge, top, right, bottom in photo.boxes.astype(int):
        assert 0 <= left_edge < right < size[1]
        assert 0 <= top < bottom < size[0]
        shape = drawn[top : bottom + 1, left_edge : right + 1]
        assert shape[0].any()
        assert shape[-1].any()
        assert shape[:, 0].any()
        assert shape[:, -1].any()
        assert shape[shape.shape[0] // 2, shape.shape[1] // 2]
        left[top : bottom + 1, left_edge : right + 1] = False
    assert not left.any()


def test_the_background_is_smooth() -> None:
    photo = synthetic()
    middle = ((photo.pixels >= 96) & (photo.pixels < 160)).all(axis=2)
    steps = np.abs(np.diff(photo.pixels.astype(int), axis=1)).max(axis=2)
    assert steps[middle[:, 1:] & middle[:, :-1]].max() <= 1


def test_the_same_seed_is_the_same_image() -> None:
    first, again, other = synthetic((60, 80), 5), synthetic((60, 80), 5), synthetic((60, 80), 6)
    for name in ("pixels", "points", "boxes"):
        assert (getattr(first, name) == getattr(again, name)).all()
        assert (getattr(first, name) != getattr(other, name)).any()


@pytest.mark.parametrize("size", [(14, 20), (15, 19), (0, 0)])
def test_a_size_without_room_for_the_shapes_is_an_error(size: tuple[int, int]) -> None:
    with pytest.raises(UsageError) as caught:
        synthetic(size)
    assert one_line(caught) == (
        f"images: size={size!r}: too small for a dozen shapes; give at least 15 x 20"
    )
