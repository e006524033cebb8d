"""samprof: which layers of Segment Anything scale with the batch, which do not, and why."""

import importlib
from typing import TYPE_CHECKING

from samprof._version import __version__
from samprof.errors import SamprofError

if TYPE_CHECKING:
    from samprof.analysis.verdict.verdict import Verdict
    from samprof.api import (
        compare,
        last,
        load,
        measure_workload,
        predict,
        profile,
        scaling,
        sweep,
    )
    from samprof.record.recording import Recording
    from samprof.sweeps.run.run import Run
    from samprof.trace import Trace
    from samprof.trace.ranks.ranks import Ranks

__all__ = [
    "Ranks",
    "Recording",
    "Run",
    "SamprofError",
    "Trace",
    "Verdict",
    "__version__",
    "compare",
    "last",
    "load",
    "measure_workload",
    "predict",
    "profile",
    "scaling",
    "sweep",
]
_LAZY = {
    "Ranks": "samprof.trace.ranks.ranks",
    "Recording": "samprof.record.recording",
    "Run": "samprof.sweeps.run.run",
    "Trace": "samprof.trace",
    "Verdict": "samprof.analysis.verdict.verdict",
    **dict.fromkeys(
        (
            *("compare", "last", "load", "measure_workload", "predict", "profile", "scaling"),
            "sweep",
        ),
        "samprof.api",
    ),
}


def __getattr__(name: str) -> object:
    if name not in _LAZY:
        raise AttributeError(f"module 'samprof' has no attribute {name!r}")
    return getattr(importlib.import_module(_LAZY[name]), name)
