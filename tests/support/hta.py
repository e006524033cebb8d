"""HTA's figures beside samprof's, and a trace that they count differently."""

from pathlib import Path
from typing import Any

import pandas as pd

from samprof.integrations.hta.analysis import trace_analysis
from samprof.integrations.hta.figures import figures_table
from samprof.testing import Truth
from samprof.trace import load_trace
from tests.support.tracefile import TraceFile

Made = tuple[Path, Truth, pd.DataFrame]


def figures(path: Path) -> pd.DataFrame:
    return figures_table(trace_analysis({0: path}), {0: load_trace(path)})


def figure(table: pd.DataFrame, analysis: str, item: str) -> dict[str, Any]:
    found = table[(table["analysis"] == analysis) & (table["item"] == item)]
    assert len(found) == 1
    return {str(name): value for name, value in found.iloc[0].items()}


def odd_trace(path: Path) -> Path:
    """A trace of two steps, [0, 9000) and [10000, 19000), that HTA and samprof count differently."""
    file = TraceFile()
    for number in range(2):
        file.step(number, number * 10_000, 9_000)
    kernels = {
        1: (1_000, 50_000, 1_001, "gemm"),  # launch, start, duration
        2: (11_000, 60_000, 2_003, "Memcpy HtoD (Pageable -> Device)"),
        3: (12_000, 70_000, 4_007, "mySyncThing"),
        4: (20_000, 80_000, 8_009, "gemm"),  # launched after the last step, which ends at 19000
    }
    for correlation, (launch, start, duration, name) in kernels.items():
        file.launch(correlation, launch, 500)
        file.kernel(correlation, start, duration, name=name)
    file.kernel(5, 90_000, 16_001)  # no launch
    file.launch(6, 13_000, 100, name="hipLaunchKernel")
    file.kernel(6, 100_000, 32_003)
    file.launch(6, 13_200, 100, name="cuLaunchKernel", cat="cuda_driver")  # the same id
    args = {"stream": 7, "correlation": 1}
    file.event("cuda_sync", "waiting", 40_000, 64_007, pid=0, tid=7, args=args)
    return file.write(path)
