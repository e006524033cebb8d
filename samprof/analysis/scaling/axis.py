"""What a sweep runs over: what its sizes count, and the words for it. Plain data."""

from __future__ import annotations

import math
import re
from dataclasses import asdict, dataclass
from typing import Any

_WORDS = re.compile(r"[\w .,=()%/-]{1,60}")
_LARGEST_POWER = 8


@dataclass(frozen=True, slots=True)
class Axis:
    """One quantity that a sweep varies.

    `size` in tables is the size on this axis, whatever it counts. All fields are JSON values: a run
    directory holds its axis.

    Attributes:
        name: the name on the command line.
        unit: what throughput counts, in the singular.
        subject: what a sentence on larger sizes begins with: "Batching" (helps, hurts).
        whole: what has a fixed cost, whatever its size, with its article.
        larger: what shares that cost among more units.
        label: the title of the axis in a figure.
        pattern: one size in words; `{}` stands for the number.
        symbol: one size in the head of a column, likewise.
        defaults: the sizes that are measured by default.
        searchable: whether the largest size that fits in memory can be searched.
        power, per: a size holds `size ** power / per` units.
    """

    name: str
    unit: str
    subject: str
    whole: str
    larger: str
    label: str
    pattern: str
    symbol: str
    defaults: tuple[int, ...]
    searchable: bool = False
    power: float = 1.0
    per: float = 1.0

    @property
    def an_unit(self) -> str:
        """The unit with its article.

        Example:
            >>> BATCH_SIZE.an_unit
            'an image'
        """
        return f"{'an' if self.unit[0] in 'aeiou' else 'a'} {self.unit}"

    def amount(self, size: int) -> float:
        """The units in one size; time is fitted against them.

        Example:
            >>> BATCH_SIZE.amount(4)
            4.0
        """
        return float(size**self.power / self.per)

    def text(self, size: int) -> str:
        """One size in words, such as "batch 4", "16 prompts", "1 prompt".

        Example:
            >>> BATCH_SIZE.text(4)
            'batch 4'
        """
        return re.sub(r"^1 (\w+)s\b", r"1 \1", self.pattern.format(size))

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON; `axis_from` reads it."""
        return asdict(self) | {"defaults": list(self.defaults)}


BATCH_SIZE = Axis(
    name="batch-size",
    unit="image",
    subject="Batching",
    whole="a batch",
    larger="a larger batch",
    label="batch size",
    pattern="batch {}",
    symbol="b={}",
    defaults=(1, 2, 4, 8),
    searchable=True,
)
"""The axis of a sweep that names no other."""


def axis_from(data: object) -> Axis | None:
    """The axis that `Axis.as_dict` wrote; None if the data is anything else.

    A run directory may come from a stranger, so its words are letters, digits and plain punctuation:
    no markup, no control characters, no format but `{}`.

    Example:
        >>> axis_from(BATCH_SIZE.as_dict()) == BATCH_SIZE
        True
    """
    import msgspec

    try:
        axis = msgspec.convert(data, Axis)
    except msgspec.ValidationError:
        return None
    plain = (axis.name, axis.unit, axis.subject, axis.whole, axis.larger, axis.label)
    patterns = (axis.pattern, axis.symbol)
    words = [*plain, *(pattern.replace("{}", "", 1) for pattern in patterns)]
    if not all(map(_WORDS.fullmatch, words)) or not all("{}" in pattern for pattern in patterns):
        return None
    amounts = 0 < axis.power <= _LARGEST_POWER and 0 < axis.per < math.inf
    return axis if amounts else None
