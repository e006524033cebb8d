"""Columns of one length: rows are taken together, kinds found by their code."""

import numpy as np

from samprof.trace.model.events import ABSENT, Events, Kind, MemoryEvents


def events(*kinds: Kind) -> Events:
    """Events of these kinds, at times 0, 1, 2, ..."""
    count = len(kinds)
    columns = {name: np.zeros(count, dtype) for name, dtype in Events.dtypes().items()}
    columns["kind"][:] = kinds
    columns["ts"][:] = np.arange(count)
    return Events(**columns)


def test_events_of_a_kind_are_in_file_order() -> None:
    table = events(Kind.KERNEL, Kind.OP, Kind.MEMCPY, Kind.KERNEL)
    assert table.of(Kind.KERNEL).tolist() == [0, 3]
    assert table.of(Kind.KERNEL, Kind.MEMCPY).tolist() == [0, 2, 3]
    assert table.of(Kind.RUNTIME).tolist() == []


def test_rows_are_taken_from_every_column_by_number_or_by_mask() -> None:
    table = events(Kind.KERNEL, Kind.OP, Kind.MEMCPY)
    by_mask, by_number = table.take(np.array([True, False, True])), table.take(np.array([2, 0]))
    assert (len(by_mask), by_mask.ts.tolist()) == (2, [0, 2])
    assert by_number.kind.tolist() == [Kind.MEMCPY, Kind.KERNEL]


def test_columns_have_the_types_of_their_fields() -> None:
    assert MemoryEvents.dtypes()["ts"] == np.int64
    assert Events.dtypes()["kind"] == np.int8
    assert np.iinfo(Events.dtypes()["link"]).min == ABSENT
