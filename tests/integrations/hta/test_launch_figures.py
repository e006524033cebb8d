"""HTA's launch statistics: of the calls that it knows, the same as samprof's."""

from pathlib import Path

import pandas as pd

from tests.support.hta import figure, figures
from tests.support.tracefile import TraceFile

ITEMS = ("launches", "host time of launches", "device time", "from launch to start")


def launch_rows(table: pd.DataFrame) -> dict[str, tuple[int, int, str]]:
    found = {item: figure(table, "launch statistics", item) for item in ITEMS}
    return {item: (row["hta"], row["samprof"], row["reason"]) for item, row in found.items()}


def test_launches_that_hta_knows_are_the_same(tmp_path: Path) -> None:
    file = TraceFile()
    file.launch(1, 1_000, 500)
    file.kernel(1, 50_000, 1_234)
    # From the end of the launch at 1500 to the start of the kernel at 50000: 48500.
    assert launch_rows(figures(file.write(tmp_path / "trace.json"))) == {
        "launches": (1, 1, ""),
        "host time of launches": (500, 500, ""),
        "device time": (1_234, 1_234, ""),
        "from launch to start": (48_500, 48_500, ""),
    }


def test_launches_by_other_calls_are_the_reason_for_the_difference(tmp_path: Path) -> None:
    file = TraceFile()
    file.launch(1, 1_000, 500)
    file.kernel(1, 50_000, 1_234)
    file.launch(2, 2_000, 100, name="hipLaunchKernel")
    file.kernel(2, 60_000, 1_000)
    reason = "HTA ignores hipLaunchKernel (1)"
    assert launch_rows(figures(file.write(tmp_path / "trace.json"))) == {
        "launches": (1, 2, reason),
        "host time of launches": (500, 600, reason),
        "device time": (1_234, 2_234, reason),
        # 60000 - 2100 = 57900 more.
        "from launch to start": (48_500, 106_400, reason),
    }
