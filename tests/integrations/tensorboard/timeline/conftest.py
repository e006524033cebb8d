"""A generated trace with all that makes tracks: two threads, streams, a backward pass."""

from pathlib import Path

import pytest

from samprof.integrations.tensorboard.timeline.tracks import Timeline, timeline_of
from samprof.testing import TraceOptions, write_trace
from samprof.trace import Trace, load_trace


@pytest.fixture(scope="session")
def trace(tmp_path_factory: pytest.TempPathFactory) -> Trace:
    path = Path(tmp_path_factory.mktemp("traces")) / "trace.json"
    write_trace(path, 4400, TraceOptions(backward=True, two_threads=True, outside=True))
    return load_trace(path)


@pytest.fixture(scope="session")
def timeline(trace: Trace) -> Timeline:
    return timeline_of(trace)
