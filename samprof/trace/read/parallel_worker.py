"""The second process that reads a file.

Runs as `python -m samprof.trace.read.parallel_worker TRACE DESCRIPTOR`.
"""

import sys
from pathlib import Path

from samprof.trace.read.parallel import run_worker

if __name__ == "__main__":
    run_worker(Path(sys.argv[1]), int(sys.argv[2]), sys.stdout.buffer)
