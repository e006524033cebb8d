"""Rows of markdown, with medians, their spread and ratios within rounds."""

import statistics
from collections.abc import Sequence

from bench.recording_visits import Visit


def show_row(*cells: object) -> None:
    """Prints a row of a markdown table."""
    print(f"| {' | '.join(str(cell) for cell in cells)} |")


def forward_times(visits: Sequence[Visit]) -> list[float]:
    """Milliseconds of the median forward of each visit."""
    return [one.forward for one in visits]


def ratio(own: Sequence[float], other: Sequence[float]) -> str:
    """Median and quartiles of the ratios within the rounds."""
    return spread([one / base for one, base in zip(own, other, strict=True)], 3)


def spread(values: Sequence[float], digits: int) -> str:
    """Median and quartiles."""
    low, middle, high = statistics.quantiles(values, n=4) if len(values) > 1 else [*values] * 3
    return f"{middle:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def interval(values: Sequence[float], digits: int) -> str:
    """The median with its 95% confidence interval, which lies between two ranks (binomial)."""
    ranked = sorted(values)
    middle, half = len(ranked) / 2, 0.98 * len(ranked) ** 0.5
    low, high = (
        ranked[max(round(middle - half) - 1, 0)],
        ranked[min(round(middle + half), len(ranked) - 1)],
    )
    return f"{statistics.median(ranked):.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"
