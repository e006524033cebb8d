"""What of a timeline a picture can show: the slices of a window, short neighbours as one bar."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from samprof.integrations.tensorboard.timeline.tracks import Timeline
from samprof.trace.model.events import Ints, Mask

_THIN = 2
"""Slices of fewer pixels are too thin to be told apart."""


@dataclass(frozen=True, slots=True)
class Bars:
    """What is drawn of one row, one entry per bar, by start.

    Attributes:
        part: the slice that is drawn; of several in one bar, the longest.
        start, end: from the start of the first slice to the end of the last, in nanoseconds.
        count: how many slices the bar stands for.
        filled: how much of it they cover, in nanoseconds.
    """

    part: Ints
    start: Ints
    end: Ints
    count: Ints
    filled: Ints


def bars_in(timeline: Timeline, row: int, begin: int, end: int, width: int) -> Bars:
    """The bars of a row in a window: at most `most_bars(width)`, however many slices it holds.

    A slice of two pixels or more is a bar of its own, with its own start and end. Thinner ones that
    follow each other are one bar where there are more than a picture of this width can tell apart.

    Args:
        timeline: of the trace.
        row: which.
        begin: of the window, in nanoseconds.
        end: of the window, after its begin.
        width: of the picture, in pixels.
    """
    first, last = timeline.bounds[row : row + 2].tolist()
    starts, ends = timeline.start[first:last], timeline.end[first:last]
    low = int(np.searchsorted(ends, begin, side="left"))
    high = max(int(np.searchsorted(starts, end, side="right")), low)
    starts, ends = starts[low:high], ends[low:high]
    dur, number = ends - starts, np.arange(first + low, first + high)
    if len(number) <= width // _THIN:
        return Bars(number, starts, ends, np.ones(len(number), np.int64), dur)
    pixel = max((end - begin) / max(width, 1), 1e-9)
    wide = dur >= _THIN * pixel
    heads = np.flatnonzero(_begins_bar(wide, ((starts - begin) / (_THIN * pixel)).astype(np.int64)))
    group = np.repeat(np.arange(len(heads)), np.diff(heads, append=len(number)))
    longest = np.flatnonzero(dur == np.maximum.reduceat(dur, heads)[group])
    _, one = np.unique(group[longest], return_index=True)
    tails = np.append(heads[1:], len(number)) - 1
    return Bars(
        part=number[longest[one]],
        start=starts[heads],
        end=ends[tails],
        count=np.diff(heads, append=len(number)),
        filled=np.add.reduceat(dur, heads),
    )


def most_bars(width: int) -> int:
    """No row has more bars than this in a picture of so many pixels.

    Wide slices do not overlap, so there are at most one per `_THIN` pixels, and one more at either edge;
    a bar of thin ones ends where its pixels do, or at a wide slice.

    Example:
        >>> most_bars(1000)
        1506
    """
    pixels = width // _THIN
    return 3 * pixels + 6


def _begins_bar(wide: Mask, pixels: Ints) -> Mask:
    """Which slices begin a bar: wide ones, those behind one, and the first of their pixels."""
    begins = np.ones(len(wide), bool)
    begins[1:] = wide[1:] | wide[:-1] | (pixels[1:] != pixels[:-1])
    return begins
