"""Broken, odd and hostile files: each is read, with a note of what was passed over, or refused.

Times stand in the files in microseconds, in the rows in nanoseconds.
"""

import gzip
import json
import os
import socket
import subprocess
import sys
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from samprof.cli.main import main
from samprof.errors import TraceError
from samprof.trace import Trace, load_trace
from samprof.trace.read.scan import PIECE_BYTES
from samprof.trace.read.split import last_border
from tests.support import peak

MIB = 1 << 20
GZIP_HEADER_BYTES = 10
DEEP = 100_000
Row = tuple[str, int, int]


def op(name: str = "a", ts: str = "1", dur: str = "2", more: str = "") -> str:
    """The JSON of an op, from the JSON of its parts."""
    head = f'"ph": "X", "cat": "cpu_op", "name": "{name}", "pid": 1, "tid": 1'
    return f'{{{head}, "ts": {ts}, "dur": {dur}{more}}}'


def document(*events: str, before: str = "", after: str = "") -> str:
    return f'{{{before}"traceEvents": [{", ".join(events)}]{after}}}'


A: Row = ("a", 1000, 2000)
B: Row = ("b", 1000, 2000)
NOTHING_ODD = ()
AFTER = "what follows traceEvents is too large and was skipped"
BEFORE = "what precedes traceEvents is too large and was skipped"
ONE_PASSED_OVER = ("1 event not an event",)
NO_TIME = ("1 event without a time",)
NO_DURATION = ("1 event without a duration, taken as 0",)


@dataclass(frozen=True)
class Read:
    """A file that is read: its events as name, start and duration, and the notes."""

    content: str | bytes
    rows: list[Row]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Refused:
    """A file that is refused: how the cause begins."""

    content: str | bytes
    cause: str


def timed(ts: str, *, expected: int | None = None) -> Read:
    """An event with this start, and one with none that is odd."""
    rows = [] if expected is None else [("b", expected, 2000)]
    return Read(document(op(), op("b", ts=ts)), [A, *rows], () if rows else NO_TIME)


def lasting(dur: str, notes: tuple[str, ...] = NO_DURATION) -> Read:
    return Read(document(op(), op("b", dur=dur)), [A, ("b", 1000, 0)], notes)


def named(written: str | bytes, name: str) -> Read:
    """An event whose name is written like this in the file."""
    content = document(op(), op("@")).encode()
    raw = written.encode() if isinstance(written, str) else written
    return Read(content.replace(b"@", raw), [A, (name, 1000, 2000)])


def with_args(args: str | bytes, notes: tuple[str, ...] = ()) -> Read:
    content = document(op(), op("b", more=', "args": @')).encode()
    raw = args.encode() if isinstance(args, str) else args
    return Read(content.replace(b"@", raw), [A] if notes else [A, B], notes)


MISSING_TIME = op("b").replace('"ts": 1, ', "")
MISSING_DURATION = op("b").replace(', "dur": 2', "")
LOOK_ALIKES = f', "others": [{op("x")}, {op("y")}], "more": {{"traceEvents": [{op("z")}]}}'

READ = {
    "no events": Read(document(), []),
    "an event without any key": Read(document(op(), "{}"), [A], ONE_PASSED_OVER),
    "not objects": Read(
        document(op(), "7", '"word"', '"}, {"', "[]", "[{}, {}]", "null", "true", op("b")),
        [A, B],
        ("7 events not an event",),
    ),
    "only numbers": Read("[1, 2.5]", [], ("2 events not an event",)),
    "nothing between commas": Read(document(op(), "", op("b")), [A, B], ONE_PASSED_OVER),
    "a comma at the end": Read(document(op(), op("b")).replace("}]", "},]"), [A, B]),
    "broken JSON in one event": Read(
        document(op(), op("x", ts="1.2.3"), op("b")), [A, B], ONE_PASSED_OVER
    ),
    "keys before": Read(document(op(), before='"schemaVersion": 1, "x": [{}, {}], '), [A]),
    "keys after": Read(document(op(), after=', "traceName": "x", "y": {}'), [A]),
    "look-alikes after": Read(document(op(), after=LOOK_ALIKES), [A]),
    "look-alikes before": Read(document(op(), before=f"{LOOK_ALIKES[2:]}, "), [A]),
    "the key as a value": Read(document(op(), before='"x": "traceEvents", '), [A]),
    "the key in a string": Read(document(op(), before=r'"x": "\"traceEvents\": [", '), [A]),
    "a second list": Read(
        document(op(), after=f', "traceEvents": [{op("x")}]'),
        [A],
        ("another traceEvents list was skipped",),
    ),
    "a null before the list": Read(document(op(), before='"traceEvents": null, '), [A]),
    "duplicate keys": Read(
        document(op("x", ts="5", dur="6", more=', "ts": 1, "dur": 2, "name": "a"')), [A]
    ),
    "bare list": Read(f"[{op()}, {op('b')}]", [A, B]),
    "bare list, a comma at the end": Read(f" [{op()}, {op('b')},\n]\n", [A, B]),
    "byte order mark": Read(b"\xef\xbb\xbf" + document(op()).encode(), [A]),
    "byte order mark and bare list": Read(b"\xef\xbb\xbf" + f"[{op()}]".encode(), [A]),
    "brackets in brackets as the list": Read("[" * DEEP + "]" * DEEP, [], ONE_PASSED_OVER),
    "null time": timed("null"),
    "missing time": Read(document(op(), MISSING_TIME), [A], NO_TIME),
    "time in a string": timed('"1"'),
    "time in a list": timed("[1]"),
    "true as a time": timed("true"),
    "not a number as a time": timed("NaN"),
    "time of 30 digits": timed("9" * 30),
    "time of 20 digits": timed("18446744073709551616"),
    "time of a century": timed("3155760000000000.001", expected=3155760000000000001),
    "time over the limit": timed("4611686018427387.904"),
    "whole time over the limit": timed("4611686018427388"),
    "whole time below the limit": timed("-4611686018427388"),
    "time with a huge exponent": timed("1e999999"),
    "time with an endless exponent": timed("-1e99999999999999999999"),
    "time that is hardly any": timed("1e-999999", expected=0),
    "time with an exponent": timed("1.5E3", expected=1_500_000),
    "time with 40 decimals": timed(f"1.0005{'0' * 35}1", expected=1001),
    "negative time": timed("-1.001", expected=-1001),
    "null duration": lasting("null"),
    "missing duration": Read(document(op(), MISSING_DURATION), [A, ("b", 1000, 0)], NO_DURATION),
    "duration in a string": lasting('"2"'),
    "duration of 30 digits": lasting("9" * 30),
    "negative duration": lasting("-2", ("1 event with a negative duration, taken as 0",)),
    "negative zero": lasting("-0", NOTHING_ODD),
    "integer of 30 digits": Read(
        document(op(), op("b").replace('"pid": 1', f'"pid": {"9" * 30}')), [A, B]
    ),
    "integer of 5000 digits": with_args(f'{{"correlation": {"9" * 5000}}}'),
    "integers of 5000 digits around": Read(
        document(op(), before=f'"x": {"9" * 5000}, ', after=f', "y": [-{"9" * 5000}, 1]'),
        [A],
        ("2 numbers of too many digits around traceEvents",),
    ),
    "name of a MiB": named("x" * MIB, "x" * MIB),
    "name of a MiB of escapes": named(r"\"\\" * (MIB // 4), '"\\' * (MIB // 4)),
    "string of 7 MiB": with_args(f'{{"x": "{"x" * (7 * MIB)}"}}'),
    "control characters in a name": named("b\x01\n\x1b[31m", "b\x01\n\x1b[31m"),
    "control characters in args": with_args('{"x": "\x00\x01\n"}'),
    "control characters in a key": with_args('{"x\x00": 1}'),
    "broken UTF-8 in a name": named(b"b\xff\xc3", "b��"),
    "broken UTF-8 in args": with_args(b'{"x": "\xff\xc3"}'),
    "half a surrogate pair": named(r"b\ud83d", "b�"),
    "a surrogate pair": named(r"b\ud83d\ude00", "b😀"),
    "no name": Read(document(op().replace('"name": "a", ', "")), [("", 1000, 2000)]),
    "nested args": with_args('{"x": [{"y": {"z": [{}, {}]}}, {"ts": 5}]}'),
    "args that are no object": with_args('[{"correlation": 1}]'),
    "null args": with_args("null"),
    "lists nested deeply in args": with_args("[" * DEEP + "]" * DEEP, ONE_PASSED_OVER),
    "objects nested deeply in args": with_args('{"x":' * DEEP + "1" + "}" * DEEP, ONE_PASSED_OVER),
    "a long list after": Read(
        document(op(), after=f', "x": [{"{}, " * (3 * MIB)}1]'), [A], (AFTER,)
    ),
    "a long string after": Read(
        document(op(), after=f', "x": "{"}, {" * (3 * MIB)}"'), [A], (AFTER,)
    ),
    "a long list before": Read(document(op(), before=f'"x": [{"{}, " * MIB}1], '), [A], (BEFORE,)),
}

REFUSED = {
    "empty": Refused("", "the file is empty"),
    "blank": Refused(" \r\n\t" * 1000, "the file is empty"),
    "blank for long": Refused(" " * (9 * MIB), "no traceEvents list in its first 8 MiB"),
    "text": Refused("hello", "not JSON (JSON is malformed: invalid character (byte 0))"),
    "zeros": Refused(bytes(1000), "not JSON (JSON is malformed: invalid character (byte 0))"),
    "a string": Refused('"traceEvents"', "JSON without a traceEvents list"),
    "no list": Refused('{"results": []}', "JSON without a traceEvents list"),
    "list in another object": Refused(
        f'{{"x": {document(op())}}}', "JSON without a traceEvents list"
    ),
    "an object for the list": Refused('{"traceEvents": {}}', "JSON without a traceEvents list"),
    "text before": Refused(
        f"x{document(op())}", "what surrounds traceEvents is not JSON (Expecting value"
    ),
    "text after": Refused(
        f"{document(op())} x", "what surrounds traceEvents is not JSON (Extra data"
    ),
    "text after a bare list": Refused(
        f"[{op()}] x", "what surrounds traceEvents is not JSON (Extra data"
    ),
    "two documents": Refused(
        document(op()) * 2, "what surrounds traceEvents is not JSON (Extra data"
    ),
    "nested deeply before": Refused(
        document(op(), before=f'"x": {"[" * DEEP}{"]" * DEEP}, '),
        "what surrounds traceEvents is not JSON (maximum recursion depth exceeded",
    ),
    "nested deeply after": Refused(
        document(op(), after=f', "x": {"[" * DEEP}{"]" * DEEP}'),
        "what surrounds traceEvents is not JSON (maximum recursion depth exceeded",
    ),
    "nested deeply, no list": Refused(
        '{"x": ' * DEEP + "1" + "}" * DEEP, "not JSON (maximum recursion depth exceeded"
    ),
    "brackets without end": Refused("[" * DEEP, "the file ends inside traceEvents"),
    "UTF-16": Refused(document(op()).encode("utf-16"), "text in UTF-16, not in UTF-8"),
    "UTF-16 without a mark": Refused(
        document(op()).encode("utf-16-be"), "text in UTF-16-BE, not in UTF-8"
    ),
    "UTF-32": Refused(document(op()).encode("utf-32"), "text in UTF-32, not in UTF-8"),
    "string of 9 MiB": Refused(document(op("x" * (9 * MIB))), "an event of more than 8 MiB"),
    "string of 9 MiB like events": Refused(
        document(op("}, {" * (9 * MIB // 4))), "an event of more than 8 MiB"
    ),
    "args of 9 MiB": Refused(
        document(op(), op(more=f', "args": {{"x": [{"{}, " * (9 * MIB // 4)}{{}}]}}')),
        "an event of more than 8 MiB",
    ),
}


def written(folder: Path, content: str | bytes, name: str = "trace.json") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def rows(trace: Trace) -> list[Row]:
    """Name, start and duration of each event, in the order of the file."""
    events = trace.events
    columns = (events.name.tolist(), events.ts.tolist(), events.dur.tolist())
    return [(trace.names[name], ts, dur) for name, ts, dur in zip(*columns, strict=True)]


def cause_of(path: Path) -> str:
    """Why the file is refused, of an error that is one line and names the file and a remedy."""
    with pytest.raises(TraceError) as raised:
        load_trace(path)
    error = raised.value
    assert str(error) == f"load: {path}: {' '.join(error.cause.split())}; {error.remedy}"
    assert "\n" not in str(error)
    return error.cause


@pytest.mark.parametrize("case", READ.values(), ids=READ)
def test_is_read_with_a_note_of_what_was_passed_over(tmp_path: Path, case: Read) -> None:
    trace = load_trace(written(tmp_path, case.content))
    assert rows(trace) == case.rows
    assert trace.notes == case.notes
    check = trace.check()
    assert check.ok
    assert check.notes[: len(case.notes)] == case.notes


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_is_refused_in_one_line(tmp_path: Path, case: Refused) -> None:
    assert cause_of(written(tmp_path, case.content)).startswith(case.cause)


@pytest.mark.parametrize("case", READ.values(), ids=READ)
def test_the_command_shows_the_notes_under_the_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], case: Read
) -> None:
    assert main(["layers", str(written(tmp_path, case.content)), "--depth", "0"]) == 0
    captured = capsys.readouterr()
    shown = " ".join(captured.out.split())
    assert [note for note in case.notes if f"Note: {note}" not in shown] == []
    assert shown.count("Note: ") == len(case.notes)
    assert captured.err == ""


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_the_command_refuses_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], case: Refused
) -> None:
    path = written(tmp_path, case.content)
    assert main(["layers", str(path)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(f"samprof: load: {path}: {case.cause}")
    assert captured.err.count("\n") == 1
    assert captured.err.endswith("\n")


def test_an_allocation_of_more_bytes_than_there_are_is_passed_over(tmp_path: Path) -> None:
    def allocation(size: int, total: int) -> str:
        args = f'{{"Bytes": {size}, "Total Allocated": {total}, "Device Type": 1, "Device Id": 0}}'
        usual = op("[memory]", more=f', "args": {args}')
        return usual.replace('"X"', '"i"').replace("cpu_op", "cpu_instant_event")

    text = document(allocation(512, 1024), allocation(2**63 - 1, 0), allocation(1, -(2**63)))
    trace = load_trace(written(tmp_path, text))
    assert trace.allocations.size.tolist() == [512]
    assert trace.allocations.total.tolist() == [1024]
    assert trace.notes == ("2 events of more bytes than there are",)


def test_every_cut_is_refused(tmp_path: Path) -> None:
    whole = document(op(), op("}, {"), before='"x": [], ', after=', "y": [{}]').encode()
    path = written(tmp_path, whole)
    assert rows(load_trace(path)) == [A, ("}, {", 1000, 2000)]
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        cause = cause_of(path)
        inside = whole.index(b'[{"ph"') < length < whole.index(b'], "y"') + 1
        assert inside == (cause == "the file ends inside traceEvents")


def test_every_cut_of_a_gzip_stream_is_refused(tmp_path: Path) -> None:
    whole = gzip.compress(document(op(), op("b")).encode(), mtime=0)
    path = written(tmp_path, whole, "trace.json.gz")
    assert rows(load_trace(path)) == [A, B]
    causes = []
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        causes.append(cause_of(path))
    assert causes[0] == "the file is empty"
    assert causes[1].startswith("not JSON")
    assert set(causes[2:]) == {"the gzip stream ends too early"}


def test_a_long_gzip_stream_that_is_cut_is_refused(tmp_path: Path) -> None:
    whole = gzip.compress(document(*ops(20_000)).encode(), 1)
    assert len(document(*ops(20_000))) > 3 * PIECE_BYTES
    for part in (0.1, 0.5, 0.99):
        path = written(tmp_path, whole[: int(part * len(whole))])
        assert cause_of(path) == "the gzip stream ends too early"


def test_a_damaged_gzip_stream_is_refused_or_reads_the_same(tmp_path: Path) -> None:
    whole = gzip.compress(document(*ops(5)).encode(), mtime=0)
    path = written(tmp_path, whole)
    expected = rows(load_trace(path))
    for place in range(len(whole)):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << place % 8
        path.write_bytes(damaged)
        if place < GZIP_HEADER_BYTES:  # nothing depends on its time stamp and the like
            assert outcome(path) in (expected, "refused")
        else:
            assert outcome(path) == "refused"
    for place in (GZIP_HEADER_BYTES + 20, len(whole) - 6):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert cause_of(path).startswith("broken gzip stream (")


def outcome(path: Path) -> list[Row] | str:
    try:
        return rows(load_trace(path))
    except TraceError:
        return "refused"


def test_what_follows_a_gzip_stream(tmp_path: Path) -> None:
    whole = document(op(), op("b")).encode()
    in_two = gzip.compress(whole[:50]) + gzip.compress(whole[50:])
    assert rows(load_trace(written(tmp_path, in_two))) == [A, B]
    assert rows(load_trace(written(tmp_path, in_two + bytes(100)))) == [A, B]
    assert cause_of(written(tmp_path, in_two + b"more" * 25)).startswith("broken gzip stream (")


def ops(count: int) -> list[str]:
    """Ops that differ in their times."""
    return [op(ts=str(number), dur=str(number % 7)) for number in range(count)]


def rows_by_json(text: str) -> list[Row]:
    events = json.loads(text)["traceEvents"]
    return [(event["name"], event["ts"] * 1000, event["dur"] * 1000) for event in events]


def with_a_border_inside(opening: str, filling: str, closing: str, shift: int) -> str:
    """A document of several pieces; where the second ends, the filling makes up an event's args."""
    start = '{"traceEvents": ['
    before = start + ", ".join(ops(5200)) + ", "
    begin = 2 * PIECE_BYTES - 1000 - shift
    long_op = op("long", more=f', "args": {{"x": {opening}{filling * 500}{closing}}}')
    assert len(before) < begin
    text = f"{before:<{begin}}{', '.join([long_op, *ops(8000)])}]}}"
    # The guess is wrong.
    border = last_border(text[: 2 * PIECE_BYTES].encode(), PIECE_BYTES)
    assert border is not None
    with pytest.raises(ValueError, match="line 1"):
        json.loads(f"[{text[len(start) : border[0]]}]")
    return text


@pytest.mark.parametrize(
    ("opening", "filling", "closing"),
    [
        ('"', "}, {", '"'),
        ('"', "},{", '"'),
        ('"', r"\"}, {\"", '"'),
        ('"', r"\\}, {\\", '"'),
        ("[", '{"y": 1}, {"z": [2]}, ', "3]"),
        ("[", "[{},{}],", "3]"),
        ("[", f"{op()}, {op()}, ", "3]"),
    ],
)
def test_a_wrong_guess_of_a_border_changes_nothing(
    tmp_path: Path, opening: str, filling: str, closing: str
) -> None:
    for shift in range(min(len(filling), 8)):
        text = with_a_border_inside(opening, filling, closing, shift)
        trace = load_trace(written(tmp_path, text))
        assert rows(trace) == rows_by_json(text)
        assert trace.notes == ()


@pytest.mark.parametrize("between", [",", ", ", ",\n", f",{' ' * 1000}", f"{' ' * 1000},"])
def test_events_may_be_written_on_one_line_or_far_apart(tmp_path: Path, between: str) -> None:
    events = between.join(ops(8000))
    text = f'{{"traceEvents":[{events}]}}'
    assert len(text) > PIECE_BYTES
    assert rows(load_trace(written(tmp_path, text))) == rows_by_json(text)


@pytest.mark.parametrize("events", [1, 8000])
def test_events_in_other_lists_are_never_counted(tmp_path: Path, events: int) -> None:
    others = ", ".join(op("x") for _ in range(8000))
    assert len(others) > PIECE_BYTES
    text = document(*ops(events), before=f'"first": [{others}], ', after=f', "last": [{others}]')
    trace = load_trace(written(tmp_path, text))
    assert rows(trace) == rows_by_json(text)
    assert trace.notes == ()
    assert trace.metadata["last"] == trace.metadata["first"] == json.loads(f"[{others}]")


def test_odd_events_are_counted_all_over_a_long_file(tmp_path: Path) -> None:
    # One number, one event without a time and one with a control character for ten usual ones.
    odd = ["7", op(ts="null"), op("\x01")]
    text = document(*([*odd, *ops(10)] * 1100))
    assert len(text) > 2 * PIECE_BYTES
    trace = load_trace(written(tmp_path, text))
    usual = rows_by_json(document(*ops(10)))
    assert rows(trace) == [("\x01", 1000, 2000), *usual] * 1100
    assert trace.notes == ("1100 events not an event", "1100 events without a time")


def write_bomb(path: Path, head: str, filling: bytes, tail: str) -> None:
    """A small gzip file of the head, 300 MiB of the filling, and the tail."""
    block = filling * (MIB // len(filling))
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed_head = packer.compress(head.encode()) + packer.flush(zlib.Z_FULL_FLUSH)
    # Nothing before a full flush is referred to, so that the block can be repeated as it is.
    packed_block = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
    packed_tail = packer.compress(tail.encode()) + packer.flush()
    checksum = zlib.crc32(head.encode())
    for _ in range(300):
        checksum = zlib.crc32(block, checksum)
    checksum = zlib.crc32(tail.encode(), checksum)
    size = len(head) + 300 * len(block) + len(tail)
    path.write_bytes(
        b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
        + packed_head
        + 300 * packed_block
        + packed_tail
        + checksum.to_bytes(4, "little")
        + size.to_bytes(4, "little")
    )


@pytest.mark.skipif(not peak.STATUS.exists(), reason="the peak is read from /proc")
@pytest.mark.parametrize(
    ("head", "filling", "tail", "outcome"),
    [
        (f'{{"traceEvents": [{op()},', b" ", "]}", [1]),
        ('{"traceEvents": [{"name": "', b"a", '"}]}', "an event of more than 8 MiB"),
        ('{"traceEvents": [{"name": "', rb"\n", '"}]}', "an event of more than 8 MiB"),
        ('{"traceEvents": [{"name": "', b"}, {", '"}]}', "an event of more than 8 MiB"),
        ('{"traceEvents": [{"args": [', b"{}, ", "1]}]}", "an event of more than 8 MiB"),
        ('{"traceEvents": [', bytes(1), "]}", "an event of more than 8 MiB"),
        ('{"traceEvents": [', b"[", "]}", "an event of more than 8 MiB"),
        ('{"x": "', rb"\"", '"}', "no traceEvents list in its first 8 MiB"),
        (f'{{"traceEvents": [{op()}]', b" ", "}", [1, AFTER]),
        (f'{{"traceEvents": [{op()}], "x": [', b"{}, ", "1]}", [1, AFTER]),
    ],
    ids=[
        "blanks inside",
        "a name",
        "a name of escapes",
        "a name like events",
        "args",
        "zeros",
        "brackets",
        "a string before",
        "blanks after",
        "a list after",
    ],
)
def test_a_gzip_bomb_takes_little_memory(
    tmp_path: Path, head: str, filling: bytes, tail: str, outcome: str | list[int | str]
) -> None:
    path, warm_up = tmp_path / "bomb.json.gz", written(tmp_path, document(op()))
    write_bomb(path, head, filling, tail)
    assert path.stat().st_size < MIB
    command = [sys.executable, "-m", peak.__name__, str(warm_up), str(path)]
    found = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    if isinstance(outcome, list):
        assert found["outcome"] == outcome
    else:
        (error,) = found["outcome"]
        assert error.startswith(f"load: {path}: {outcome}; ")
    assert found["mib"] < 60


@pytest.fixture
def noted(tmp_path: Path) -> Path:
    """A trace with one kernel of 3 us, a number, and a kernel without a time."""
    kernel = op("gemm", dur="3", more=', "args": {"correlation": 1}').replace("cpu_op", "kernel")
    launch = op("cudaLaunchKernel", more=', "args": {"correlation": 1}')
    untimed = kernel.replace('"ts": 1', '"ts": null')
    launch = launch.replace("cpu_op", "cuda_runtime")
    return written(tmp_path, document(op(dur="9"), launch, kernel, "7", untimed))


NOTES = ("1 event not an event", "1 event without a time")


@pytest.mark.parametrize("command", ["layers", "kernels", "check"])
@pytest.mark.parametrize("cache", ["written", "read", "off"])
def test_notes_stand_under_every_table(
    noted: Path, capsys: pytest.CaptureFixture[str], command: str, cache: str
) -> None:
    arguments = [command, str(noted), *(["--no-cache"] if cache == "off" else [])]
    if cache == "read":
        main(arguments)
        capsys.readouterr()
    assert main(arguments) == 0
    captured = capsys.readouterr()
    lines = [line.strip().removeprefix("Note: ") for line in captured.out.splitlines()]
    assert lines[-2:] == list(NOTES)
    assert captured.err == ""


@pytest.mark.parametrize("command", ["layers", "kernels"])
@pytest.mark.parametrize("form", ["--json", "--csv"])
def test_notes_do_not_disturb_rows_for_programs(
    noted: Path, capsys: pytest.CaptureFixture[str], command: str, form: str
) -> None:
    assert main([command, str(noted), form]) == 0
    captured = capsys.readouterr()
    assert captured.err == "".join(f"samprof: note: {note}\n" for note in NOTES)
    assert "event" not in captured.out
    if form == "--json":
        assert isinstance(json.loads(captured.out), list)


def test_notes_are_in_the_rows_of_check_for_programs(
    noted: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(noted), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["trace"]["notes"] == list(NOTES)


@pytest.mark.parametrize("filling", ["[],", "{},", "1,"], ids=["lists", "objects", "numbers"])
def test_a_list_of_what_is_no_event_is_not_read_to_its_end(tmp_path: Path, filling: str) -> None:
    whole = gzip.compress(f'{{"traceEvents": [{op()}, {filling * (2 << 20)}1]}}'.encode())
    path = tmp_path / "bomb.json.gz"
    # Cut off in the middle: whoever reads on finds a stream that ends too early.
    path.write_bytes(whole[: 3 * len(whole) // 4])
    with pytest.raises(TraceError, match="elements of traceEvents are no events; give a trace"):
        load_trace(path)


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: bind(path)], ids=["a pipe", "a socket"])
def test_what_is_no_file_is_refused_and_not_waited_for(
    tmp_path: Path, make: Callable[[Path], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # the name of a socket may not be long
    kept = make(Path("trace.json"))
    for cache in (True, False):
        with pytest.raises(TraceError, match="a pipe, a device or a socket, not a file"):
            load_trace("trace.json", cache=cache)
    del kept


def bind(path: Path) -> socket.socket:
    bound = socket.socket(socket.AF_UNIX)
    bound.bind(str(path))
    return bound
