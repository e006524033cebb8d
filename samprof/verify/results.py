"""Everything that a verification found, and the files that hold it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from samprof.files import written_whole
from samprof.verify.check import Check


@dataclass
class Results:
    """Everything found so far, and its file.

    Attributes:
        path: results.json, written whole after every case.
        about: how it was run, and where.
        checks: in the order in which they ran.
        details: group -> what was measured -> the figures behind the checks.
    """

    path: Path
    about: dict[str, Any]
    checks: list[Check] = field(default_factory=list)
    details: dict[str, dict[str, Any]] = field(default_factory=dict)

    def write(self) -> None:
        """Writes results.json, and checks.txt beside it."""
        data = {
            "schema": 2,
            **self.about,
            "checks": [check.as_dict() for check in self.checks],
            "details": self.details,
        }
        lines = "".join(f"{check.line()}\n" for check in self.checks)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with written_whole(self.path) as file:
            file.write(json.dumps(_plain(data), indent=1, allow_nan=False).encode())
        with written_whole(self.path.with_name("checks.txt")) as file:
            file.write(lines.encode())


def _plain(value: Any) -> Any:
    """The value as JSON holds it: numbers of numpy and pandas as plain ones, non-finite ones as null."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if value is None or isinstance(value, str | int | float) else str(value)
