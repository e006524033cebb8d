"""What traces tell of the model and of the machine that they were recorded on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from samprof.sweeps.about import About
from samprof.trace import Trace


def about(trace: Trace, root: str, dtype: str, colors: Mapping[str, str]) -> About:
    """The model and the machine of a trace.

    Args:
        trace: all of it.
        root: the path of the root.
        dtype: what its products ran in.
        colors: role or component -> colour in pictures.
    """
    target = {
        "module": "",
        "name": root,
        "label": "",
        "class": class_of(trace, root),
        "device": "cuda" if trace.has_device_time else "cpu",
        "dtype": dtype,
    }
    machine = _mapping(trace.recorded.get("machine"))
    cpu = str(machine.get("cpu", ""))
    where = {
        "samprof": str(trace.recorded.get("version", "")),
        "packages": {"torch": str(machine["torch"])} if "torch" in machine else {},
        "cpu": cpu,
        "threads": machine.get("threads", ""),
        "device_name": device_name(trace) if trace.has_device_time else cpu or "CPU",
    }
    return About(target, where, colors)


def class_of(trace: Trace, root: str) -> str:
    """The class of the root; empty where it was not recorded."""
    described = _mapping(trace.recorded.get("modules")).get(root)
    return str(described[0]) if isinstance(described, list) and described else ""


def device_name(trace: Trace) -> str:
    """The name of the device, such as "NVIDIA L4"; "unknown device" where the trace has none."""
    properties = trace.metadata.get("deviceProperties")
    devices = properties if isinstance(properties, list) else []
    names = [str(_mapping(one).get("name", "")) for one in devices]
    return next(filter(None, names), "unknown device")


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
