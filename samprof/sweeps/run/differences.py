"""How the questions of two sweeps differ, in words, and what a directory is named after."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from samprof.sweeps.plan import Plan

_IN_ITS_NAME = ("factory", "model", "device", "dtype", "over", "variant")
"""What else stands in the name of a directory, or is no part of the question."""
_USUAL = Plan({}, ())
_MOST = 3
_NO_LETTER = re.compile(r"[^\w.]+")


def differences(held: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    """What two questions differ in, in words; at most three, and none where they are the same.

    Args:
        held: the question of the directory, as `Plan.identity` gives it.
        wanted: the question now.

    Example:
        >>> differences({"repeats": 2}, {"repeats": 3})
        ['repeats: 2 there, 3 now']
        >>> differences({"target": {"model": "small"}}, {"target": {"model": "small", "prompts": 8}})
        ['prompts: not given there, 8 now']
    """
    before, now = dict(_leaves(held)), dict(_leaves(wanted))
    names = [*now, *(name for name in before if name in _of_target(held))]
    found = [
        f"{name}: {_text(before.get(name))} there, {_text(now.get(name))} now"
        for name in dict.fromkeys(names)
        if before.get(name) != now.get(name)
    ]
    more = len(found) - _MOST
    return [*found[:_MOST], f"and {more} more"] if more > 0 else found


def asked_besides(plan: Plan) -> Iterator[str]:
    """The parts of a directory's name that tell this question from the usual one of the same model.

    Example:
        >>> list(asked_besides(Plan({"model": "small", "prompts": 8}, (1,), warmup=0)))
        ['prompts8', 'warmup0']
    """
    given = {k: v for k, v in plan.target.items() if k not in _IN_ITS_NAME and v is not None}
    for name in ("granularity", "repeats", "warmup"):
        if getattr(plan, name) != getattr(_USUAL, name):
            given[name] = getattr(plan, name)
    for name, value in given.items():
        yield f"{name.replace('_', '-')}{_short(value)}"


def _short(value: object) -> str:
    """A value in a file name; a path by its last part, and a digest that tells it from others."""
    text = str(value)
    if "/" in text or "\\" in text:
        digest = hashlib.sha256(text.encode(errors="replace")).hexdigest()[:4]
        return f"-{_NO_LETTER.sub('_', Path(text).stem)[:40]}.{digest}"
    return _NO_LETTER.sub("_", text)[:60]


def _leaves(values: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _leaves(value)
        else:
            yield name, value


def _of_target(held: Mapping[str, Any]) -> set[str]:
    """What only the question of the directory may name; other keys there are no part of a question."""
    target = held.get("target")
    return set(dict(_leaves(target))) if isinstance(target, Mapping) else set()


def _text(value: object) -> str:
    return "not given" if value is None else str(value)
