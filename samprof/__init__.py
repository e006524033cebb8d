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
        text,
    )
    from samprof.record.ranges.labels import Function, ModelLabels
    from samprof.record.recording import Recording
    from samprof.sam.model.build import build_sam
    from samprof.sweeps.run.run import Run
    from samprof.sweeps.target import Target
    from samprof.trace import Trace
    from samprof.trace.ranks.ranks import Ranks

__all__ = [
    "Function",
    "ModelLabels",
    "Ranks",
    "Recording",
    "Run",
    "SamprofError",
    "Target",
    "Trace",
    "Verdict",
    "__version__",
    "build_sam",
    "compare",
    "last",
    "load",
    "measure_workload",
    "predict",
    "profile",
    "scaling",
    "sweep",
    "text",
]
_LAZY = {
    "Function": "samprof.record.ranges.labels",
    "ModelLabels": "samprof.record.ranges.labels",
    "Ranks": "samprof.trace.ranks.ranks",
    "Recording": "samprof.record.recording",
    "Run": "samprof.sweeps.run.run",
    "Target": "samprof.sweeps.target",
    "Trace": "samprof.trace",
    "Verdict": "samprof.analysis.verdict.verdict",
    "build_sam": "samprof.sam.model.build",
    **dict.fromkeys(
        (
            *("compare", "last", "load", "measure_workload", "predict", "profile", "scaling"),
            *("sweep", "text"),
        ),
        "samprof.api",
    ),
}


def __getattr__(name: str) -> object:
    if name not in _LAZY:
        raise AttributeError(f"module 'samprof' has no attribute {name!r}")
    return getattr(importlib.import_module(_LAZY[name]), name)
