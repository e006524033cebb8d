"""What a recording is, in words; `repr` never raises."""

import re
from pathlib import Path

import pytest
import torch
from torch import Tensor

import samprof
from samprof.record import words
from samprof.record.words import NOTHING_RAN, noted, nothing_ran, recorded_text, without_raising
from samprof.trace import load_trace
from tests.record.models import small_net
from tests.support.tracefile import TraceFile

MS = 1_000_000


@pytest.fixture
def trace(tmp_path: Path) -> samprof.Trace:
    """Two forwards of net: 30 ms of host time, of which net.a takes 8 and 4; another root beside it."""
    file = TraceFile()
    file.range("net", 0, 20 * MS)
    file.range("net.a", 5 * MS, 8 * MS)
    file.range("net", 30 * MS, 10 * MS)
    file.range("net.a", 32 * MS, 4 * MS)
    file.range("network", 50 * MS, 1 * MS)
    return load_trace(file.write(tmp_path / "trace.json"))


def test_layers_calls_steps_and_time_are_those_of_the_root(trace: samprof.Trace) -> None:
    assert recorded_text("net", trace, 0) == "2 layers, 2 calls, 30.0 ms of CPU time"
    assert recorded_text("net", trace, 3) == "2 layers, 2 calls, 3 steps, 30.0 ms of CPU time"
    assert recorded_text("network", trace, 1) == "1 layer, 1 call, 1 step, 1.00 ms of CPU time"


def test_a_root_of_which_only_the_inside_was_called_has_no_calls(tmp_path: Path) -> None:
    file = TraceFile()
    file.range("net.a", 0, 8 * MS)
    file.range("net.a.b", 1 * MS, 2 * MS)
    found = load_trace(file.write(tmp_path / "trace.json"))
    assert recorded_text("net", found, 0) == "2 layers, 8.00 ms of CPU time"


def test_on_a_device_the_time_is_the_device_s(tmp_path: Path) -> None:
    file = TraceFile()
    file.range("net", 0, 8 * MS)
    file.launch(1, 1 * MS)
    file.kernel(1, 9 * MS, 5 * MS)
    found = load_trace(file.write(tmp_path / "trace.json"))
    assert recorded_text("net", found, 0) == "1 layer, 1 call, 5.00 ms of device time"


def test_nothing_that_ran_is_a_word_and_a_note(trace: samprof.Trace) -> None:
    assert recorded_text("ne", trace, 0) == NOTHING_RAN
    assert noted(trace, "net") is trace
    (note,) = noted(trace, "ne").notes
    assert note == (
        "nothing of ne ran while it was recorded, but net, network: was another object called, "
        "such as a copy or a part of it?"
    )


def test_what_ran_instead_is_named_by_its_time(tmp_path: Path) -> None:
    file = TraceFile()
    assert noted(load_trace(file.write(tmp_path / "none.json")), "net").notes == (
        "nothing of net ran while it was recorded, and nothing else either",
    )
    for number, name in enumerate(["aten::add", "aten::mm", "aten::mul", "aten::relu"]):
        file.op(name, 100 * number, 10 + number)
    file.op("aten::inner", 101, 5)
    (note,) = noted(load_trace(file.write(tmp_path / "some.json")), "net").notes
    assert note.startswith(
        "nothing of net ran while it was recorded, but aten::relu, aten::mul, aten::mm and 1 more: "
    )
    assert (nothing_ran(noted(load_trace(tmp_path / "some.json"), "net"))) == note


def test_the_words_of_a_recording_are_its_repr(x: Tensor) -> None:
    net = small_net()
    profile = samprof.profile(net, name="net")
    with profile as recording:
        assert repr(recording) == "<Recording net: still recording>"
        for _ in range(2):
            net(x)
            recording.step()
    layers = len(recording.layers()) - 1  # (outside) is none of them
    number = r"\d+(\.\d+)? "
    form = f"<Recording net: {layers} layers, 2 calls, 2 steps, {number}[mu]s of CPU time, "
    assert re.fullmatch(rf"{form}memory peak {number}B>", repr(recording))


def test_a_table_of_a_recording_in_which_nothing_ran_says_so(x: Tensor) -> None:
    with samprof.profile(small_net(), name="net") as recording:
        small_net()(x)
    assert repr(recording) == f"<Recording net: {NOTHING_RAN}>"
    (note,) = recording.layers().attrs["notes"]
    assert note.startswith("nothing of net ran")


def test_a_large_trace_is_not_read_for_a_repr(x: Tensor, monkeypatch: pytest.MonkeyPatch) -> None:
    net = small_net()
    with samprof.profile(net, name="net") as recording:
        net(x)
    monkeypatch.setattr(words, "MOST_READ_BYTES", 0)
    assert re.fullmatch(r"<Recording net: a trace of \S+ KiB>", repr(recording))
    recording.layers()
    assert ", 1 call, " in repr(recording)  # it has been read


def test_a_repr_never_raises(x: Tensor) -> None:
    net = small_net()
    with torch.profiler.profile(), samprof.profile(net, name="net\x1b[31m") as foreign:
        net(x)
    assert repr(foreign) == (
        "<Recording net\\x1b[31m: another torch.profiler was running and holds the ranges>"
    )
    with samprof.profile(net, name="net") as recording:
        net(x)
    recording._trace_path().unlink()
    assert repr(recording).startswith("<Recording net: ")
    broken = samprof.Recording.__new__(samprof.Recording)
    assert repr(broken).startswith("<Recording AttributeError: ")


def test_what_cannot_be_told_is_why() -> None:
    def fails() -> str:
        raise ValueError("x")

    assert without_raising(fails) == "ValueError"
    assert without_raising(lambda: "text") == "text"
