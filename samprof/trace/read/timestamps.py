"""Converts Kineto's microseconds, as written in the file, to whole nanoseconds, digit by digit.

A double holds 53 bits: absolute times in microseconds with decimals (1712195495505582.988) do not
fit, and rounding the relative times of today (4487931796065.922) is already wrong by a nanosecond.
"""

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation

import msgspec
import numpy as np
import numpy.typing as npt

_PLAIN = b"0123456789. "
_SPACE, _DOT = b" ."
_SCALE = np.array([1000, 100, 10, 1], np.int64)
_LIMIT = 2**62 - 1  # a start and a duration add up to what fits into 64 bits
_MOST = Decimal(_LIMIT).scaleb(-3)
_NANOSECOND = Decimal("0.001")


def nanoseconds(
    texts: Sequence[bytes | msgspec.Raw],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Nanoseconds of numbers written in microseconds, and which of the texts are numbers.

    Args:
        texts: JSON numbers as in the file, such as `b"12"`, `b"12.5"`, `b"-1e3"`; anything else
            (`b""`, `b"null"`, `b'"a"'`), and 146 years or more, is no number and gives 0.

    Returns:
        int64 nanoseconds `[len(texts)]` and a mask `[len(texts)]` of the valid ones.

    Example:
        >>> nanoseconds([b"1712195495505582.988", b"7", b"null"])[0].tolist()
        [1712195495505582988, 7000, 0]
    """
    count = len(texts)
    joined = b" ".join(texts)
    if joined and joined.count(b" ") == count - 1 and not joined.translate(None, _PLAIN):
        values = _of_one_form(joined, count)
        if values is None:
            values = _of_several_forms(joined, count)
        if values is not None:
            return values, np.ones(count, bool)
    exact = [_decimal_nanoseconds(bytes(text)) for text in texts]
    valid = np.array([value is not None for value in exact], bool)
    return np.array([value or 0 for value in exact], np.int64), valid


def whole_nanoseconds(
    microseconds: Sequence[int],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """The same for integers.

    Example:
        >>> whole_nanoseconds([12, 2**62])
        (array([12000,     0]), array([ True, False]))
    """
    try:
        values = np.array(microseconds, np.int64)
    except OverflowError:
        values = np.array([v if abs(v) < _LIMIT else _LIMIT for v in microseconds], np.int64)
    valid = (values >= -(_LIMIT // 1000)) & (values <= _LIMIT // 1000)
    return np.where(valid, values, 0) * 1000, valid


def _of_one_form(joined: bytes, count: int) -> npt.NDArray[np.int64] | None:
    """The numbers if all have the same form, without decimals or with three; else None."""
    digits, scale = joined, 1000
    dots = joined.count(b".")
    if dots:
        characters = np.frombuffer(joined, np.uint8)
        ends = np.append(np.flatnonzero(characters == _SPACE), len(characters))
        if dots != count or ends[0] < 4 or (characters[ends - 4] != _DOT).any():
            return None
        digits, scale = joined.replace(b".", b""), 1
    values = np.fromstring(digits, np.int64, sep=" ")
    # An empty text gives no number; one that does not fit is read as the greatest that does.
    if len(values) != count or int(values.max()) >= _LIMIT // scale:
        return None
    values *= scale
    return values


def _of_several_forms(joined: bytes, count: int) -> npt.NDArray[np.int64] | None:
    """The numbers if each has at most three decimals and fits; else None."""
    characters = np.frombuffer(joined, np.uint8)
    ends = np.append(np.flatnonzero(characters == _SPACE), len(characters))
    dots = np.flatnonzero(characters == _DOT)
    number = np.searchsorted(ends, dots)
    if (np.diff(number) == 0).any():
        return None
    digits = np.diff(ends, prepend=-1) - 1
    digits[number] -= 1
    decimals = np.zeros(count, np.int64)
    decimals[number] = ends[number] - dots - 1
    if digits.min() < 1 or decimals.max() > 3:
        return None
    values = np.fromstring(joined.replace(b".", b""), np.int64, sep=" ")
    scale = _SCALE[decimals]
    if (values >= _LIMIT // scale).any():
        return None
    values *= scale
    return values


def _decimal_nanoseconds(text: bytes) -> int | None:
    try:
        number = Decimal(text.decode("ascii"))
    except (InvalidOperation, UnicodeDecodeError):
        return None
    if not number.is_finite() or number.copy_abs() > _MOST:
        return None
    return int(number.quantize(_NANOSECOND, rounding=ROUND_HALF_EVEN).scaleb(3))
