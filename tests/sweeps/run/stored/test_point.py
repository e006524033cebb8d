"""A point: what its samples say together, and its file."""

import json

import pytest

from samprof.errors import RunError
from samprof.sweeps.run.stored.point import Point
from tests.support.samples import recorded, sample, timed


def test_a_point_is_ok_once_a_sample_is() -> None:
    point = Point(4, "eager").with_sample(sample(4, 0, status="oom", message="too much"))
    assert (point.status, point.message) == ("oom", "too much")
    point = point.with_sample(timed(4, 1, [5]))
    assert (point.status, point.message) == ("ok", "")


def test_a_point_without_samples_is_not_ok() -> None:
    assert Point(1, "eager").status == "failed"


def test_trace_and_components_are_those_of_the_last_recording() -> None:
    first = recorded(1, 0, [5], trace="traces/a", components={"component": ["old"]})
    last = recorded(1, 1, [5], trace="traces/b", components={"component": ["new"]})
    point = Point(1, "eager", (first, last, timed(1, 2, [4])))
    assert point.trace == "traces/b"
    assert point.components == {"component": ["new"]}
    assert point.timed == (point.samples[2],)


def test_a_point_survives_its_file() -> None:
    point = Point(
        2, "bf16", (timed(2, 0, [5, 6], variant="bf16"), recorded(2, 1, [7], variant="bf16"))
    )
    assert Point.from_dict(json.loads(json.dumps(point.as_dict())), "a file") == point


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"schema": 1, "batch_size": 1}, "written by another version of samprof; measure again"),
        ({"schema": 2, "size": "1", "variant": "x", "samples": []}, "not a point"),
        ({"schema": 2, "size": 1, "variant": "x", "samples": [7]}, "not a point"),
        ({"schema": 2, "size": 1, "variant": "x"}, "not a point"),
        ({"schema": 2, "size": 0, "variant": "x", "samples": []}, "not a point"),
        ({"schema": 2, "size": 1, "variant": "../..", "samples": []}, "not a point"),
        ({"schema": 2, "size": 1, "variant": "x", "samples": [{"size": 1}]}, "not a sample"),
        (
            {"schema": 2, "size": 1, "variant": "x", "samples": [timed(2, 0, [5]).as_dict()]},
            "samples of another point",
        ),
    ],
)
def test_other_files_are_refused_with_a_remedy(data: dict[str, object], words: str) -> None:
    with pytest.raises(RunError, match=words):
        Point.from_dict(data, "b0001.json")
