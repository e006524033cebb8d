"""samprof: which layers of Segment Anything scale with the batch, which do not, and why."""

import importlib
from typing import TYPE_CHECKING

import samprof.sweep  # noqa: F401 - binds the package to its name; the function then takes it
from samprof._version import __version__
from samprof.api import compare, components, load, profile, sweep
from samprof.errors import SamprofError

if TYPE_CHECKING:
    from samprof.record.recording import Recording
    from samprof.sweep.run import Run
    from samprof.trace import Trace

__all__ = [
    "Recording",
    "Run",
    "SamprofError",
    "Trace",
    "__version__",
    "compare",
    "components",
    "load",
    "profile",
    "sweep",
]
_LAZY = {
    "Recording": "samprof.record.recording",
    "Run": "samprof.sweep.run",
    "Trace": "samprof.trace",
}


def __getattr__(name: str) -> object:
    if name not in _LAZY:
        raise AttributeError(f"module 'samprof' has no attribute {name!r}")
    return getattr(importlib.import_module(_LAZY[name]), name)
