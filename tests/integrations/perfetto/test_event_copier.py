"""What is copied from a trace file: events as they stand there, in strict JSON, tracks only once."""

import gzip
import json
from pathlib import Path

import pandas as pd

from samprof.integrations.perfetto.export import export
from samprof.trace import load_trace
from tests.support.exports import exported, exported_tracks, forward, three_steps
from tests.support.tracks import events_of, tracks_of


def test_events_are_copied_byte_for_byte_and_metadata_comes_first(tmp_path: Path) -> None:
    file = three_steps()
    file.events[3]["args"] = {"Input Dims": [[1, 3]], "kept": {"a": [1.50, "é"]}}
    _, target = exported(tmp_path, file, steps=None)
    text = gzip.decompress(target.read_bytes()).decode()
    for line in (tmp_path / "trace.json").read_text().splitlines():
        assert line.rstrip(",") in text
    assert text.index('"distributedInfo": {"rank": 3}') < text.index('"traceEvents"')


def test_what_json_does_not_allow_is_written_as_strict_json(tmp_path: Path) -> None:
    source = tmp_path / "odd.json"
    source.write_bytes(
        b'{"traceEvents": [\n'
        b'{"ph": "X", "cat": "cpu_op", "name": "tab\there", "pid": 1, "tid": 1, '
        b'"ts": 1712195495505582.988, "dur": 1.5, "args": {"occupancy": NaN}},\n'
        b'{"ph": "X", "cat": "cpu_op", "name": "bad \xff", "pid": 1, "tid": 1, "ts": 2.25, "dur": 1},\n'
        b'{"ph": "X", "cat": "cpu_op", "name": "args", "pid": 1, "tid": 1, "ts": 7, "dur": 1, '
        b'"args": {"text": "\xfe"}},\n'
        b'"no event",\n'
        b'{"ph": "X", "cat": "cpu_op", "name": 5, "pid": 1, "tid": 1, "ts": 9, "dur": 1}\n]}'
    )
    target = tmp_path / "out.json"
    result = export(source, target, steps=None)
    events = events_of(target)
    assert [event["name"] for event in events] == ["tab\there", "bad \ufffd", "args", 5]
    assert events[0]["args"] == {"occupancy": None}
    assert events[2]["args"] == {"text": "\ufffd"}
    assert '"ts": 1712195495505582.988, "dur": 1.5' in target.read_text()
    pd.testing.assert_frame_equal(load_trace(target).layers("op"), load_trace(source).layers("op"))
    assert "1 event not an event" in result.notes


def test_the_bare_array_form_is_read_too(tmp_path: Path) -> None:
    source = tmp_path / "list.json"
    source.write_text(json.dumps([{"ph": "X", "cat": "cpu_op", "name": "a", "ts": 1, "dur": 1}]))
    export(source, tmp_path / "out.json")
    assert [event["name"] for event in events_of(tmp_path / "out.json")] == ["a"]


def test_tracks_of_an_earlier_export_are_replaced_and_else_copied(tmp_path: Path) -> None:
    file = forward()
    for correlation in (1, 2, 3, 4):
        file.kernel(correlation, 1000 + 20 * correlation, 10)
    once = exported_tracks(file, tmp_path)
    export(tmp_path / "out.json.gz", tmp_path / "again.json.gz", tracks=True)
    assert tracks_of(tmp_path / "again.json.gz") == once
    export(tmp_path / "out.json.gz", tmp_path / "copy.json.gz")
    assert tracks_of(tmp_path / "copy.json.gz") == once


def test_tracks_under_their_former_category_are_replaced_too(tmp_path: Path) -> None:
    file = forward()
    file.kernel(1, 1000, 10)
    once = exported_tracks(file, tmp_path)
    text = gzip.decompress((tmp_path / "out.json.gz").read_bytes())
    assert text.count(b'"samprof_track"') == 6
    former = tmp_path / "former.json"
    former.write_bytes(text.replace(b'"samprof_track"', b'"samprof_lane"'))
    export(former, tmp_path / "again.json.gz", tracks=True)
    assert tracks_of(tmp_path / "again.json.gz") == once
    assert b"samprof_lane" not in gzip.decompress((tmp_path / "again.json.gz").read_bytes())
