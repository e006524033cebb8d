"""The size of each call: said, told, or called so; two that disagree are an error."""

from dataclasses import replace
from pathlib import Path

import pytest

from samprof.errors import UsageError
from samprof.sweeps.gather.call_sizes import GIVEN, KEPT, NAME, SHAPES
from samprof.sweeps.gather.calls import Calls, calls_of
from samprof.sweeps.gather.sizes import sizes_of
from samprof.sweeps.gather.sources import Source
from tests.support.calls import calls
from tests.support.tables import opened


@pytest.fixture
def told(tmp_path: Path) -> tuple[Source, Calls]:
    trace = opened(calls("samprof", [2, 4]), tmp_path)
    return Source("x.json", trace), calls_of(trace, "x.json", "samprof", None)


@pytest.fixture
def silent(tmp_path: Path) -> tuple[Source, Calls]:
    trace = opened(calls("samprof", [2, 4], shapes=False, kept=False), tmp_path)
    return Source("x.json", trace), calls_of(trace, "x.json", "samprof", None)


def test_what_the_trace_tells(told: tuple[Source, Calls], tmp_path: Path) -> None:
    assert sizes_of(*told) == [(2, KEPT), (4, KEPT)]
    trace = opened(calls("module", [3]), tmp_path)
    found = calls_of(trace, "x", "module", None)
    assert sizes_of(Source("x", trace), found) == [(3, SHAPES)]


def test_what_is_given_is_taken(silent: tuple[Source, Calls]) -> None:
    source, found = silent
    assert sizes_of(replace(source, sizes=(8,)), found) == [(8, GIVEN), (8, GIVEN)]
    assert sizes_of(replace(source, sizes=(8, 16)), found) == [(8, GIVEN), (16, GIVEN)]


def test_given_and_told_must_agree(told: tuple[Source, Calls]) -> None:
    source, found = told
    assert sizes_of(replace(source, sizes=(2, 4)), found) == [(2, GIVEN), (4, GIVEN)]
    with pytest.raises(UsageError) as error:
        sizes_of(replace(source, sizes=(2, 8)), found)
    assert error.value.cause == (
        "two sizes for one call: 8 by what was given, 4 by the root's input as recorded"
    )


def test_the_number_of_given_sizes_must_fit(told: tuple[Source, Calls]) -> None:
    source, found = told
    with pytest.raises(UsageError, match="3 sizes for 2 calls"):
        sizes_of(replace(source, sizes=(1, 2, 4)), found)


def test_a_name_that_contradicts_the_trace_is_an_error(told: tuple[Source, Calls]) -> None:
    source, found = told
    with pytest.raises(UsageError, match="16 by the file name, 2 by the root's input"):
        sizes_of(replace(source, path=Path("batch16.json")), found)
    # A mere number says nothing of what it counts.
    assert sizes_of(replace(source, path=Path("run16.json")), found) == [(2, KEPT), (4, KEPT)]


def test_without_a_root_what_is_said_comes_first(tmp_path: Path) -> None:
    trace = opened(calls("op", [3]), tmp_path)
    found = calls_of(trace, "x", "op", None)
    assert sizes_of(Source("x", trace), found) == [(3, SHAPES)]
    assert sizes_of(Source("x", trace, sizes=(8,)), found) == [(8, GIVEN)]


def test_the_name_is_the_last_resort(silent: tuple[Source, Calls]) -> None:
    source, found = silent
    assert sizes_of(replace(source, path=Path("run16.json")), found) == [(16, NAME)] * 2
    with pytest.raises(UsageError, match="the size of its calls cannot be told"):
        sizes_of(replace(source, path=Path("trace.json")), found)
