"""One event: integers where they are expected, and a lenient reading of the rest."""

import pytest

from samprof.trace.model.events import ABSENT
from samprof.trace.read.event_schema import integer, lenient_event


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (7, 7),
        ("7", 7),
        ("stream 7", 7),
        (7.0, 7),
        (7.5, None),
        ("", None),
        ("7.5", None),
        (2**63 - 1, 2**63 - 1),
        (2**63, None),
        (float("inf"), None),
        (float("nan"), None),
        ([7], None),
        (None, None),
    ],
)
def test_the_integer_a_value_stands_for(value: object, number: int | None) -> None:
    assert integer(value) == number


def test_an_odd_event_is_read_as_far_as_it_can_be() -> None:
    event = lenient_event(
        b'{"ph": "X", "cat": "kernel", "name": "a\xff\x01", "pid": 0, "tid": 7.5, "ts": 1.50,'
        b' "dur": "x", "args": {"correlation": "12", "stream": "stream 7", "Bytes": [1]}}'
    )
    assert event is not None
    assert (event.ph, event.cat, event.name) == ("X", "kernel", "a\ufffd\x01")
    # The digits stay as written; a text is no duration.
    assert (bytes(event.ts), bytes(event.dur)) == (b"1.50", b"")
    assert (event.pid, event.tid) == (0, 7.5)
    assert (event.args.correlation, event.args.stream, event.args.size) == (12, "stream 7", 0)
    assert event.args.sequence == ABSENT


@pytest.mark.parametrize("element", [b"", b"7", b"[1]", b"{", b'{"ph": }', b"[" * 100_000])
def test_what_is_no_object_is_no_event(element: bytes) -> None:
    assert lenient_event(element) is None


def test_arguments_that_are_no_object_count_as_none() -> None:
    event = lenient_event(b'{"name": "a", "args": [1, 2]}')
    assert event is not None
    assert (event.name, event.args.correlation) == ("a", ABSENT)
