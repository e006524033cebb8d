"""Finds where the elements of a JSON list end: a quick guess, or exactly."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from samprof.trace.model.events import Mask, SmallInts

Bytes = npt.NDArray[np.uint8]
_QUOTE, _COMMA = b'",'
_CHANGE = np.zeros(256, np.int8)
_CHANGE[list(b"{[")], _CHANGE[list(b"}]")] = 1, -1
_BLOCK_BYTES = 1 << 16
NEAR = 64
"""The most characters that a border has between its objects."""


@dataclass(frozen=True, slots=True)
class Split:
    """A text from inside a JSON list, split into elements.

    Attributes:
        elements: the complete ones.
        rest: what follows the last border: the beginning of an element, or blank.
        after: what follows the list's closing bracket; None if the list goes on.
    """

    elements: list[bytes]
    rest: bytes
    after: bytes | None = None


def split_list(text: bytes) -> Split:
    """The elements of the list that `text` is inside of: exact but slow, looks at every byte.

    Example:
        >>> split_list(b'{"a": "},{"}, 7], "more": 1}')
        Split(elements=[b'{"a": "},{"}', b'7'], rest=b'', after=b', "more": 1}')
    """
    commas: list[int] = []
    for begin, part, in_string, depth in _blocks(_without_escapes(text)):
        found = np.flatnonzero((part == _COMMA) & (depth == 0) & ~in_string)
        ends = np.flatnonzero(depth < 0)
        if len(ends):
            end = begin + int(ends[0])
            commas += (begin + found[found < ends[0]]).tolist()
            elements, last = _between(text, commas, end)
            last = last.rstrip()
            return Split([*elements, last] if last else elements, b"", text[end + 1 :])
        commas += (begin + found).tolist()
    return Split(*_between(text, commas, len(text)))


def _between(text: bytes, commas: list[int], end: int) -> tuple[list[bytes], bytes]:
    """The texts before each comma, and the text after the last."""
    begins = [0, *(comma + 1 for comma in commas)]
    elements = [text[a:b].strip() for a, b in zip(begins, commas, strict=False)]
    return elements, text[begins[-1] : end].lstrip()


def _without_escapes(text: bytes) -> bytes:
    """The text with escaped backslashes and quotes replaced, so that every quote ends a string."""
    return text.replace(rb"\\", b"__").replace(rb"\"", b"__")


def _blocks(text: bytes) -> Iterator[tuple[int, Bytes, Mask, SmallInts]]:
    """A text without escapes, block by block.

    Yields:
        Where the block begins, its bytes, and for each byte whether it is in a string (an opening
        quote is, a closing one is not), and how many brackets are open after it.
    """
    characters = np.frombuffer(text, np.uint8)
    quotes = depth = 0
    for begin in range(0, len(text), _BLOCK_BYTES):
        part = characters[begin : begin + _BLOCK_BYTES]
        count = np.cumsum(part == _QUOTE, dtype=np.uint32) + quotes
        in_string = count % 2 == 1
        depths = np.cumsum(np.where(in_string, 0, _CHANGE[part]), dtype=np.int32) + depth
        quotes, depth = int(count[-1]), int(depths[-1])
        yield begin, part, in_string, depths


def last_border(text: bytes, start: int) -> tuple[int, int] | None:
    """The last `}, {` after `start`: where one object ends and where the next begins.

    A guess: it may be inside a string or a nested list, and a text cut there does not parse.

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
    """Where the first element of the outermost object's list of this name begins; None if there is none.

    Chrome's array form, a bare list, counts as that list.
    """
    if text.lstrip()[:1] == b"[":
        return text.index(b"[") + 1
    plain = _without_escapes(text)
    found = [match.span() for match in re.finditer(rb'"%b"\s*:\s*\[' % key, plain)][::-1]
    for begin, part, in_string, depth in _blocks(plain) if found else ():
        while found and found[-1][0] < begin + len(part):
            start, end = found.pop()
            if in_string[start - begin] and depth[start - begin] == 1:
                return end
    return None
