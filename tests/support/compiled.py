"""A hand-made trace of a compiled module: what samprof notes of its kernels, and calls of its graph."""

from typing import Any

from tests.support.tracefile import TraceFile

KEY = "fkey"
LAYERS = [["", ""], ["blocks.0", "Block"], ["blocks.0.norm", "Norm"], ["head", "Linear"]]
KERNELS = [
    ["cpp_fused_add_0", [0]],
    ["aten::addmm", [2]],
    ["cpp_fused_add_norm_1", [1, 2]],
    ["aten::addmm", [3]],
    ["cpp_fused_all_2", [1, 3]],
    ["aten::mm", []],
]
"""Of the root itself; a layer; it and its block; another layer; a block and a layer; no known one."""
MODULES = {
    "net": ["Net", "whole"],
    "net.blocks.0": ["Block", "block"],
    "net.blocks.0.norm": ["Norm", "block"],
    "net.head": ["Linear", "head"],
}
INSIDE = {"blocks": "ModuleList", "blocks.0": "Block", "blocks.0.norm": "Norm", "head": "Linear"}
DURATIONS = (1, 20, 300, 4_000, 50_000, 600_000)
CALL = 1_000_000
"""A call of the graph, in ns: what no kernel takes of it is the rest."""


def recorded(**changes: Any) -> dict[str, Any]:
    """What samprof writes into the trace."""
    compiled = {KEY: {"layers": LAYERS, "kernels": KERNELS}}
    return {"modules": MODULES, "inside": {"net": INSIDE}, "compiled": compiled, **changes}


def compiled_file(
    calls: int = 1, names: list[str] | None = None, key: str = KEY, **changes: Any
) -> TraceFile:
    """A trace of calls of `net`, each of which calls the graph once.

    Args:
        calls: how many.
        names: of what runs in each; by default the kernels as the profiler names them.
        key: of the graph that is called.
        changes: to the metadata.
    """
    file = TraceFile()
    file.metadata["samprof"] = recorded(**changes)
    ran = [name for name, _ in KERNELS] if names is None else names
    for number in range(calls):
        start = 10_000_000 * number
        file.range("net", start, 2 * CALL)
        file.op("Torch-Compiled Region: 0/0", start + 10, CALL + 200)
        file.annotation(f"## Call CompiledFxGraph {key} ##", start + 100, CALL)
        moment = start + 200
        for name, dur in zip(ran, DURATIONS, strict=False):
            shown = f"graph_{number}_{name}" if name.startswith("cpp_") else name
            file.op(shown, moment, dur)
            moment += dur + 10
    return file
