"""Events nested: a tie is decided by the name, never by the order in the file."""

from pathlib import Path

import numpy as np
import pytest

from samprof.trace.model.event_nesting import name_ranks, nest, nest_ordered
from samprof.trace.model.events import Events, Kind
from tests.support.tables import opened
from tests.support.tracefile import TraceFile


def test_ranks_are_alphabetical_whatever_the_order() -> None:
    assert name_ranks(["b", "a", "c", "a"]).tolist() == [1, 0, 2, 0]
    assert name_ranks([]).tolist() == []


@pytest.mark.parametrize("reverse", [False, True])
def test_of_equal_events_the_alphabetically_first_is_outer(tmp_path: Path, reverse: bool) -> None:
    file = TraceFile()
    file.op("b", 0, 10)
    file.op("a", 0, 10)
    file.op("c", 20, 5)
    if reverse:
        file.events.reverse()
    trace = opened(file, tmp_path)
    nesting = nest(trace.events, trace.names, trace.events.of(Kind.OP))
    names = [trace.names[code] for code in trace.events.name[nesting.rows].tolist()]
    assert names == ["a", "b", "c"]
    assert nesting.parent.tolist() == [-1, 0, -1]


def test_an_event_given_twice_is_inside_of_itself_in_the_order_given() -> None:
    events = Events(**{name: np.zeros(2, dtype) for name, dtype in Events.dtypes().items()})
    events.dur[:] = 5, 9
    nesting, order = nest_ordered(events, ("a",), np.array([0, 1, 0, 0]))
    assert nesting.rows.tolist() == [1, 0, 0, 0]
    assert order.tolist() == [1, 0, 2, 3]
    assert nesting.parent.tolist() == [-1, 0, 1, 2]
