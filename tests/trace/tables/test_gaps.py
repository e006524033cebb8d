"""Gaps on the device: how long, and whether the activity after waited for its launch."""

from pathlib import Path

from samprof.trace.tables.gaps import PROMPT_NS, find_gaps
from tests.support.tables import opened
from tests.support.tracefile import TraceFile


def test_a_gap_waits_for_the_launch_if_the_next_kernel_started_at_once(tmp_path: Path) -> None:
    file = TraceFile()
    file.range("net", 0, 100_000)
    # Launched at 0, 50 us and 60 us; the third is queued behind the second.
    for correlation, launched, started, lasts in (
        (1, 0, 8_000, 10_000),
        (2, 50_000, 58_500, 20_000),
        (3, 60_000, 80_000, 5_000),
    ):
        file.launch(correlation, launched)
        file.kernel(correlation, started, lasts)
    trace = opened(file, tmp_path)
    gaps = find_gaps(trace)
    # 18 to 58.5 us, and 78.5 to 80; the third started 20 us after its launch, the promptest after 8.
    assert gaps.gap_ns.tolist() == [0, 40_500, 1_500]
    assert gaps.launch_ns.tolist() == [0, 40_500, 0]
    assert 8_000 + PROMPT_NS < 20_000
    row = trace.layers().set_index("path").loc["net"]
    assert (row["device_gap_ns"], row["launch_gap_ns"]) == (42_000, 40_500)


def test_gaps_do_not_depend_on_the_clocks(tmp_path: Path) -> None:
    def gaps(skew: int) -> tuple[list[int], list[int]]:
        file = TraceFile()
        file.range("net", 0, 100_000)
        for correlation, launched, started in ((1, 0, 8_000), (2, 50_000, 58_500)):
            file.launch(correlation, launched)
            file.kernel(correlation, started + skew, 10_000)
        found = find_gaps(opened(file, tmp_path))
        return found.gap_ns.tolist(), found.launch_ns.tolist()

    assert gaps(0) == gaps(123_456) == gaps(-40_000)


def test_gaps_between_steps_are_not_counted(tmp_path: Path) -> None:
    file = TraceFile()
    for step in (0, 1):
        file.step(step, step * 1000, 500)
        file.range("net", step * 1000, 400)
        file.launch(step, step * 1000 + 10)
        file.kernel(step, step * 1000 + 20, 50)
    assert find_gaps(opened(file, tmp_path)).gap_ns.tolist() == [0, 0]
