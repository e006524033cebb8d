"""The rows of a table as JSON, a few at a time: all at once would take many times the table's memory."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    import pandas as pd

_AT_ONCE = 4096
_SLASH = re.compile(r"(?<!\\)((?:\\\\)*)\\/")
"""A slash that pandas has escaped, which JSON allows and nobody reads well."""


def json_rows(table: pd.DataFrame) -> Iterator[str]:
    r"""The pieces of a JSON list with one object per row, indented by 1.

    Example:
        >>> import pandas as pd
        >>> "".join(json_rows(pd.DataFrame({"ns": [1]})))
        '[\n {\n  "ns": 1\n }\n]\n'
    """
    between = "["
    for begin in range(0, len(table), _AT_ONCE):
        part = table.iloc[begin : begin + _AT_ONCE]
        rows = part.to_json(orient="records", double_precision=15)
        rows = _SLASH.sub(r"\1/", rows).replace("\x7f", r"\u007f")  # as the json module writes them
        indented = msgspec.json.format(rows, indent=1)
        yield between + indented.removeprefix("[").removesuffix("\n]")
        between = ","
    yield "\n]\n" if len(table) else "[]\n"
