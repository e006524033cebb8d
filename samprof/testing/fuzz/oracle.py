"""The plain reader: stdlib JSON and the shortest sums that tell whether another reader is right."""

import gzip
import io
import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Any

_DEVICE = {"kernel", "concurrent_kernel", "mtia_ccp_events", "hpu_op"}
_DEVICE |= {"gpu_memcpy", "memcpy", "gpu_memset", "memset"}
_LAUNCH = re.compile(r"(cu|cuda|hip|musa|xpu|mtia)\w*Launch\w*Kernel", re.IGNORECASE)
_LEAST_ODD = 2**62
_MOST = Decimal(2**62 - 1).scaleb(-3)
_NANOSECOND = Decimal("0.001")


@dataclass(frozen=True, slots=True)
class Sums:
    """What a trace holds, by the plain reader.

    Attributes:
        activities: how many device activities.
        device_ns: their durations, summed.
        lost: kernel launches whose correlation id no device activity has, or that have none; None where
            an id is not an integer, so that readers may differ.
    """

    activities: int
    device_ns: int
    lost: int | None


def sums_of(content: bytes) -> Sums | None:
    """The sums of a trace file; None if plain JSON cannot read it, or it is no trace."""
    try:
        plain = _plain(content)
        document = json.loads(
            plain.decode("utf-8-sig", "replace"),
            strict=False,
            parse_float=_number,
            parse_int=_number,
            parse_constant=lambda _: None,
        )
    except (OSError, EOFError, zlib.error, ValueError, RecursionError):
        return None
    events = document.get("traceEvents") if isinstance(document, dict) else document
    return _sums([*_lasting(events)]) if isinstance(events, list) else None


def _plain(content: bytes) -> bytes:
    if not content.startswith(b"\x1f\x8b"):
        return content
    return gzip.GzipFile(fileobj=io.BytesIO(content)).read()


def _number(digits: str) -> Decimal | None:
    try:
        return Decimal(digits)
    except InvalidOperation:
        return None


def _lasting(events: list[Any]) -> Iterator[tuple[str, str, int, Any]]:
    """Category, name, duration and correlation id of each event that lasts and has a start."""
    for event in events:
        if isinstance(event, dict) and str(event.get("ph")) == "X":
            start, duration = _nanoseconds(event.get("ts")), _nanoseconds(event.get("dur"))
            args = event.get("args")
            link = args.get("correlation") if isinstance(args, dict) else None
            if start is not None:
                category = str(event.get("cat")).lower()
                yield category, str(event.get("name", "")), max(duration or 0, 0), link


def _nanoseconds(value: Any) -> int | None:
    # Not abs(), which rounds to the context and may overflow.
    if not isinstance(value, Decimal) or not value.is_finite() or value.copy_abs() > _MOST:
        return None
    return int(value.quantize(_NANOSECOND, rounding=ROUND_HALF_EVEN).scaleb(3))


def _sums(lasting: list[tuple[str, str, int, Any]]) -> Sums:
    active = [(duration, link) for category, _, duration, link in lasting if category in _DEVICE]
    launches = [
        link
        for category, name, _, link in lasting
        if ("runtime" in category or "driver" in category) and _LAUNCH.match(name)
    ]
    known = {link for _, link in active if link is not None and _is_plain(link)}
    certain = all(_is_plain(link) for link in (*launches, *(link for _, link in active)))
    lost = sum(link not in known for link in launches) if certain else None
    return Sums(len(active), sum(duration for duration, _ in active), lost)


def _is_plain(link: Any) -> bool:
    return link is None or (
        isinstance(link, Decimal)
        and link == link.to_integral_value()
        and link.copy_abs() < _LEAST_ODD
    )
