"""One event as written in the file: the usual form for msgspec, and a lenient reading of others."""

import json
import re
from typing import Annotated, Any

import msgspec

from samprof.trace.model.events import ABSENT

CPU_DEVICE_TYPE = 0
_Int64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
_NOTHING = msgspec.Raw(b"")
_SURROGATE = re.compile("[\ud800-\udfff]")


class Args(msgspec.Struct, gc=False):
    """The arguments that attribution needs, of all kinds of events."""

    correlation: _Int64 = ABSENT
    device: Any = None
    stream: Any = None
    sequence: _Int64 = msgspec.field(name="Sequence number", default=ABSENT)
    forward_thread: _Int64 = msgspec.field(name="Fwd thread id", default=ABSENT)
    size: _Int64 = msgspec.field(name="Bytes", default=0)
    total: _Int64 = msgspec.field(name="Total Allocated", default=0)
    device_type: _Int64 = msgspec.field(name="Device Type", default=CPU_DEVICE_TYPE)
    device_id: _Int64 = msgspec.field(name="Device Id", default=-1)
    dims: msgspec.Raw = msgspec.field(name="Input Dims", default=_NOTHING)
    types: msgspec.Raw = msgspec.field(name="Input type", default=_NOTHING)
    values: msgspec.Raw = msgspec.field(name="Concrete Inputs", default=_NOTHING)


class NodeArgs(Args, gc=False):
    """The same where activities are nodes of a graph: with id, and torch's annotation of the node."""

    node: Any = msgspec.field(name="graph node id", default=None)
    annotation: Any = msgspec.field(name="name", default=None)


_NO_ARGS = NodeArgs()


class Event(msgspec.Struct, gc=False):
    """One element of traceEvents; `ts` and `dur` stay digits."""

    ph: str = ""
    cat: str | None = None
    name: str = ""
    pid: int | float | str | None = None
    tid: int | float | str | None = None
    ts: msgspec.Raw = msgspec.Raw(b"")
    dur: msgspec.Raw = msgspec.Raw(b"")
    id: Any = None
    args: Args = msgspec.field(default_factory=lambda: _NO_ARGS)


class NodeEvent(Event, gc=False):
    """The same where activities are nodes of a graph."""

    args: NodeArgs = msgspec.field(default_factory=lambda: _NO_ARGS)


class WholeEvent(Event, gc=False):
    """The same if all times are whole microseconds, as Kineto wrote them until 2024.

    Integers are exact as they are; their digits need no parsing.
    """

    ts: int = ABSENT  # type: ignore[assignment]
    dur: int = ABSENT  # type: ignore[assignment]


class _Digits(str):
    """A number with decimals or an exponent, as written."""

    __slots__ = ()


_AS_WRITTEN: dict[str, Any] = {"parse_float": _Digits, "parse_constant": str}


def parsed_int(digits: str) -> int | None:
    """The integer of a JSON text; None if it has more digits than Python reads (4,300)."""
    try:
        return int(digits)
    except ValueError:
        return None


def lenient_event(element: bytes) -> Event | None:
    """An event with control characters, broken UTF-8 or values of an odd type; None if it is none."""
    text = element.decode("utf-8", "replace")
    try:
        raw = json.loads(text, strict=False, parse_int=parsed_int, **_AS_WRITTEN)
    except (ValueError, RecursionError):
        return None
    if not isinstance(raw, dict):
        return None
    args = raw.get("args")
    args = args if isinstance(args, dict) else {}
    return NodeEvent(
        ph=str(raw.get("ph", "")),
        cat=str(raw["cat"]) if raw.get("cat") is not None else None,
        name=_SURROGATE.sub("\ufffd", str(raw.get("name", ""))),
        pid=_identity(raw.get("pid")),
        tid=_identity(raw.get("tid")),
        ts=msgspec.Raw(_digits(raw.get("ts"))),
        dur=msgspec.Raw(_digits(raw.get("dur"))),
        id=raw.get("id"),
        args=NodeArgs(
            correlation=_or(args.get("correlation"), ABSENT),
            device=args.get("device"),
            stream=args.get("stream"),
            sequence=_or(args.get("Sequence number"), ABSENT),
            forward_thread=_or(args.get("Fwd thread id"), ABSENT),
            size=_or(args.get("Bytes"), 0),
            total=_or(args.get("Total Allocated"), 0),
            device_type=_or(args.get("Device Type"), CPU_DEVICE_TYPE),
            device_id=_or(args.get("Device Id"), -1),
            node=args.get("graph node id"),
            annotation=args.get("name"),
            dims=_json(args.get("Input Dims")),
            types=_json(args.get("Input type")),
            values=_json(args.get("Concrete Inputs")),
        ),
    )


def integer(value: object) -> int | None:
    """The integer that a JSON value stands for, `"stream 7"` and `7.0` included.

    Example:
        >>> integer("stream 7"), integer(7.0), integer(7.5), integer("seven"), integer(2**70)
        (7, 7, None, None, None)
    """
    if isinstance(value, _Digits):
        value = float(value)
    elif isinstance(value, str):
        value = value.rsplit(" ", maxsplit=1)[-1]
    try:
        number = int(value)  # type: ignore[call-overload]
    except (TypeError, ValueError, OverflowError):
        return None
    if isinstance(value, float) and number != value:
        return None
    return int(number) if abs(number) < 2**63 else None


def _json(value: object) -> msgspec.Raw:
    return _NOTHING if value is None else msgspec.Raw(json.dumps(value).encode())


def _or(value: object, default: int) -> int:
    number = integer(value)
    return default if number is None else number


def _identity(value: object) -> int | float | str:
    if isinstance(value, _Digits):
        return float(value)
    return value if type(value) is int else str(value)


def _digits(value: object) -> bytes:
    return str(value).encode() if type(value) in (int, _Digits) else b""
