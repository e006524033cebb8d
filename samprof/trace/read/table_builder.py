"""Builds a table piece by piece, without ever holding it twice."""

import io
from typing import Any, BinaryIO, Generic, TypeVar

import numpy as np

from samprof.trace.model.events import Table

T = TypeVar("T", bound=Table)
_GROWTH = 1.25  # the most that is held beyond the rows themselves


class TableBuilder(Generic[T]):
    """The rows of a table, appended part by part.

    Args:
        table: the class of the table.
    """

    def __init__(self, table: type[T]) -> None:
        self._table = table
        self._columns = {name: np.empty(0, dtype) for name, dtype in table.dtypes().items()}
        self._rows = 0

    def __len__(self) -> int:
        return self._rows

    def append(self, part: T) -> None:
        """Adds the rows of a part."""
        end = self._rows + len(part)
        for name, column in self._columns.items():
            if len(column) < end:
                # realloc moves pages, not bytes; no one else refers to the array yet.
                column.resize(int(end * _GROWTH) + 1024, refcheck=False)
            column[self._rows : end] = getattr(part, name)
        self._rows = end

    def write(self, stream: BinaryIO) -> None:
        """Writes the columns one after the other, for `read`."""
        for name in self._table.dtypes():
            stream.write(self.pop(name).view(np.uint8).data)

    def read(self, stream: io.BufferedIOBase, rows: int) -> None:
        """Fills the empty table with what `write` wrote.

        Raises:
            EOFError: the stream holds fewer rows.
        """
        for column in self._columns.values():
            column.resize(rows, refcheck=False)
            if stream.readinto(column.view(np.uint8).data) < column.nbytes:
                raise EOFError
        self._rows = rows

    def pop(self, name: str) -> np.ndarray[Any, Any]:
        """One column, removed from the builder."""
        column = self._columns.pop(name)
        column.resize(self._rows, refcheck=False)
        return column

    def finish(self) -> T:
        """The finished table; nothing can be appended afterwards."""
        return self._table(**{name: self.pop(name) for name in self._table.dtypes()})
