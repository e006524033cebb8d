"""Which device activities HTA leaves out, and what it counts besides."""

from pathlib import Path

from hta.utils.utils import get_kernel_type

from samprof.integrations.hta.activities import activities
from samprof.integrations.hta.analysis import trace_analysis
from samprof.trace import load_trace
from tests.support.hta import odd_trace


def test_each_activity_that_hta_leaves_out_or_adds_has_its_reason(tmp_path: Path) -> None:
    path = odd_trace(tmp_path / "trace.json")
    found = activities(trace_analysis({0: path}), 0, load_trace(path), get_kernel_type)
    left_out = found.all[found.all["left_out"] != ""]
    assert dict(zip(left_out["dur_ns"], left_out["left_out"], strict=True)) == {
        8_009: "launched after the last marked step",
        16_001: "their launch is not in the trace",
    }
    assert sorted(found.counted["dur_ns"]) == [1_001, 2_003, 4_007, 32_003]
    assert dict(zip(found.extra["dur_ns"], found.extra["why"], strict=True)) == {
        64_007: "not device activity (cuda_sync)",
        32_003: "again, because several launch records share the correlation id",
    }
    assert found.resolution_ns == 0  # all moments are whole microseconds
