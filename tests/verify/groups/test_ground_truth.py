"""What the ground truth compares: spans and sums of kernels, medians of long parts."""

from pathlib import Path

import pytest

from samprof.trace import load_trace
from samprof.verify.groups import ground_truth
from tests.verify.device_trace import device_trace


def test_spans_are_from_the_first_kernel_to_the_last_of_each_forward(tmp_path: Path) -> None:
    trace = load_trace(device_trace(tmp_path / "trace.json"), cache=False)
    spans, sums = ground_truth.by_samprof(trace, ("blocks.0", "neck"))
    # Step 0 only got the profiler going.
    assert spans == {"": [100_000.0] * 2, "blocks.0": [55_000.0] * 2, "neck": [40_000.0] * 2}
    assert sums == {"": [90_000.0] * 2, "blocks.0": [50_000.0] * 2, "neck": [40_000.0] * 2}


def test_differences_are_of_medians_and_of_long_parts_only() -> None:
    events = {"a": [200_000.0, 100_000.0, 900_000.0], "short": [99_999.0], "unseen": [2e5]}
    found = {"a": [201_000.0], "short": [50_000.0]}
    assert ground_truth.differences(found, events) == {"a": pytest.approx(0.5)}
