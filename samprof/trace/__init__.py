"""Read: Kineto JSON to numpy columns, and from there to the owners of device time. No torch."""

from samprof.trace.read import load_trace
from samprof.trace.trace import Trace

__all__ = ["Trace", "load_trace"]
