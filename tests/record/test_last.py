"""`samprof.last`, and the line on stderr about a recording that nobody kept."""

import gc
import io
import sys
import weakref
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, suppress
from pathlib import Path

import pytest
import torch
from torch import Tensor

import samprof
from samprof.errors import RecordingError
from samprof.record import last as registry
from tests.record.models import calls, small_net


class Terminal(io.StringIO):
    """A stderr that a person sees."""

    def isatty(self) -> bool:
        return True


@contextmanager
def a_terminal() -> Iterator[Terminal]:
    """What is written on the terminal inside."""
    with redirect_stderr(Terminal()) as terminal:
        yield terminal


def test_a_block_without_as_ends_in_a_recording(x: Tensor) -> None:
    net = small_net()
    with samprof.profile(net, name="net"):
        net(x)
        net(x)
    recording = samprof.last()
    assert calls(recording.layers())["net"] == 2
    assert samprof.last() is recording  # while someone has it


def test_the_last_one_is_the_very_recording_that_was_kept(x: Tensor) -> None:
    net = small_net()
    with samprof.profile(net, name="first") as first:
        net(x)
    assert samprof.last() is first
    with samprof.profile(net, name="outer") as outer, samprof.profile(net, name="inner") as inner:
        net(x)
    assert samprof.last() is outer  # it ended after the inner one
    assert calls(inner.layers())["inner"] == 1


def test_a_block_that_raises_has_a_recording_too(x: Tensor) -> None:
    net = small_net()
    with suppress(KeyError), samprof.profile(net, name="net"):
        net(x)
        raise KeyError
    assert calls(samprof.last().layers())["net"] == 1


def test_what_was_read_is_not_kept(x: Tensor) -> None:
    net = small_net()
    with samprof.profile(net, name="net") as recording:
        net(x)
    trace = weakref.ref(recording.trace)
    del recording
    again = weakref.ref(samprof.last().trace)
    gc.collect()
    assert (trace(), again()) == (None, None)
    assert calls(samprof.last().layers())["net"] == 1


def test_sweeps_leave_the_last_one_alone(x: Tensor, tmp_path: Path) -> None:
    net = small_net()
    with samprof.profile(net, name="mine"):
        net(x)
    samprof.sweep(net, x, [1], rounds=1, repeats=1, out=tmp_path)
    assert samprof.last().root == "mine"


def test_without_any_recording_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_last", None)
    with pytest.raises(RecordingError) as caught:
        samprof.last()
    assert str(caught.value) == (
        "last: recording: none has ended in this process; record with samprof.profile(module) first"
    )


def test_a_person_is_told_of_a_recording_that_nobody_kept(x: Tensor) -> None:
    net = small_net()
    with a_terminal() as terminal, samprof.profile(net, name="net", memory=False):
        net(x)
    (line,) = terminal.getvalue().splitlines()
    assert line.startswith("samprof: recorded net: ")
    assert ", 1 call, " in line
    assert line.endswith(" of CPU time; samprof.last().layers() shows the layers")


def test_whoever_kept_it_is_told_nothing(x: Tensor, tmp_path: Path) -> None:
    net = small_net()
    with a_terminal() as terminal:
        with samprof.profile(net) as _kept:
            net(x)
        with samprof.profile(net, logdir=tmp_path):  # it is found there
            net(x)
        with ExitStack() as stack:
            kept = [stack.enter_context(samprof.profile(net))]
            net(x)
    assert kept
    assert terminal.getvalue() == ""


def test_pipes_and_files_are_left_alone(x: Tensor, capsys: pytest.CaptureFixture[str]) -> None:
    net = small_net()
    with samprof.profile(net):
        net(x)
    assert capsys.readouterr().err == ""


def test_an_interactive_session_is_told_though_its_stderr_is_no_terminal(
    x: Tensor, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "ps1", ">>> ", raising=False)
    net = small_net()
    with samprof.profile(net, name="net"):
        net(x)
    assert capsys.readouterr().err.startswith("samprof: recorded net: ")


@pytest.mark.parametrize("stderr", [None, "closed"])
def test_without_a_stderr_nothing_fails(
    x: Tensor, monkeypatch: pytest.MonkeyPatch, stderr: str | None
) -> None:
    closed = io.StringIO()
    closed.close()
    monkeypatch.setattr(sys, "stderr", closed if stderr else None)
    net = small_net()
    with samprof.profile(net, name="quiet"):
        net(x)
    assert samprof.last().root == "quiet"


def test_nothing_that_ran_is_told_once_with_what_ran_instead(x: Tensor) -> None:
    other = small_net()
    with a_terminal() as terminal, samprof.profile(small_net(), name="net"):
        other(x)
    assert terminal.getvalue() == (
        "samprof: nothing of net ran while it was recorded, but aten::linear, aten::relu: "
        "was another object called, such as a copy or a part of it?\n"
    )


def test_a_recording_in_anothers_trace_says_where_it_is(x: Tensor) -> None:
    net = small_net()
    with a_terminal() as terminal, torch.profiler.profile(), samprof.profile(net, name="net"):
        net(x)
    assert terminal.getvalue() == (
        "samprof: recording: trace: another torch.profiler was running and holds the ranges; "
        "export that profiler's trace and read it with samprof.load\n"
    )


def test_an_inner_recording_without_as_is_not_told_of(x: Tensor) -> None:
    net = small_net()
    with a_terminal() as terminal, samprof.profile(net, name="outer") as outer:
        with samprof.profile(net, name="inner"):
            net(x)  # what it recorded can be read when the outer one has ended
        assert samprof.last().root == "inner"
    assert terminal.getvalue() == ""
    assert samprof.last() is outer
