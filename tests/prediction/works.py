"""Tables of ops as `work_of` gives them, made by hand."""

from typing import Any

import pandas as pd

from samprof.prediction.devices import Device
from samprof.prediction.work import COLUMNS

PLAIN = Device(
    name="plain",
    title="Plain 1",
    cores=100,
    flops_per_s={"float32": 1e13, "tf32": 8e13, "bfloat16": 1e14},
    bytes_per_s=1e12,
    memory_bytes=10 * 2**30,
    cache_bytes=2**20,
)
"""10 TFLOP/s and 1 TB/s: 10 FLOPs take a picosecond, and so does a byte."""


def work(*rows: dict[str, Any]) -> pd.DataFrame:
    """One row per op; what is left out is that of an elementwise op in float32 that was not measured."""
    usual = {
        "op": "aten::add",
        "kind": "elementwise",
        "dtype": "float32",
        **dict.fromkeys(("flops", "bytes", "batch", "m", "n", "time_ns"), 0),
        "kernels": 1,
    }
    table = pd.DataFrame([usual | {"row": place} | row for place, row in enumerate(rows)])
    return table[list(COLUMNS)]
