"""Pieces that hold whole events, wherever the file is cut."""

import io
import json
from collections.abc import Iterable

import pytest

from samprof.errors import TraceError
from samprof.trace.read import scan
from samprof.trace.read.scan import EventScanner, IrregularError


class Taken:
    """Takes events as parsed JSON; refuses what is no list of objects."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.pieces: list[int] = []
        self.salvaged = 0

    def begin(self, number: int) -> None:
        self.pieces.append(number)

    def decode(self, piece: bytes) -> None:
        events = json.loads(piece)
        if not all(isinstance(event, dict) for event in events):
            raise ValueError("no event")
        self.names += [event["name"] for event in events]

    def salvage(self, elements: Iterable[bytes]) -> None:
        for element in elements:
            self.salvaged += 1
            if element.startswith(b"{"):
                self.names.append(json.loads(element)["name"])


@pytest.fixture(autouse=True)
def _small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "PIECE_BYTES", 100)
    monkeypatch.setattr(scan, "_SPLIT_BYTES", 400)


def names(count: int) -> list[str]:
    return [f"op {number}" for number in range(count)]


def document(*events: object, **more: object) -> bytes:
    return json.dumps({"schemaVersion": 1, "traceEvents": events, **more}).encode()


def test_every_event_is_taken_once_and_the_rest_returned() -> None:
    taken = Taken()
    content = document(*({"name": name} for name in names(50)), last={"a": [1]})
    scanner = EventScanner(io.BytesIO(content), taken, "a file")
    assert scanner.run() == {"schemaVersion": 1, "last": {"a": [1]}}
    assert taken.names == names(50)
    assert taken.pieces == list(range(len(taken.pieces)))
    assert len(taken.pieces) > 5
    assert (taken.salvaged, scanner.notes) == (0, [])


def test_borders_inside_an_event_are_no_cuts() -> None:
    taken = Taken()
    inner = [{"x": 1}] * 40
    events = [{"name": name, "args": inner, "text": "}, {" * 20} for name in names(5)]
    EventScanner(io.BytesIO(document(*events)), taken, "a file").run()
    assert taken.names == names(5)


def test_what_the_decoder_refuses_is_handed_on_element_by_element() -> None:
    taken = Taken()
    EventScanner(io.BytesIO(document({"name": "a"}, 7, {"name": "b"})), taken, "a file").run()
    assert (taken.names, taken.salvaged) == (["a", "b"], 3)


def test_two_scanners_that_share_the_pieces_take_each_event_once() -> None:
    content = document(*({"name": name} for name in names(50)))
    even, odd = Taken(), Taken()
    EventScanner(io.BytesIO(content), even, "a file", lambda number: number % 2 == 0).run()
    EventScanner(io.BytesIO(content), odd, "a file", lambda number: number % 2 == 1).run_claimed()
    assert sorted(even.names + odd.names) == sorted(names(50))
    assert odd.names


def test_a_cut_that_needs_the_other_process_is_given_up() -> None:
    # One event is longer than _SPLIT_BYTES, so that the exact search would be needed.
    content = document({"name": "x" * 2000}, {"name": "b"})
    with pytest.raises(IrregularError):
        EventScanner(io.BytesIO(content), Taken(), "a file", lambda _: True).run()


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b"", "the file is empty"),
        (b'{"a": 1}', "JSON without a traceEvents list"),
        (b'{"a": ', "not JSON"),
        (b'{"traceEvents": [{"name": "a"}', "the file ends inside traceEvents"),
        ('{"traceEvents": []}'.encode("utf-16"), "text in UTF-16, not in UTF-8"),
    ],
)
def test_a_file_without_whole_events_is_refused(content: bytes, cause: str) -> None:
    with pytest.raises(TraceError, match=cause):
        EventScanner(io.BytesIO(content), Taken(), "a file").run()
