"""The second process of a reading: `python -m samprof.trace.helper TRACE DESCRIPTOR`."""

import sys
from pathlib import Path

from samprof.trace.together import help_reading

if __name__ == "__main__":
    help_reading(Path(sys.argv[1]), int(sys.argv[2]), sys.stdout.buffer)
