"""Events become rows of the two tables; what cannot be read is counted."""

import json
from typing import Any

import pytest

from samprof.trace.model.events import ABSENT, Events, Kind, MemoryEvents
from samprof.trace.read.decode import Decoder


def event(name: str = "a", cat: str = "cpu_op", **more: Any) -> dict[str, Any]:
    return {"ph": "X", "cat": cat, "name": name, "pid": 1, "tid": 1, "ts": 1, "dur": 2} | more


def decoded(*events: Any) -> tuple[Events, MemoryEvents, Decoder]:
    decoder = Decoder()
    decoder.decode(json.dumps(events).encode())
    return decoder.part.events.finish(), decoder.part.allocations.finish(), decoder


def test_a_kernel_has_its_device_stream_and_correlation() -> None:
    args = {"device": 3, "stream": "stream 7", "correlation": 12}
    table, _, _ = decoded(event("gemm", "kernel", ts=1.5, args=args))
    assert (table.kind[0], table.ts[0], table.dur[0]) == (Kind.KERNEL, 1500, 2000)
    assert (table.device[0], table.stream[0], table.link[0]) == (3, 7, 12)
    assert (table.sequence[0], table.inputs[0]) == (ABSENT, -1)


def test_without_arguments_device_and_stream_are_process_and_thread() -> None:
    table, _, _ = decoded(event("gemm", "kernel", pid=2, tid=9))
    assert (table.device[0], table.stream[0], table.link[0]) == (2, 9, ABSENT)


def test_whole_and_decimal_times_may_be_mixed() -> None:
    decoder = Decoder()
    for ts in (1, 2.5, 3):
        decoder.decode(json.dumps([event(ts=ts)]).encode())
    assert decoder.part.events.finish().ts.tolist() == [1000, 2500, 3000]


def test_inputs_are_numbered_for_ops_with_a_formula() -> None:
    shaped = {"Input Dims": [[2, 3], [3, 4]], "Input type": ["float", "float"]}
    table, _, decoder = decoded(
        event("aten::mm", args=shaped),
        event("mylib::special", args=shaped),
        event("aten::mm", args=shaped),
        event("aten::mm"),
    )
    assert table.inputs.tolist() == [0, -1, 0, -1]
    assert len(decoder.part.inputs) == 1


def test_allocations_have_a_table_of_their_own() -> None:
    args = {"Bytes": -64, "Total Allocated": 128, "Device Type": 1, "Device Id": 2}
    memory = event("[memory]", "cpu_instant_event", ph="i", args=args)
    host = memory | {"args": args | {"Device Type": 0}}
    table, allocations, _ = decoded(memory, host)
    assert len(table) == 0
    assert allocations.size.tolist() == [-64, -64]
    assert allocations.total.tolist() == [128, 128]
    assert allocations.device.tolist() == [2, -1]


@pytest.mark.parametrize(
    ("changed", "rows", "reason"),
    [
        ({"ts": None}, 0, "without a time"),
        ({"dur": None}, 1, "without a duration, taken as 0"),
        ({"dur": -5}, 1, "with a negative duration, taken as 0"),
    ],
)
def test_what_is_missing_is_counted(changed: dict[str, Any], rows: int, reason: str) -> None:
    decoder = Decoder()
    decoder.salvage([json.dumps(event(**changed)).encode()])
    assert decoder.part.skipped == {reason: 1}
    table = decoder.part.events.finish()
    assert len(table) == rows
    assert table.dur.tolist() == [0] * rows


def test_a_refused_list_adds_nothing_and_can_be_salvaged() -> None:
    decoder = Decoder()
    good = json.dumps(event()).encode()
    with pytest.raises(ValueError, match="Expected"):
        decoder.decode(b"[%b, 7]" % good)
    assert len(decoder.part.events) == 0
    decoder.salvage([good, b"7"])
    assert len(decoder.part.events) == 1
    assert decoder.part.skipped == {"not an event": 1}


def test_the_first_rows_of_each_piece_are_noted() -> None:
    decoder = Decoder()
    for number in (2, 5):
        decoder.begin(number)
        decoder.decode(json.dumps([event(), event()]).encode())
    assert decoder.part.begun == [(2, 0, 0), (5, 2, 0)]
