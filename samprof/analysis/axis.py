"""What a sweep runs over: what its sizes count, and the words for it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from samprof.errors import UsageError

_PATCH = 16
_CROPS = (1, 5, 21, 85)
"""Crop layers of 1, 4, 16, 64 crops, added up."""


@dataclass(frozen=True, slots=True)
class Axis:
    """One quantity that a sweep varies.

    Tables keep the columns of a sweep over batch sizes whatever is varied: `batch_size` then holds the
    size on this axis, and an "image" is its unit.

    Attributes:
        name: as the command line has it.
        an_unit: what throughput counts, with its article.
        subject: the beginning of a sentence on what larger sizes do.
        whole: what costs something once, whatever its size.
        larger: what shares that cost.
        label: the axis of a picture.
        pattern: one size in words.
        symbol: one size in the head of a column.
        defaults: sizes, where none are given.
        amount: units of work in a batch of this size: what time is fitted against.
        valid: whether a number is a size, and which are if it is not.
    """

    name: str
    an_unit: str
    subject: str
    whole: str
    larger: str
    label: str
    pattern: str
    symbol: str
    defaults: tuple[int, ...]
    amount: Callable[[int], float] = float
    valid: tuple[Callable[[int], bool], str] = (lambda _: True, "")

    @property
    def unit(self) -> str:
        """What throughput counts.

        Example:
            >>> AXES[BATCH_SIZE].unit
            'image'
        """
        return self.an_unit.split(" ", 1)[1]

    def text(self, size: int) -> str:
        """One size in words.

        Example:
            >>> AXES["prompts"].text(4), AXES["prompts"].text(1)
            ('4 prompts', '1 prompt')
        """
        return re.sub(r"^1 (\w+)s\b", r"1 \1", self.pattern.format(size))

    def checked(self, sizes: tuple[int, ...]) -> tuple[int, ...]:
        """The sizes, if each is one.

        Raises:
            UsageError: one is not.
        """
        is_valid, remedy = self.valid
        for size in sizes:
            if not is_valid(size):
                raise UsageError("sweep", f"{self.label} {size}", "cannot be", remedy)
        return sizes


BATCH_SIZE = "batch-size"
AXES = {
    axis.name: axis
    for axis in (
        Axis(
            name=BATCH_SIZE,
            an_unit="an image",
            subject="Batching",
            whole="a batch",
            larger="a larger batch",
            label="batch size",
            pattern="batch {}",
            symbol="b={}",
            defaults=(1, 2, 4, 8),
        ),
        Axis(
            name="prompts",
            an_unit="a prompt",
            subject="Asking more prompts of an image",
            whole="an image",
            larger="more prompts",
            label="prompts an image",
            pattern="{} prompts",
            symbol="n={}",
            defaults=(1, 4, 16, 64),
        ),
        Axis(
            name="points-per-batch",
            an_unit="a point",
            subject="Batching more points",
            whole="a batch of points",
            larger="a larger batch",
            label="points per batch",
            pattern="{} points a batch",
            symbol="p={}",
            defaults=(16, 32, 64, 128),
        ),
        Axis(
            name="image-size",
            an_unit="a megapixel",
            subject="A larger image",
            whole="an image",
            larger="a larger image",
            label="image size",
            pattern="{} pixels a side",
            symbol="s={}",
            defaults=(256, 512, 768, 1024),
            amount=lambda side: side * side / 1e6,
            valid=(lambda side: side % _PATCH == 0, f"give multiples of {_PATCH}"),
        ),
        Axis(
            name="crops",
            an_unit="a crop",
            subject="Cutting an image into more crops",
            whole="an image",
            larger="more crops",
            label="crops an image",
            pattern="{} crops",
            symbol="c={}",
            defaults=(1, 5),
            valid=(
                lambda crops: crops in _CROPS,
                f"crops come in layers: give some of {', '.join(map(str, _CROPS))}",
            ),
        ),
    )
}


def axis_named(name: str) -> Axis:
    """The axis of this name.

    Raises:
        UsageError: there is none.
    """
    if name not in AXES:
        remedy = f"use one of {', '.join(AXES)}"
        raise UsageError("sweep", f"--over {name}", "nothing to sweep over", remedy)
    return AXES[name]
