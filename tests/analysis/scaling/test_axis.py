"""An axis is plain data: it survives JSON, and a stranger's is read only if it is harmless."""

import json
from typing import Any

import pytest

from samprof.analysis.scaling.axis import BATCH_SIZE, axis_from
from samprof.sam.axes import AXES, IMAGE_SIZE


@pytest.mark.parametrize("name", AXES)
def test_an_axis_survives_json(name: str) -> None:
    assert axis_from(json.loads(json.dumps(AXES[name].as_dict()))) == AXES[name]


def test_the_amount_of_an_image_size_is_in_megapixels() -> None:
    assert IMAGE_SIZE.amount(1024) == 1024 * 1024 / 1e6
    assert IMAGE_SIZE.an_unit == "a megapixel"


@pytest.mark.parametrize(
    "change",
    [
        {"unit": ""},
        {"unit": "<b>image</b>"},
        {"label": "\x1b[2J"},
        {"subject": "Batching\n"},
        {"whole": "a" * 61},
        {"pattern": "batch"},
        {"pattern": "{} {}"},
        {"pattern": "{:1000000000}"},
        {"symbol": "{0.real}={}"},
        {"defaults": [1.5]},
        {"power": 0},
        {"power": 10**6},
        {"per": 0},
        {"per": "1"},
        {"name": None},
    ],
    ids=str,
)
def test_an_axis_that_is_not_plain_is_refused(change: dict[str, Any]) -> None:
    assert axis_from(BATCH_SIZE.as_dict() | change) is None


@pytest.mark.parametrize("data", [None, [], "batch-size", {}, {"name": "batch-size"}])
def test_what_is_no_axis_is_refused(data: object) -> None:
    assert axis_from(data) is None
