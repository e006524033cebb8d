"""The layer tables of all recorded forwards of a run, in long form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from samprof.sweeps.run.stored.point import Point
from samprof.sweeps.run.tables.conditions import Conditions

if TYPE_CHECKING:
    import pandas as pd


def layers_table(
    points: Sequence[Point], states: Sequence[str], conditions: Conditions
) -> pd.DataFrame:
    """One row per recorded forward and layer; see `Run.layers`.

    Args:
        points: of the run.
        states: of the machine, by the number of the process.
        conditions: of the machine.
    """
    import pandas as pd

    samples = [sample for point in points for sample in point.samples]
    frames = []
    for process, sample in enumerate(samples):
        if sample.layers:
            table = sample.frame(sample.layers)
            table.insert(3, "process", process)
            table.insert(4, "state", states[process])
            forwards = conditions.recorded(sample)
            clean, slowness = forwards.clean, forwards.slowness
            table["clean"] = [clean[one] or not any(clean) for one in table["repeat"]]
            table["slowness"] = [slowness[one] for one in table["repeat"]]
            frames.append(table)
    if not frames:
        return pd.DataFrame()
    table = pd.concat(frames, ignore_index=True)
    on_device = table["time_source"] == "device"
    for name, source in (("time_ns", "total_ns"), ("self_ns", "self_ns")):
        table[name] = table[f"device_{source}"].where(on_device, table[f"cpu_{source}"])
    return table
