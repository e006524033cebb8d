"""A series of forwards: how many, and what is done where the CPUs are slowed down meanwhile."""

from collections.abc import Iterator

import pytest

from samprof.sweeps.inputs import Arguments
from samprof.sweeps.measure import forwards
from samprof.sweeps.measure.forwards import Forwards
from samprof.sweeps.measure.reference import Reference


class Scripted(Reference):
    """Reference work whose times are written down beforehand; the last of them for good."""

    def __init__(self, *times: int) -> None:
        self._times: Iterator[int] = iter(times)
        self._last = times[-1]

    def __call__(self) -> int:
        return next(self._times, self._last)


def made(*references: int) -> Forwards:
    return Forwards(lambda: None, Arguments(), reference=Scripted(*references))


def test_a_series_has_reference_work_before_and_after_each_forward() -> None:
    forward = made(500)
    assert len(forward.series(3)) == 3
    assert forward.reference_ns == [500] * 4


def test_a_series_without_reference_work_is_just_forwards() -> None:
    forward = Forwards(lambda: None, Arguments())
    assert len(forward.series(3, slowest_ns=1.0)) == 3
    assert forward.reference_ns == []


@pytest.mark.parametrize(
    ("references", "forwards_made"),
    [
        ((500,), 3),
        ((500, 900, 500, 500, 500), 4),  # clean are the third and the fourth
        ((900, 900, 900, 900, 500), 6),  # the fifth and the sixth
        ((900,), 6),  # never: twice as many
    ],
)
def test_where_the_cpus_are_slowed_down_a_series_goes_on(
    references: tuple[int, ...], forwards_made: int
) -> None:
    forward = made(*references)
    assert len(forward.series(3, slowest_ns=580.0)) == forwards_made
    assert len(forward.reference_ns) == forwards_made + 1


def test_something_else_can_be_called() -> None:
    seen = []

    def other() -> int:
        seen.append(1)
        return 7

    assert made(500).series(2, forward=other) == [7, 7]
    assert len(seen) == 2


@pytest.mark.parametrize(
    ("last_ns", "worth"),
    [(1, 8), (50_000_000, 7), (100_000_000, 4), (400_000_000, 3), (forwards.SLOW_NS + 1, 1)],
)
def test_how_many_forwards_are_worth_their_time(last_ns: int, worth: int) -> None:
    forward = made(500)
    forward.last_ns = last_ns
    assert forward.worthwhile() == worth
