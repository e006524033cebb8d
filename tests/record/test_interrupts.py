"""Ctrl-C at any moment of a start or an end leaves nothing behind, and the next recording works.

A trace function raises KeyboardInterrupt at each line of samprof's recording code in turn: first at the
first one that runs, then at the second, until a run meets no further one.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import samprof
from samprof.errors import RecordingError
from samprof.record import session
from samprof.record.interrupts import complete
from samprof.record.ranges import entering, patches
from tests.record.models import Add, calls, small_net
from tests.record.snapshot import assert_untouched, world

RECORD = str(Path(samprof.__file__).parent / "record")


class Interrupt:
    """Interrupts the line of samprof's recording code that is the `number`th to run, from 0.

    A line that runs again counts once.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self.lines: set[tuple[str, int]] = set()

    @contextmanager
    def armed(self) -> Iterator[None]:
        before = sys.gettrace()
        sys.settrace(self._called)
        try:
            yield
        finally:
            sys.settrace(before)

    @property
    def came(self) -> bool:
        return len(self.lines) > self.number

    def _called(self, frame: FrameType, event: str, arg: Any) -> Any:
        return self._line if frame.f_code.co_filename.startswith(RECORD) else None

    def _line(self, frame: FrameType, event: str, arg: Any) -> Any:
        place = frame.f_code.co_filename, frame.f_lineno
        if event == "line" and place not in self.lines and not self.came:
            self.lines.add(place)
            if self.came:
                raise KeyboardInterrupt
        return self._line


def record_twice(net: nn.Module, x: Tensor, interrupt: Interrupt) -> None:
    """A recording inside another one, which its last step ends; interrupted when it is not at work."""
    outer = samprof.profile(net, name="outer", granularity="op", steps=1)
    inner = samprof.profile(net, name="inner", granularity="layer")
    with interrupt.armed(), outer as recording:
        with inner, paused():
            net(x)
        recording.step()


@contextmanager
def paused() -> Iterator[None]:
    tracing = sys.gettrace()
    sys.settrace(None)
    yield
    sys.settrace(tracing)


def state(net: nn.Module) -> dict[str, Any]:
    """What an interrupt may leave behind first of all; `world` has the rest, and takes its time."""
    return {
        "session": session._open,
        "replaced": dict(patches._patches),
        "collecting": (entering.other_threads.home, patches.root_calls._calls),
        "profiler": torch._C._autograd._profiler_enabled(),
        "torch.profiler": torch.autograd.profiler._is_profiler_enabled,
        "modules": [dict(vars(module)) for module in net.modules()],
    }


def test_an_interrupt_at_any_line_leaves_nothing_behind(x: Tensor) -> None:
    net = nn.Sequential(Add())
    record_twice(net, x, Interrupt(10**9))  # imports what is imported late
    everything, before = world(net), state(net)
    number = 0
    while True:
        interrupt = Interrupt(number)
        try:
            record_twice(net, x, interrupt)
        except KeyboardInterrupt:
            assert interrupt.came
        else:
            assert not interrupt.came
            break
        assert state(net) == before
        number += 1
    assert number > 200
    assert_untouched(everything, world(net))
    with samprof.profile(net, name="net") as recording:
        net(x)
    assert calls(recording.layers())["net"] == 1


def test_a_recording_that_nobody_can_leave_any_more_ends(x: Tensor) -> None:
    # As when an interrupt comes before the first line of `__exit__`.
    net = small_net()
    before = world(net)
    profile = samprof.profile(net, name="net")
    profile.__enter__()
    del profile
    assert_untouched(before, world(net))


def test_a_step_is_taken_until_it_is_complete() -> None:
    taken: list[int] = []

    def step() -> None:
        taken.append(len(taken))
        if len(taken) < 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        complete(step)
    assert taken == [0, 1, 2, 3]


def test_leaving_without_entering_is_one_line() -> None:
    profile = samprof.profile(Add(), name="net")
    with pytest.raises(RecordingError) as caught:
        profile.__exit__(None, None, None)
    assert str(caught.value) == (
        "profile: __exit__: it was not entered; use it in a with statement"
    )
