"""Tables and sentences as HTML and as GitHub Markdown; every text in them is escaped."""

import re
from collections.abc import Iterable, Sequence
from html import escape

from samprof.printable import printable

_TICKS = re.compile("`+")
_MARKDOWN = str.maketrans({character: f"\\{character}" for character in "\\|<&`*[_~"})


def html_table(
    headers: Sequence[str], rows: Iterable[Sequence[str]], left: Sequence[bool], caption: str = ""
) -> str:
    """An HTML table.

    Args:
        headers: the titles of the columns.
        rows: the cells; leading spaces indent a cell.
        left: for each column, whether it holds text, which is left-aligned; numbers are right-aligned.
        caption: the caption; none if empty.

    Example:
        >>> html_table(["layer", "ns"], [["  <b>", "1"]], [True, False]).count("&lt;b&gt;")
        1
    """
    sides = ["left" if words else "right" for words in left]
    lines = ['<table style="border-collapse: collapse">']
    if caption:
        lines.append(f'<caption style="text-align: left">{escape(printable(caption))}</caption>')
    lines.append(f"<thead>{_html_row('th', headers, sides)}</thead><tbody>")
    lines += [_html_row("td", row, sides) for row in rows]
    return "\n".join([*lines, "</tbody></table>"])


def html_paragraphs(sentences: Iterable[str]) -> str:
    """The sentences, one paragraph each.

    Example:
        >>> html_paragraphs(["a < b"])
        '<p>a &lt; b</p>'
    """
    return "\n".join(f"<p>{escape(printable(sentence))}</p>" for sentence in sentences)


def markdown_table(
    headers: Sequence[str],
    rows: Iterable[Sequence[str]],
    left: Sequence[bool],
    code: Sequence[bool] | None = None,
) -> str:
    r"""A GitHub table.

    Args:
        headers: as in `html_table`.
        rows: as in `html_table`.
        left: as in `html_table`.
        code: for each column, whether it holds names, which are set as code.

    Example:
        >>> print(markdown_table(["layer", "ns"], [["  a|b", "1"]], [True, False]))
        | layer | ns |
        | :-- | --: |
        | &nbsp;&nbsp;a\|b | 1 |
        <BLANKLINE>
    """
    forms = [markdown_code if names else markdown_text for names in code or [False] * len(left)]
    lines = [
        [markdown_text(header) for header in headers],
        [":--" if words else "--:" for words in left],
        *([form(cell) for form, cell in zip(forms, row, strict=True)] for row in rows),
    ]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def markdown_text(text: str) -> str:
    r"""The text for a table cell, escaped: nothing in it ends the cell, becomes a tag or formats text.

    Example:
        >>> markdown_text("a|b <i>")
        'a\\|b \\<i>'
    """
    words = printable(text)
    inside = words.lstrip(" ")
    return "&nbsp;" * (len(words) - len(inside)) + inside.translate(_MARKDOWN)


def markdown_code(name: str) -> str:
    r"""The name as inline code for a table cell.

    Example:
        >>> markdown_code("a|b")
        '`a\\|b`'
    """
    words = printable(name)
    fence = "`" * (max(map(len, _TICKS.findall(words)), default=0) + 1)
    space = " " if words.startswith("`") or words.endswith("`") else ""
    return f"{fence}{space}{words.replace('|', chr(92) + '|')}{space}{fence}"


def _html_row(tag: str, cells: Sequence[str], sides: Sequence[str]) -> str:
    drawn = []
    for cell, side in zip(cells, sides, strict=True):
        words = printable(cell)
        inside = words.lstrip(" ")
        indented = "&nbsp;" * (len(words) - len(inside)) + escape(inside)
        style = f"text-align: {side}; padding: 0.1em 0.6em"
        drawn.append(f'<{tag} style="{style}">{indented}</{tag}>')
    return f"<tr>{''.join(drawn)}</tr>"
