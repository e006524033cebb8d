"""Names survive the trace file, and paths become a tree."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samprof.trace.model.names import decoded, encoded, step_number, told_apart, tree_labels


@given(st.text())
def test_any_name_survives(name: str) -> None:
    written = encoded(name)
    assert written.isascii()
    assert not set(written) & {'"', "\\"}
    assert decoded(written) == name


@pytest.mark.parametrize("name", ["net.blocks.0", "a > b", "f()", "it's"])
def test_plain_names_stay_as_they_are(name: str) -> None:
    assert encoded(name) == decoded(name) == name


def test_a_label_drops_what_its_parent_shows() -> None:
    paths = ["net", "net.a", "net.a.b", "other", "A", "A > B", "(outside)"]
    labels = tree_labels(paths, [0, 1, 2, 1, 0, 1, 0])
    assert labels == ["net", "  a", "    b", "  other", "A", "  B", "(outside)"]


def test_a_name_that_only_starts_alike_is_shown_whole() -> None:
    assert tree_labels(["net", "network.a"], [0, 1]) == ["net", "  network.a"]


def test_names_of_samprof_s_own_rows_stand_in_quotes() -> None:
    assert [told_apart(name) for name in ("(outside)", "(no launch)", "(other)")] == [
        '"(outside)"',
        '"(no launch)"',
        "(other)",
    ]
    assert told_apart("idle", ("idle",)) == '"idle"'


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("ProfilerStep#0", 0),
        ("ProfilerStep#12", 12),
        ("ProfilerStep#" + 18 * "9", 10**18 - 1),
        ("ProfilerStep#" + 19 * "9", None),
        ("ProfilerStep#007", None),
        ("ProfilerStep#\N{ARABIC-INDIC DIGIT THREE}", None),
        ("ProfilerStep#\N{SUPERSCRIPT TWO}", None),
        ("ProfilerStep#1 ", None),
        ("ProfilerStep#1\n", None),
        ("ProfilerStep#", None),
        ("Step#1", None),
    ],
)
def test_a_step_is_what_torch_calls_one(name: str, number: int | None) -> None:
    assert step_number(name) == number
