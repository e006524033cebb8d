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
    # Other keys of the directory are no part of a question.
    paths = [*now, *(path for path in before if path[0] == "target")]
    found = [
        f"{path[-1]}: {_text(before.get(path))} there, {_text(now.get(path))} now"
        for path in dict.fromkeys(paths)
        if before.get(path) != now.get(path)
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


def _leaves(values: Mapping[str, Any], *around: str) -> Iterator[tuple[tuple[str, ...], object]]:
    """Each value that is no mapping, with the names of what it stands in and its own."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, *around, name)
        else:
            yield (*around, name), value


def _text(value: object) -> str:
    return "not given" if value is None else str(value)
