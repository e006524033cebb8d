"""Text for times (int64 nanoseconds) and memory (bytes); no other place turns them into words."""

from collections.abc import Iterable
from typing import NamedTuple


class Unit(NamedTuple):
    """A unit and how many base units (nanoseconds or bytes) it holds."""

    name: str
    size: float


TIME_UNITS = (Unit("s", 1e9), Unit("ms", 1e6), Unit("us", 1e3), Unit("ns", 1.0))
MEMORY_UNITS = (Unit("GiB", 2.0**30), Unit("MiB", 2.0**20), Unit("KiB", 2.0**10), Unit("B", 1.0))


def common_unit(
    values: Iterable[float], units: tuple[Unit, ...] = TIME_UNITS, least: float = 10.0
) -> Unit:
    """The one unit for a whole table: the largest in which the biggest value is at least `least`.

    Example:
        >>> common_unit([15_000_000, 20]).name
        'ms'
    """
    biggest = max((abs(value) for value in values if value == value), default=0.0)
    return next((unit for unit in units if biggest >= least * unit.size), units[-1])


def fixed_digits(values: Iterable[float], unit: Unit) -> list[str]:
    """Numbers of one table in one unit, with the same decimals: fewer, the bigger the biggest is.

    Example:
        >>> fixed_digits([12_345_678, 41_400], TIME_UNITS[1])
        ['12.35', '0.04']
    """
    scaled = [value / unit.size for value in values]
    biggest = max((abs(value) for value in scaled if value == value), default=0.0)
    decimals = 1 if biggest >= 100 else 2 if biggest >= 10 else 3
    return [f"{value:.{decimals}f}" if value == value else "-" for value in scaled]


def digits(value: float, significant: int = 3) -> str:
    """A number with about three significant digits and no exponent.

    Example:
        >>> digits(1234.5), digits(12.345), digits(0.012345), digits(0)
        ('1234', '12.3', '0.0123', '0')
    """
    if value != value:
        return "-"
    if value == 0:
        return "0"
    magnitude = len(str(int(abs(value)))) if abs(value) >= 1 else 0
    if magnitude:
        return f"{value:.{max(significant - magnitude, 0)}f}"
    return f"{value:.{significant}g}" if abs(value) >= 1e-4 else f"{value:.1e}"


def time_text(ns: float) -> str:
    """A duration in the unit that suits it.

    Example:
        >>> time_text(12_345_678)
        '12.3 ms'
    """
    unit = common_unit([ns], least=1)
    return f"{digits(ns / unit.size)} {unit.name}"


def memory_text(size: float) -> str:
    """An amount of memory in the binary unit that suits it.

    Example:
        >>> memory_text(3 * 2**20)
        '3.00 MiB'
    """
    if size != size:
        return "-"
    unit = common_unit([size], MEMORY_UNITS, least=1)
    return f"{digits(size / unit.size)} {unit.name}"
