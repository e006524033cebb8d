"""What traces tell of the model and of the machine that they were recorded on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from samprof.sweeps.about import About
from samprof.trace import Trace
from samprof.trace.tables.origin import origin_of


def about(trace: Trace, root: str, colors: Mapping[str, str]) -> About:
    """The model and the machine of a trace.

    Args:
        trace: all of it.
        root: the path of the root.
        colors: role or component -> colour in pictures.
    """
    origin = origin_of(trace)
    target = {
        "module": "",
        "name": root,
        "label": "",
        "class": class_of(trace, root),
        "device": "cuda" if trace.has_device_time else "cpu",
        "dtype": origin.dtype,
    }
    device = origin.device if trace.has_device_time else origin.cpu or "CPU"
    where = {
        "samprof": str(trace.recorded.get("version", "")),
        "packages": {"torch": origin.torch} if origin.torch else {},
        "cpu": origin.cpu,
        "cuda": origin.software,
        "threads": _mapping(trace.recorded.get("machine")).get("threads", ""),
        "device_name": device or "unknown device",
    }
    return About(target, where, colors)


def class_of(trace: Trace, root: str) -> str:
    """The class of the root; empty where it was not recorded."""
    described = _mapping(trace.recorded.get("modules")).get(root)
    return str(described[0]) if isinstance(described, list) and described else ""


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
