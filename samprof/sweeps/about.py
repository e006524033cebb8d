"""What is measured and where, as plain data for the run directory."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class About:
    """What a sweep measures, and where.

    Attributes:
        target: what tells the target from others.
        environment: versions, machine and device.
        colors: role or component -> colour in pictures.
    """

    target: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, Any] = field(default_factory=dict)
    colors: Mapping[str, str] = field(default_factory=dict)
