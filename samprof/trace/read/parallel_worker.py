"""The second process that reads a file.

Runs as `python -m samprof.trace.read.parallel_worker TRACE DESCRIPTOR`.
"""

import signal
import sys
from pathlib import Path

from samprof.processes import end_with_parent
from samprof.trace.read.parallel import run_worker

if __name__ == "__main__":
    end_with_parent(number=signal.SIGKILL)
    run_worker(Path(sys.argv[1]), int(sys.argv[2]), sys.stdout.buffer)
