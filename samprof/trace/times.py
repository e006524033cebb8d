"""Kineto's microseconds, as written in the file, to whole nanoseconds: the digits decide.

A double holds 53 bits: absolute times in microseconds with decimals (1712195495505582.988) do not
fit, and rounding today's relative ones (4487931796065.922) is already off by one nanosecond.
"""

from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation

import numpy as np
import numpy.typing as npt

_DOT, _ZERO, _NINE = np.frombuffer(b".09", np.uint8)
_UINT64_DIGITS = 19
_LIMIT = 2**63 - 1


def nanoseconds(texts: list[bytes]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Nanoseconds of numbers written in microseconds, and which of the texts were numbers.

    Args:
        texts: JSON numbers as in the file, such as `b"12"`, `b"12.5"`, `b"-1e3"`; anything else
            (`b""`, `b"null"`, `b'"a"'`) counts as no number and gives 0.

    Returns:
        int64 nanoseconds `[len(texts)]` and a mask `[len(texts)]` of the valid ones.

    Example:
        >>> nanoseconds([b"1712195495505582.988", b"7", b"null"])[0].tolist()
        [1712195495505582988, 7000, 0]
    """
    if not texts:
        return np.zeros(0, np.int64), np.zeros(0, bool)
    packed = np.array(texts, dtype=np.bytes_)
    width = packed.dtype.itemsize
    if width == 0:
        return np.zeros(len(texts), np.int64), np.zeros(len(texts), bool)
    characters = np.ascontiguousarray(packed.view(np.uint8).reshape(len(texts), width).T)

    # uint64 holds every number of 19 digits, so the limit of int64 can be checked afterwards.
    value = np.zeros(len(texts), np.uint64)
    decimals = np.full(len(texts), -1, np.int8)  # digits seen after the dot; -1 before it
    count = np.zeros(len(texts), np.int8)
    plain = np.ones(len(texts), bool)
    for column in characters:
        is_digit = (column >= _ZERO) & (column <= _NINE)
        is_dot = column == _DOT
        # A fourth decimal, a second dot, a sign or an exponent is left to Decimal below.
        plain &= is_digit | (column == 0) | (is_dot & (decimals < 0))
        plain &= ~(is_digit & (decimals >= 3))
        np.multiply(value, 10, out=value, where=is_digit)
        np.add(value, column - _ZERO, out=value, where=is_digit, casting="unsafe")
        count += is_digit
        decimals[is_dot] = 0
        decimals += is_digit & (decimals >= 0)
    missing = 3 - np.clip(decimals, 0, 3)
    plain &= (count > 0) & (count + missing <= _UINT64_DIGITS)
    value *= np.array([1, 10, 100, 1000], np.uint64)[missing]
    plain &= value <= _LIMIT

    valid = plain.copy()
    result = value.astype(np.int64)
    for index in np.flatnonzero(~plain):
        exact = _decimal_nanoseconds(texts[index])
        result[index] = exact or 0
        valid[index] = exact is not None
    return result, valid


def _decimal_nanoseconds(text: bytes) -> int | None:
    try:
        number = Decimal(text.decode("ascii")) * 1000
    except (InvalidOperation, UnicodeDecodeError):
        return None
    if not number.is_finite() or abs(number) > _LIMIT:
        return None
    return int(number.quantize(Decimal(1), rounding=ROUND_HALF_EVEN))
