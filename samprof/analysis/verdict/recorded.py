"""Whether forwards whose layers were recorded gain as much from larger sizes as timed ones."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from samprof.analysis.scaling.axis import Axis
from samprof.analysis.scaling.scaling import times_by_size, whole_of
from samprof.analysis.statistics.classes import BAND
from samprof.analysis.verdict.wording import interval_text, ratio_text


@dataclass(frozen=True, slots=True)
class Apart:
    """Speed-ups of the whole that differ beyond doubt, from the smallest to the largest size.

    Attributes:
        size: the largest.
        recorded, recorded_low, recorded_high: of the layers' times, with its 95 % interval.
        timed: of the forwards without the profiler.
        on_device: whether the layers' times are those of a device.
    """

    size: int
    recorded: float
    recorded_low: float
    recorded_high: float
    timed: float
    on_device: bool

    def why_unjudged(self, axis: Axis) -> str:
        """Why no layer is judged; empty for times of a device, which no profiler makes longer."""
        if self.on_device:
            return ""
        return (
            f"under the profiler {axis.text(self.size)} ran at {self._measured()}, and without it at "
            f"{ratio_text(self.timed)}"
        )

    def sentence(self, axis: Axis) -> str:
        """Where a speed-up comes from that the device's own time does not show."""
        if not self.on_device:
            return ""
        return (
            f"In the device's own time {axis.text(self.size)} runs at {self._measured()}: "
            "the difference lies between its kernels, not in them."
        )

    def _measured(self) -> str:
        return (
            f"{ratio_text(self.recorded)} ({interval_text(self.recorded_low, self.recorded_high)})"
        )


def apart(layers: pd.DataFrame, speedups: pd.DataFrame, axis: Axis) -> Apart | None:
    """Recorded and timed speed-up of the whole, where they differ beyond doubt; else None.

    Args:
        layers: as `Run.layers` gives them, of one variant, clean and of one state.
        speedups: as `samprof.analysis.verdict.whole.whole_speedups` gives them.
        axis: what the sizes count.
    """
    if layers.empty:
        return None
    whole = times_by_size(whole_of(layers), axis).set_index("size")
    timed = speedups.set_index("size")
    shared = [size for size in timed.index if size in whole.index]
    if len(shared) < 2 or shared[0] != whole.index[0] or shared[0] != timed.index[0]:
        return None
    one, other = whole.loc[shared[-1]], timed.loc[shared[-1]]
    disjoint = (
        one["speedup_low"] > other["speedup_high"] or one["speedup_high"] < other["speedup_low"]
    )
    ratio = one["speedup"] / other["speedup"]
    if not disjoint or 1 / BAND <= ratio <= BAND:
        return None
    return Apart(
        size=int(shared[-1]),
        recorded=float(one["speedup"]),
        recorded_low=float(one["speedup_low"]),
        recorded_high=float(one["speedup_high"]),
        timed=float(other["speedup"]),
        on_device="device" in set(layers["time_source"]),
    )
