"""Garbage collection spares what was there before, and frees it afterwards."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from samprof.sweeps.measure.engines import ThisProcess
from samprof.sweeps.measure.garbage import older_objects_spared
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
    with older_objects_spared():
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
    with older_objects_spared():
        assert seen() is None


def test_what_somebody_else_has_frozen_stays_so() -> None:
    gc.freeze()
    with older_objects_spared():
        pass
    assert gc.get_freeze_count() > 10_000


def test_an_error_leaves_nothing_frozen() -> None:
    with pytest.raises(KeyboardInterrupt), older_objects_spared():
        raise KeyboardInterrupt
    assert gc.get_freeze_count() == 0


def test_samples_in_this_process_do_so() -> None:
    with ThisProcess(net):
        assert gc.get_freeze_count() > 10_000
    assert gc.get_freeze_count() == 0
