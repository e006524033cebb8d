"""Measure: module forwards named as ranges, torch.profiler, memory, environment."""

import os

# Read when torch loads: Kineto's own log is of no use to whoever profiles, and stderr is theirs.
os.environ.setdefault("KINETO_LOG_LEVEL", "99")
