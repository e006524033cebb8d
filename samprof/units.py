"""Text for times (int64 nanoseconds) and memory (bytes), and back; nothing else converts them."""

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple


class Unit(NamedTuple):
    """A unit and how many base units (nanoseconds or bytes) it holds."""

    name: str
    size: float


TIME_UNITS = (Unit("s", 1e9), Unit("ms", 1e6), Unit("us", 1e3), Unit("ns", 1.0))
MEMORY_UNITS = (Unit("GiB", 2.0**30), Unit("MiB", 2.0**20), Unit("KiB", 2.0**10), Unit("B", 1.0))
DECIMAL_UNITS = (Unit("GB", 1e9), Unit("MB", 1e6), Unit("kB", 1e3), Unit("B", 1.0))
_TERA = (Unit("TiB", 2.0**40), Unit("TB", 1e12))
_AMOUNT = re.compile(r"([0-9]{1,18}(?:\.[0-9]{1,18})?) ?([a-zµμ]*)", re.IGNORECASE)
_MOST = 2**62
_LONGEST = len("1234.5 MiB")


def common_unit(
    values: Iterable[float], units: tuple[Unit, ...] = TIME_UNITS, least: float = 10.0
) -> Unit:
    """The unit for a whole table: the largest in which the biggest value is at least `least`.

    Example:
        >>> common_unit([15_000_000, 20]).name
        'ms'
    """
    biggest = max((abs(value) for value in values if value == value), default=0.0)
    return next((unit for unit in units if biggest >= least * unit.size), units[-1])


def fixed_digits(values: Iterable[float], unit: Unit) -> list[str]:
    """The numbers of a table in one unit, all with the same decimals: the larger the biggest, the fewer.

    Example:
        >>> fixed_digits([12_345_678, 41_400], TIME_UNITS[1])
        ['12.35', '0.04']
    """
    scaled = [value / unit.size for value in values]
    biggest = max((abs(value) for value in scaled if value == value), default=0.0)
    decimals = 1 if biggest >= 100 else 2 if biggest >= 10 else 3
    return [f"{value:.{decimals}f}" if value == value else "-" for value in scaled]


def digits(value: float, significant: int = 3) -> str:
    """A number with about three significant digits, without an exponent.

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
    """A duration in the unit that suits its size.

    Example:
        >>> time_text(12_345_678)
        '12.3 ms'
    """
    unit = common_unit([ns], least=1)
    return f"{digits(ns / unit.size)} {unit.name}"


def microseconds_text(ns: int) -> str:
    """A time as trace files write it, in microseconds, exact to the nanosecond.

    Example:
        >>> microseconds_text(1_234_567), microseconds_text(-1500)
        ('1234.567', '-1.500')
    """
    sign, ns = "-" if ns < 0 else "", abs(ns)
    return f"{sign}{ns // 1000}.{ns % 1000:03d}"


def memory_text(size: float, units: tuple[Unit, ...] = MEMORY_UNITS) -> str:
    """An amount of memory in the unit that suits its size, a binary one by default.

    Example:
        >>> memory_text(3 * 2**20), memory_text(1_980_000_000, DECIMAL_UNITS)
        ('3.00 MiB', '1.98 GB')
    """
    if size != size:
        return "-"
    unit = common_unit([size], units, least=1)
    return f"{digits(size / unit.size)} {unit.name}"


def units_like(size: int) -> tuple[Unit, ...]:
    """The memory units, decimal or binary, in which this amount was most likely written.

    Example:
        >>> [units_like(size)[0].name for size in (2 * 10**9, 400 * 2**20, 123_456_789)]
        ['GB', 'GiB', 'GiB']
    """
    binary, decimal = (len(_shortest(size, units)) for units in (MEMORY_UNITS, DECIMAL_UNITS))
    return DECIMAL_UNITS if decimal < binary and decimal <= _LONGEST else MEMORY_UNITS


def memory_limit_text(size: int) -> str:
    """A memory limit as it was written, if that was a round number.

    Example:
        >>> memory_limit_text(2 * 10**9), memory_limit_text(3 * 2**29), memory_limit_text(2**33 + 1)
        ('2 GB', '1.5 GiB', '8.00 GiB')
    """
    text = _shortest(size, units_like(size))
    return text if len(text) <= _LONGEST else memory_text(size)


def time_limit_text(ns: int) -> str:
    """A time limit as it was written, if that was a round number.

    Example:
        >>> time_limit_text(200_000_000), time_limit_text(1_500_000_000)
        ('200 ms', '1.5 s')
    """
    text = _shortest(ns, TIME_UNITS)
    return text if len(text) <= _LONGEST else time_text(ns)


def bytes_of(text: str) -> int:
    """The bytes that a text stands for; kB, MB, GB, TB are decimal, KiB, MiB, GiB, TiB binary.

    Raises:
        ValueError: it is not an amount of memory with its unit, or less than a byte.

    Example:
        >>> bytes_of("2GB"), bytes_of("1.5 GiB"), bytes_of("800MiB"), bytes_of("4096 B")
        (2000000000, 1610612736, 838860800, 4096)
        >>> bytes_of("20")
        Traceback (most recent call last):
        ValueError: not an amount of memory with its unit
    """
    known = {unit.name.lower(): unit for unit in (*MEMORY_UNITS, *DECIMAL_UNITS, *_TERA)}
    return _parsed(text, known, "not an amount of memory with its unit")


def nanoseconds_of(text: str) -> int:
    """The nanoseconds that a text stands for; its unit is s, ms, us or ns.

    Raises:
        ValueError: it is not a time with a unit, or less than a nanosecond.

    Example:
        >>> nanoseconds_of("200ms"), nanoseconds_of("1.5s"), nanoseconds_of("300 us")
        (200000000, 1500000000, 300000)
        >>> nanoseconds_of("200")
        Traceback (most recent call last):
        ValueError: not a time with its unit
    """
    known = {unit.name: unit for unit in TIME_UNITS}
    known |= dict.fromkeys(("µs", "μs"), known["us"])
    return _parsed(text, known, "not a time with its unit")


def _shortest(amount: int, units: tuple[Unit, ...]) -> str:
    """The exact amount in the unit that suits its size.

    Example:
        >>> _shortest(1_500_000_000, TIME_UNITS)
        '1.5 s'
    """
    unit = common_unit([amount], units, least=1)
    number = format(Decimal(amount) / int(unit.size), "f")
    return f"{number.rstrip('0').rstrip('.') if '.' in number else number} {unit.name}"


def _parsed(text: str, known: dict[str, Unit], complaint: str) -> int:
    found = _AMOUNT.fullmatch(text.strip())
    unit = known.get(found[2].lower()) if found else None
    if found is None or unit is None:
        raise ValueError(complaint)
    amount = int(Decimal(found[1]) * int(unit.size))
    if not 0 < amount <= _MOST:
        raise ValueError(complaint)
    return amount


def rate_text(value: float, unit: str = "FLOP/s") -> str:
    """A number of operations or bytes, or a rate of them, with a decimal prefix.

    Example:
        >>> rate_text(19.5e12), rate_text(1.555e12, "B/s"), rate_text(0, "B/s"), rate_text(350, "")
        ('19.5 TFLOP/s', '1.55 TB/s', '0 B/s', '350')
    """
    if value != value:
        return "-"
    for prefix, size in (("P", 1e15), ("T", 1e12), ("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if abs(value) >= size:
            return f"{digits(value / size)} {prefix}{unit}".rstrip()
    return f"{digits(value)} {unit}".rstrip()


TIME_SOURCES = {"device": "device time", "cpu": "CPU time", "given": "time as given"}
"""Time source -> what its times are called."""
