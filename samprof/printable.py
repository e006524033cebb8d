"""Text that shows all that it holds: names of layers, files and devices may hold anything.

A terminal sequence would be obeyed, a direction mark would reverse what follows it, a character
without a width would hide. All that samprof shows passes through here, and they are seen as escapes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

# Unicode counts these as letters, marks and symbols, but nothing of them is seen: fillers, a blank,
# variation selectors.
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
# https://owasp.org/www-community/attacks/CSV_Injection; where the semicolon separates cells, another
# cell begins after it.
_FORMULA = re.compile(r"(^|;)(?=\s*[=+\-@＝＋－＠])")


def printable(text: str) -> str:
    r"""The text with all that would not be seen written as escapes, line breaks among it.

    Example:
        >>> printable("a\nb\x1b[31m")
        'a\\nb\\x1b[31m'
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if c.isprintable() and not _UNSEEN.match(c) else _escape(c) for c in text)


def printable_lines(text: str) -> str:
    r"""The lines of the text, each `printable`.

    Example:
        >>> printable_lines("a\nb\r\n")
        'a\nb\\r\n'
    """
    return "\n".join(map(printable, text.split("\n")))


def csv_text(table: pd.DataFrame) -> str:
    r"""The table as CSV that a spreadsheet and a terminal can be given.

    Texts are `printable`, and one that a spreadsheet would run as a formula has an apostrophe before
    it. Numbers stay as they are, negative ones too.

    Example:
        >>> import pandas as pd
        >>> csv_text(pd.DataFrame({"path": ["=1+1", "net.a"], "ns": [-1, 2]}))
        "path,ns\n'=1+1,-1\nnet.a,2\n"
    """
    shown = table.copy()
    for name in table.select_dtypes(exclude=["number", "bool"]):
        shown[name] = table[name].astype(object).map(_csv_cell)
    return str(shown.rename(columns=_csv_cell).to_csv(index=False, lineterminator="\n"))


def _csv_cell(value: Any) -> Any:
    return _FORMULA.sub(r"\1'", printable(value)) if isinstance(value, str) else value


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
