"""A sample: plain data and back, and its tables."""

import json

import pytest

from samprof.errors import RunError
from samprof.sweeps.run.stored.sample import Sample
from tests.support.samples import recorded, timed


def test_a_sample_survives_json() -> None:
    made = timed(4, 2, [10, 11], usage={"minor_faults": 8.0}, notes=["cropped"])
    again = Sample.from_dict(json.loads(json.dumps(made.as_dict())), "a file")
    assert again == made


def test_what_is_empty_is_not_written() -> None:
    written = timed(1, 0, [10]).as_dict()
    assert "recorded_wall_ns" not in written
    assert "message" not in written
    assert written["round"] == 0


def test_a_sample_is_timed_or_recorded_or_both() -> None:
    assert (timed(1, 0, [5]).is_timed, timed(1, 0, [5]).is_recorded) == (True, False)
    assert (recorded(1, 0, [5]).is_timed, recorded(1, 0, [5]).is_recorded) == (False, True)
    assert timed(1, 0, [5], recorded_wall_ns=[6]).is_recorded


def test_tables_begin_with_what_they_are_of() -> None:
    table = timed(2, 3, [5]).frame({"path": ["net"], "time_ns": [7]})
    assert table.columns.tolist() == ["size", "variant", "round", "path", "time_ns"]
    assert table.iloc[0].tolist() == [2, "eager", 3, "net", 7]


def test_other_data_is_refused() -> None:
    with pytest.raises(RunError, match="not a sample"):
        Sample.from_dict({"wall_ns": [1]}, "a file")
