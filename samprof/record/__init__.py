"""Recording: module forwards named as ranges, torch.profiler, memory, environment."""

import os

# Read when torch loads. Kineto's own log does not help users, and stderr is theirs.
os.environ.setdefault("KINETO_LOG_LEVEL", "99")
