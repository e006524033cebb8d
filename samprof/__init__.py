"""samprof: which layers of Segment Anything scale with the batch, which do not, and why."""

import importlib
from typing import TYPE_CHECKING

from samprof._version import __version__

if TYPE_CHECKING:
    from samprof.api import load, profile, sweep
    from samprof.errors import SamprofError
    from samprof.record.recording import Recording
    from samprof.sweep.run import Run
    from samprof.trace import Trace

_HOME = {
    "profile": "samprof.api",
    "load": "samprof.api",
    "sweep": "samprof.api",
    "SamprofError": "samprof.errors",
    "Recording": "samprof.record.recording",
    "Run": "samprof.sweep.run",
    "Trace": "samprof.trace",
}
__all__ = [
    "Recording",
    "Run",
    "SamprofError",
    "Trace",
    "__version__",
    "load",
    "profile",
    "sweep",
]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'samprof' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME[name]), name)
