"""Where the elements of a JSON list end: guessed quickly, or found exactly."""

import re
from dataclasses import dataclass

_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|["{}\[\],]', re.DOTALL)
_OPENING, _CLOSING, _OPEN_STRING = b"{[", b"}]", b'"'
_ARRAY = re.compile(rb"\s*:\s*\[")
NEAR = 64
"""A border has no more characters than that between its objects."""


@dataclass(frozen=True, slots=True)
class Split:
    """A text inside of a JSON list, taken apart.

    Attributes:
        elements: those that are complete, their borders known.
        rest: what follows the last border; the beginning of an element, or blank.
        after: what follows the list's closing bracket; None where the list goes on.
    """

    elements: list[bytes]
    rest: bytes
    after: bytes | None = None


def split_list(text: bytes) -> Split:
    """The elements of the list that `text` is inside of: exact and slow, looking at every token.

    Example:
        >>> split_list(b'{"a": "},{"}, 7], "more": 1}')
        Split(elements=[b'{"a": "},{"}', b'7'], rest=b'', after=b', "more": 1}')
    """
    elements: list[bytes] = []
    depth = begin = 0
    for match in _TOKEN.finditer(text):
        token = match.group()
        if token == _OPEN_STRING:
            break
        if token in _OPENING:
            depth += 1
        elif token in _CLOSING:
            if depth == 0:
                last = text[begin : match.start()].strip()
                return Split([*elements, last] if last else elements, b"", text[match.end() :])
            depth -= 1
        elif token == b"," and depth == 0:
            elements.append(text[begin : match.start()].strip())
            begin = match.end()
    return Split(elements, text[begin:].lstrip())


def last_border(text: bytes, start: int) -> tuple[int, int] | None:
    """The last `}, {` after `start`: where one object ends, and where the next begins.

    A guess: it may be inside a string or a nested list. A text cut there does not parse.

    Example:
        >>> last_border(b'{"a": 1}, {"b": {}}', 0)
        (8, 10)
    """
    begin = len(text)
    while (begin := text.rfind(b"{", start, begin)) > 0:
        before = text[max(begin - NEAR, 0) : begin].rstrip()
        if before.endswith(b","):
            object_end = before[:-1].rstrip()
            if object_end.endswith(b"}"):
                return max(begin - NEAR, 0) + len(object_end), begin
    return None


def list_start(text: bytes, key: bytes) -> int | None:
    """Where the first element of the outermost object's list of this name begins; None if nowhere.

    Chrome's array form, a bare list, counts as that list.
    """
    if text.lstrip()[:1] == b"[":
        return text.index(b"[") + 1
    quoted = b'"%b"' % key
    depth = 0
    for match in _TOKEN.finditer(text):
        token = match.group()
        if token == _OPEN_STRING:
            return None
        if token in _OPENING:
            depth += 1
        elif token in _CLOSING:
            depth -= 1
        elif depth == 1 and token == quoted:
            after = _ARRAY.match(text, match.end())
            if after:
                return after.end()
    return None
