"""Inputs of ops as Kineto writes them, by hand or from torch itself."""

import json
import tempfile
from pathlib import Path
from typing import Any

from torch.profiler import ProfilerActivity, profile
from torch.utils.flop_counter import FlopCounterMode

from samprof.trace.flops.op_inputs import INPUTS_BORDER
from samprof.trace.flops.registry import OpCost, cost_of


def text(shapes: list[Any], types: list[str] | None = None, values: list[str] | None = None) -> str:
    """Inputs as the profiler writes them; floats where there is a shape, else scalars."""
    types = types or [
        "float" if shape or not index else "Scalar" for index, shape in enumerate(shapes)
    ]
    values = values or [""] * len(shapes)
    return INPUTS_BORDER.join(map(json.dumps, (shapes, types, values)))


def counted(call: Any) -> int:
    """FLOPs by PyTorch's own counter."""
    with FlopCounterMode(display=False) as counter:
        call()
    return int(counter.get_total_flops())


def recorded(call: Any) -> list[tuple[str, str]]:
    """Name and inputs of each op, as the profiler writes them."""
    with profile(activities=[ProfilerActivity.CPU], record_shapes=True) as profiler:
        call()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "trace.json"
        profiler.export_chrome_trace(str(path))
        events = json.loads(path.read_text())["traceEvents"]
    keys = ("Input Dims", "Input type", "Concrete Inputs")
    return [
        (event["name"], INPUTS_BORDER.join(json.dumps(event["args"].get(key, [])) for key in keys))
        for event in events
        if event.get("cat") == "cpu_op"
    ]


def costs(call: Any, *names: str) -> list[OpCost | None]:
    """The cost of each op of these names that torch really calls."""
    return [
        cost_of(name, one) for name, one in recorded(call) if name.removeprefix("aten::") in names
    ]
