"""Traces whose contents are known by construction, for testing code that reads traces.

`write_trace` writes a trace file such as `torch.profiler` would write for a GPU, and returns the `Truth`
about it: every sum, gap, byte and lost record that a correct reader must find in that file. What makes
real traces hard to read is switched on with `TraceOptions`.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from samprof.testing.options import Pace, TraceOptions
    from samprof.testing.truth import LayerMemory, LayerTruth, Truth
    from samprof.testing.writer import write_trace

__all__ = ["LayerMemory", "LayerTruth", "Pace", "TraceOptions", "Truth", "write_trace"]
_LAZY = {
    "LayerMemory": "truth",
    "LayerTruth": "truth",
    "Pace": "options",
    "TraceOptions": "options",
    "Truth": "truth",
    "write_trace": "writer",
}


def __getattr__(name: str) -> object:
    if name not in _LAZY:
        raise AttributeError(f"module 'samprof.testing' has no attribute {name!r}")
    return getattr(importlib.import_module(f"samprof.testing.{_LAZY[name]}"), name)
