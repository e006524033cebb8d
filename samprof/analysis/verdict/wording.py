"""How verdicts write ratios, intervals and lists."""

from collections.abc import Sequence

from samprof.analysis.scaling.axis import Axis
from samprof.units import digits


def ratio_text(ratio: float) -> str:
    """A ratio with two decimals, or three digits where it is large.

    Example:
        >>> ratio_text(0.714), ratio_text(12.345)
        ('0.71x', '12.3x')
    """
    return f"{_decimals(ratio)}x"


def interval_text(low: float, high: float) -> str:
    """The interval of a ratio.

    Example:
        >>> interval_text(0.694, 0.731)
        '95% CI 0.69-0.73'
    """
    return f"95% CI {range_text(low, high)}"


def range_text(low: float, high: float) -> str:
    """The two ends of an interval.

    Example:
        >>> range_text(0.694, 1.2)
        '0.69-1.20'
    """
    return f"{_decimals(low)}-{_decimals(high)}"


def listed(parts: Sequence[str]) -> str:
    """The parts of a sentence, with "and" before the last.

    Example:
        >>> listed(["a"]), listed(["a", "b", "c"])
        ('a', 'a, b and c')
    """
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def per_whole(axis: Axis) -> str:
    """What has a fixed cost, after a number.

    Example:
        >>> from samprof.analysis.scaling.axis import BATCH_SIZE
        >>> per_whole(BATCH_SIZE)
        'per batch'
    """
    return f"per {axis.whole.split(' ', 1)[1]}"


def sentence(text: str) -> str:
    """A text with a capital letter and a full stop; nothing for no text."""
    if not text:
        return ""
    return f"{text[0].upper()}{text[1:].removesuffix('.')}."


def _decimals(value: float) -> str:
    return f"{value:.2f}" if value < 10 else digits(value)
