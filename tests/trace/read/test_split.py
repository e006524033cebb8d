"""Borders of a JSON list's elements: guessed or exact."""

import pytest

from samprof.trace.read.split import Split, last_border, list_start, split_list


def test_commas_and_brackets_in_strings_are_no_borders() -> None:
    text = rb'{"a": "},{"}, "x\\", [1, {"b": 2}], "\"],"], "more": 1}'
    found = split_list(text)
    assert found.elements == [b'{"a": "},{"}', rb'"x\\"', b'[1, {"b": 2}]', rb'"\"],"']
    assert (found.rest, found.after) == (b"", b', "more": 1}')


def test_an_element_that_has_not_ended_is_the_rest() -> None:
    assert split_list(b'{"a": 1}, {"b": ') == Split([b'{"a": 1}'], b'{"b": ')
    assert split_list(b"") == Split([], b"")
    assert split_list(b" ]x") == Split([], b"", b"x")


@pytest.mark.parametrize(
    ("text", "start", "border"),
    [
        (b'{"a": 1}, {"b": 2}, {"c": 3', 0, (18, 20)),
        (b'{"a": 1} ,\n {"b": 2}', 0, (8, 12)),
        (b'{"a": 1}, {"b": 2}', 11, None),  # the border is before the start
        (b'{"a": {"b": 2}}', 0, None),
        (b"", 0, None),
    ],
)
def test_the_last_border_is_between_two_objects(
    text: bytes, start: int, border: tuple[int, int] | None
) -> None:
    assert last_border(text, start) == border
    if border:
        assert text[: border[0]].endswith(b"}")
        assert text[border[1] :].startswith(b"{")


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        (b'{"x": 1, "events": [7, 8]}', b"7, 8]}"),
        (b'{"inner": {"events": [1]}, "events" : [2]}', b"2]}"),
        (b'{"x": "\\"events\\": [1", "events": [2]}', b"2]}"),
        (b" [3]", b"3]"),
        (b'{"events": {}}', None),
        (b'{"inner": {"events": [1]}}', None),
    ],
)
def test_the_list_of_the_outermost_object_is_found(text: bytes, rest: bytes | None) -> None:
    start = list_start(text, b"events")
    assert (None if start is None else text[start:]) == rest
