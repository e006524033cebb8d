"""What may happen to a trace on its way: each change is chosen by a random generator with a seed."""

import gzip
import json
from collections.abc import Callable
from random import Random
from typing import Any

Event = Any
_HUGE = "@9" * 3
"""Stands for an integer of 5,000 digits, which `json.dumps` does not write."""
_ABSURD: tuple[Any, ...] = (
    *(0, -1, 2**31, 2**53 + 1, 2**62, 2**63, -(2**63), 2**64, 10**30, _HUGE),
    *(1e308, -1e18, 1e-300, 0.0005, 0.1234567, float("nan"), float("inf")),
    *(True, None, "", "7", "stream 7", "\ud800", [], {}, [[]], {"a": []}),
)
_TEXTS = (
    *("", "samprof:net", "samprof:.f()", "nn.Module: A_0", "(outside)", "ProfilerStep#1"),
    *("}, {", '"', "\\", "\u202e\x1b[31m", "\u0661\u0662", "\ud83d\ude00", "x" * 5000),
)
_OTHERS: tuple[Any, ...] = (7, None, "}, {", [], {}, [{}, {}], True)
_TOKENS: tuple[bytes, ...] = (
    b'"',
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"\\",
    b"}, {",
    b"9",
    b"-",
    b".",
    b"e",
    b"\x00",
    b"null",
    b"\n",
    b"\xff",
    b'"traceEvents": [',
    b'"ts": ',
    b"]}",
    b"\xef\xbb\xbf",
    b"\x1f\x8b",
)
_DEPTHS = (3, 60, 5000)


def mutated(events: list[Event], rng: Random) -> bytes:
    """A trace file of these events after one to four changes, in any layout, perhaps compressed.

    Args:
        events: JSON objects; they stay as they are.
        rng: decides everything.
    """
    events = [dict(event) if isinstance(event, dict) else event for event in events]
    kinds = rng.choices((_OF_EVENTS, _OF_BYTES), (0.8, 0.2), k=rng.randint(1, 4))
    steps = [rng.choice(kind) for kind in kinds]
    for change in dict.fromkeys(_OF_EVENTS):
        for _ in range(steps.count(change)):
            change(events, rng)
    content = _written(events, rng)
    for damage in _OF_BYTES:
        for _ in range(steps.count(damage)):
            content = damage(content, rng)
    if rng.random() < 0.3:
        content = gzip.compress(content, 1, mtime=0)
        if rng.random() < 0.5:
            content = rng.choice(_OF_BYTES)(content, rng)
    return content


def _written(events: list[Event], rng: Random) -> bytes:
    list_ = json.dumps(
        events,
        ensure_ascii=rng.random() < 0.8,
        indent=rng.choice((None, None, 1)),
        separators=rng.choice((None, (",", ":"))),
    )
    before = rng.choice(("", '"schemaVersion": 1, ', f'"x": {_deep(rng)}, '))
    after = rng.choice(("", ', "traceName": "t"', f', "y": {json.dumps(rng.choice(_ABSURD))}'))
    text = list_ if rng.random() < 0.1 else f'{{{before}"traceEvents": {list_}{after}}}'
    text = text.replace(json.dumps(_HUGE), "9" * 5000)
    return text.encode("utf-8", "surrogatepass")


def _deep(rng: Random) -> str:
    depth = rng.choice(_DEPTHS)
    return "[" * depth + "]" * depth


def _place(events: list[Event], rng: Random) -> int:
    return rng.randrange(len(events)) if events else 0


def _drop(events: list[Event], rng: Random) -> None:
    begin = _place(events, rng)
    del events[begin : begin + rng.choice((1, 1, 5))]


def _duplicate(events: list[Event], rng: Random) -> None:
    begin = _place(events, rng)
    events[begin:begin] = events[begin : begin + rng.choice((1, 1, 5))]


def _swap(events: list[Event], rng: Random) -> None:
    one, other = _place(events, rng), _place(events, rng)
    if events:
        events[one], events[other] = events[other], events[one]


def _insert_other(events: list[Event], rng: Random) -> None:
    events.insert(_place(events, rng), rng.choice(_OTHERS))


def _reorder_keys(events: list[Event], rng: Random) -> None:
    for place, event in enumerate(events):
        if isinstance(event, dict):
            keys = list(event)
            rng.shuffle(keys)
            events[place] = {key: event[key] for key in keys}


def _change_value(events: list[Event], rng: Random) -> None:
    """Gives a key an absurd value or one of a wrong type, or removes it."""
    place = _place(events, rng)
    if not events or not isinstance(events[place], dict) or not events[place]:
        return
    event = events[place] = dict(events[place])
    key = rng.choice(list(event))
    args = event.get("args")
    if key == "args" and isinstance(args, dict) and args:
        event["args"] = args = dict(args)
        event, key = args, rng.choice(list(args))
    if rng.random() < 0.2:
        del event[key]
    else:
        event[key] = rng.choice(_TEXTS if rng.random() < 0.3 else _ABSURD)


def _nest(events: list[Event], rng: Random) -> None:
    place = _place(events, rng)
    if events and isinstance(events[place], dict):
        inner: Any = []
        for _ in range(rng.choice((3, 60, 400))):
            inner = [inner]
        events[place] = events[place] | {rng.choice(("args", "x", "name", "ts")): inner}


def _flip(content: bytes, rng: Random) -> bytes:
    place = rng.randrange(max(len(content), 1))
    flipped = bytes(byte ^ (1 << rng.randrange(8)) for byte in content[place : place + 1])
    return content[:place] + flipped + content[place + 1 :]


def _truncate(content: bytes, rng: Random) -> bytes:
    return content[: rng.randrange(len(content) + 1)]


def _delete(content: bytes, rng: Random) -> bytes:
    place = rng.randrange(len(content) + 1)
    return content[:place] + content[place + rng.choice((1, 2, 10, 500)) :]


def _insert(content: bytes, rng: Random) -> bytes:
    place = rng.randrange(len(content) + 1)
    return content[:place] + rng.choice(_TOKENS) + content[place:]


def _repeat(content: bytes, rng: Random) -> bytes:
    place = rng.randrange(len(content) + 1)
    return content[: place + rng.choice((1, 10, 500))] + content[place:]


_OF_EVENTS: tuple[Callable[[list[Event], Random], None], ...] = (
    *(_drop, _duplicate, _swap, _insert_other, _reorder_keys, _nest),
    *(_change_value, _change_value, _change_value),
)
_OF_BYTES: tuple[Callable[[bytes, Random], bytes], ...] = (
    *(_flip, _truncate, _delete, _insert, _repeat),
)
