"""Where a trace was recorded: its devices, the versions of their software, the dtypes of the work."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from samprof.trace.flops.op_inputs import Inputs
from samprof.trace.model.sums import grouped_sum
from samprof.trace.tables.op_costs import op_costs

if TYPE_CHECKING:
    from samprof.trace.model.data import TraceData

NO_DEVICE = "no device activity"
_DTYPES = {
    "float": "float32",
    "c10::Half": "float16",
    "c10::BFloat16": "bfloat16",
    "double": "float64",
    "c10::Float8_e4m3fn": "float8_e4m3fn",
    "c10::Float8_e5m2": "float8_e5m2",
}
_AND = " and "
_LEAST_SHARE = 0.01
"""Dtypes in which less than this part of the matrix products is computed are not named."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a trace was recorded; empty texts for what the file does not say.

    Attributes:
        device: names of the devices that were active, or `NO_DEVICE`.
        dtype: what matrix products ran in, the most FLOPs first, where shapes were recorded.
        software: the version of CUDA or HIP.
        torch, cpu: the version of torch and the CPU, where samprof recorded the trace.
    """

    device: str
    dtype: str
    software: str
    torch: str = ""
    cpu: str = ""

    @property
    def main_dtype(self) -> str:
        """The one that most FLOPs ran in."""
        return self.dtype.partition(_AND)[0]


def origin_of(trace: TraceData) -> Origin:
    """Where a trace was recorded; see `Origin`."""
    machine = trace.recorded.get("machine")
    torch, cpu = (
        str(machine.get(name, "")) if isinstance(machine, dict) else "" for name in ("torch", "cpu")
    )
    return Origin(_device(trace), _AND.join(_dtypes(trace)), _software(trace), torch, cpu)


def _device(trace: TraceData) -> str:
    if not trace.has_device_time:
        return NO_DEVICE
    active = set(np.unique(trace.events.device[trace.launches().activity]).tolist())
    found = trace.metadata.get("deviceProperties")
    devices = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
    names = [one["name"] for one in devices if one.get("id") in active and _is_name(one)]
    return _AND.join(dict.fromkeys(names))


def _is_name(device: dict[str, Any]) -> bool:
    name = device.get("name")
    return isinstance(name, str) and bool(name.strip())


def _dtypes(trace: TraceData) -> list[str]:
    costs = op_costs(trace)
    if costs is None:
        return []
    multiplies = costs.matrix_flops > 0
    given = trace.events.inputs[trace.launches().ops.rows[multiplies]]
    codes, which = np.unique(given, return_inverse=True)
    sums = grouped_sum(len(codes), which, costs.matrix_flops[multiplies])
    flops: Counter[str] = Counter()
    for code, count in zip(codes.tolist(), sums.tolist(), strict=True):
        types = Inputs.of(trace.inputs[code]).types  # without them there would be no FLOPs
        flops.update({_DTYPES[one]: count for one in types[:1] if one in _DTYPES})
    least = _LEAST_SHARE * flops.total()
    return [dtype for dtype, count in flops.most_common() if count >= least]


def _software(trace: TraceData) -> str:
    for key, name, major in (
        ("cuda_runtime_version", "CUDA", 1_000),
        ("hip_runtime_version", "HIP", 10_000_000),
    ):
        version = trace.metadata.get(key)
        if isinstance(version, int) and version >= major:
            # 12040 is CUDA 12.4; 60443483 is HIP 6.4.43483.
            minor = version % major // (major // 100)
            return f"{name} {version // major}.{minor}"
    return ""
