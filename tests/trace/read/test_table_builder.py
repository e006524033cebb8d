"""A table built part by part equals one built at once."""

import io

import numpy as np
import pytest

from samprof.trace.model.events import MemoryEvents
from samprof.trace.read.table_builder import TableBuilder


def rows(first: int, count: int) -> MemoryEvents:
    """Rows whose columns count up from `first`."""
    return MemoryEvents(
        **{
            name: np.arange(first, first + count).astype(dtype)
            for name, dtype in MemoryEvents.dtypes().items()
        }
    )


def built(*counts: int) -> TableBuilder[MemoryEvents]:
    builder = TableBuilder(MemoryEvents)
    first = 0
    for count in counts:
        builder.append(rows(first, count))
        first += count
    return builder


# 3000 is beyond what the first part reserves.
@pytest.mark.parametrize("counts", [(5,), (2, 0, 3), (1, 3000, 7), ()])
def test_parts_follow_one_another(counts: tuple[int, ...]) -> None:
    builder, total = built(*counts), sum(counts)
    assert len(builder) == total
    table = builder.finish()
    for name, dtype in MemoryEvents.dtypes().items():
        column = getattr(table, name)
        assert column.dtype == dtype
        assert column.tolist() == list(range(total))


def test_what_is_written_can_be_read() -> None:
    stream = io.BytesIO()
    built(3, 4).write(stream)
    stream.seek(0)
    builder = TableBuilder(MemoryEvents)
    builder.read(stream, 7)
    assert builder.finish().ts.tolist() == list(range(7))


def test_a_stream_with_too_few_rows_is_an_error() -> None:
    stream = io.BytesIO()
    built(3).write(stream)
    stream.seek(0)
    with pytest.raises(EOFError):
        TableBuilder(MemoryEvents).read(stream, 4)
