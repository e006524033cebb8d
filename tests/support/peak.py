"""How much memory reading a trace takes: a program, so that the process holds nothing else.

    python -m tests.support.peak WARM-UP.json TRACE.json

prints, as JSON, the outcome (the number of events and the notes, or the error) and the peak in MiB above
what a process holds that has read the first trace.
"""

import json
import re
import sys
from pathlib import Path

from samprof.errors import SamprofError
from samprof.trace import load_trace

STATUS = Path("/proc/self/status")


def peak_mib() -> float:
    """The most that this process ever held (`ru_maxrss` would begin with that of its parent)."""
    found = re.search(r"VmHWM:\s+(\d+) kB", STATUS.read_text())
    assert found is not None
    return int(found[1]) / 1024


def main() -> None:
    warm_up, path = sys.argv[1:]
    load_trace(warm_up)
    before = peak_mib()
    try:
        trace = load_trace(path)
        outcome: list[object] = [len(trace.events), *trace.notes]
    except SamprofError as error:
        outcome = [str(error)]
    json.dump({"outcome": outcome, "mib": peak_mib() - before}, sys.stdout)


if __name__ == "__main__":
    main()
