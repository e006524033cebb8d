"""Parts of a file merged in the order of its pieces, with one numbering of names."""

import json

from samprof.trace.read.decode import Decoder
from samprof.trace.read.parts import Part, merge_parts


def part(*pieces: tuple[int, list[str]], skipped: int = 0) -> Part:
    """A part with an op of each name per piece; the piece's number is the thread and the time."""
    decoder = Decoder()
    for number, names in pieces:
        decoder.begin(number)
        events = [
            {"ph": "X", "cat": "cpu_op", "name": name, "pid": 1, "tid": number, "ts": number}
            | {"dur": 1}
            for name in names
        ]
        decoder.decode(json.dumps(events).encode())
    decoder.part.skipped["not an event"] += skipped
    return decoder.part


def test_pieces_are_in_file_order_and_names_numbered_once() -> None:
    data = merge_parts([part((0, ["a", "b"]), (3, ["c"])), part((1, ["b"]), (2, ["d"]))], {}, [])
    assert data.events.ts.tolist() == [0, 0, 1000, 2000, 3000]
    assert [data.names[code] for code in data.events.name.tolist()] == ["a", "b", "b", "d", "c"]
    assert len(set(data.names)) == len(data.names) == 4
    threads = [data.threads[code][1] for code in data.events.thread.tolist()]
    assert threads == ["0", "0", "1", "2", "3"]


def test_a_part_without_pieces_changes_nothing() -> None:
    data = merge_parts([part((0, ["a"])), part()], {"key": 1}, [])
    assert data.events.ts.tolist() == [0]
    assert data.metadata == {"key": 1}


def test_counts_of_what_was_skipped_are_added_and_follow_the_notes() -> None:
    parts = [part((0, ["a"]), skipped=1), part((1, ["a"]), skipped=2)]
    assert merge_parts(parts, {}, ["first"]).notes == ("first", "3 events not an event")
    assert merge_parts([part((0, ["a"]), skipped=1)], {}, []).notes == ("1 event not an event",)
