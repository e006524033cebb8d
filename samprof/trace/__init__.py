"""Read a Kineto trace into numpy columns, and give its tables. No torch."""

from samprof.trace.trace import Trace, load_trace

__all__ = ["Trace", "load_trace"]
