"""Samples that are taken in this process: what was there before is left alone, and freed after it."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from samprof.sweeps.measure.engines import ThisProcess
from tests.support.targets import net


class Knot:
    """Garbage that only a collection finds."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def _frozen_by_nobody() -> Iterator[None]:
    gc.unfreeze()
    yield
    gc.unfreeze()


def test_what_was_there_before_is_not_searched_for_garbage() -> None:
    before = Knot()
    with ThisProcess(net):
        there = gc.get_freeze_count()
        seen, meanwhile = weakref.ref(before), weakref.ref(Knot())
        del before
        gc.collect()
        assert there > 10_000
        assert seen() is not None
        assert meanwhile() is None
    gc.collect()
    assert seen() is None


def test_garbage_of_before_is_collected_first() -> None:
    seen = weakref.ref(Knot())
    with ThisProcess(net):
        assert seen() is None


def test_what_somebody_else_has_frozen_stays_so() -> None:
    gc.freeze()
    with ThisProcess(net):
        pass
    assert gc.get_freeze_count() > 10_000


def test_an_error_leaves_nothing_frozen() -> None:
    with pytest.raises(KeyboardInterrupt), ThisProcess(net):
        raise KeyboardInterrupt
    assert gc.get_freeze_count() == 0
