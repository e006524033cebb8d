"""The samples of a run as a table: what each process measured, in which state of the machine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from samprof.analysis.statistics.cpu_speed import is_slowed, slow_rounds
from samprof.analysis.statistics.states import why_not_clean
from samprof.sweeps.run.tables import gpu_seen
from samprof.sweeps.run.tables.conditions import Conditions, ForwardConditions, conditions_of

if TYPE_CHECKING:
    import pandas as pd

    from samprof.sweeps.run.stored.point import Point
    from samprof.sweeps.run.stored.sample import Sample

_MACHINE = ("foreign_share", "pressure", "steal_share")
_COLUMNS = [
    "size",
    "variant",
    "round",
    "process",
    "timed",
    "recorded",
    "status",
    "allocator",
    "units",
    "wall_ns",
    "recorded_wall_ns",
    "time_ns",
    "faults_per_unit",
    "system_share",
    "involuntary_switches",
    "speed",
    "latency_before_ns",
    "latency_after_ns",
    *_MACHINE,
    "gpu_mhz",
    "gpu_processes",
    "energy_per_unit_j",
    "power_w",
    "state",
    "clean",
    "why",
]


def samples_table(points: Sequence[Point]) -> pd.DataFrame:
    """One row per sample, in the order of the points and of time.

    Returns:
        Columns size, variant, round, process (a number for each process of the run), timed, recorded
        (what it holds), status, allocator, units, wall_ns, recorded_wall_ns and time_ns (median of
        its forwards that count, or of all where none does), faults_per_unit (page
        faults per unit of work), system_share (of the CPU time of its timed forwards),
        involuntary_switches (per forward), speed (of the CPUs, 1 is usual), latency_before_ns,
        latency_after_ns (between two CPUs, around the sample or those of its forwards that count),
        foreign_share, pressure, steal_share (see `MachineMonitor`), gpu_mhz (clock of the GPU while it
        worked), gpu_processes (others on it), energy_per_unit_j, power_w (see
        `samprof.sweeps.measure.machine.energy`), state (of the machine; empty where it has one), clean
        (whether it counts), why (it does not).
    """
    import pandas as pd

    samples = [sample for point in points for sample in point.samples]
    conditions = conditions_of(samples)
    rows = [_row(sample, conditions) for sample in samples]
    table = pd.DataFrame(rows, columns=_COLUMNS)
    table = table.astype(dict.fromkeys(("timed", "recorded"), bool))
    table["process"] = np.arange(len(table))
    names = ("foreign_share", "pressure", "state")
    slowed = ([row[name] for row in rows] for name in ("slowed_to", "gpu_slowed"))
    told = (*(table[name] for name in names), *slowed, table["steal_share"])
    measured = zip(*told, strict=True)
    table["why"] = pd.Series([why_not_clean(*values) for values in measured], dtype=object)
    table["clean"] = (table["why"] == "").astype(bool)
    in_turns = pd.Series([sample.turns > 0 for sample in samples], dtype=bool)
    for kind, time in (("timed", "wall_ns"), ("recorded", "recorded_wall_ns")):
        _drop_slow_rounds(table, in_turns, kind, time)
    return table


def _drop_slow_rounds(table: pd.DataFrame, in_turns: pd.Series, kind: str, time: str) -> None:
    """Marks what is clean by every probe and still slow as a whole round.

    Without probes all count, and so does what was taken in turns, where all sizes are slowed alike.
    """
    probed = (table["foreign_share"].notna() | table["speed"].notna()) & ~in_turns
    good = table[probed & table["clean"] & table[kind] & (table["status"] == "ok")]
    for _, rows in good.groupby(["variant", "state"]):
        times = rows[["size", "round"]].assign(time_ns=rows[time])
        for number, factor in slow_rounds(times).items():
            slow = rows.index[rows["round"] == number]
            table.loc[slow, "why"] = f"the whole round took {factor:.2f}x as long as usual"
            table.loc[slow, "clean"] = False


def _row(sample: Sample, conditions: Conditions) -> dict[str, Any]:
    timed, recorded = conditions.timed(sample), conditions.recorded(sample)
    speed = conditions.speed_of(sample)
    latency_before, latency_after = conditions.latency_of(sample)
    units = sample.units or 1.0
    user, system = (sample.usage.get(name, np.nan) for name in ("user_s", "system_s"))
    machine = sample.machine
    return {
        "size": sample.size,
        "variant": sample.variant,
        "round": sample.round,
        "timed": sample.is_timed,
        "recorded": sample.is_recorded,
        "status": sample.status,
        "allocator": sample.allocator,
        "units": sample.units,
        "wall_ns": _median(sample.wall_ns, timed),
        "recorded_wall_ns": _median(sample.recorded_wall_ns, recorded),
        "time_ns": _median(sample.time_ns, recorded),
        "faults_per_unit": sample.usage.get("minor_faults", np.nan) / units,
        "system_share": system / (user + system) if user + system > 0 else np.nan,
        "involuntary_switches": sample.usage.get("involuntary_switches", np.nan),
        "speed": speed,
        "slowed_to": speed if is_slowed(timed.fast) or is_slowed(recorded.fast) else None,
        "latency_before_ns": latency_before,
        "latency_after_ns": latency_after,
        "state": conditions.state_of(sample),
        **{name: machine.get(name, np.nan) for name in _MACHINE},
        "gpu_mhz": gpu_seen.sm_mhz(sample),
        "gpu_processes": gpu_seen.other_processes(sample),
        "gpu_slowed": gpu_seen.slowed_down(sample),
        **_energy(sample, units),
    }


def _energy(sample: Sample, units: float) -> dict[str, float]:
    """Joules per unit of work and watts; NaN where no counter told."""
    joules, seconds = (sample.energy.get(name, np.nan) for name in ("joules", "seconds"))
    return {
        "energy_per_unit_j": joules / units,
        "power_w": joules / seconds if seconds > 0 else np.nan,
    }


def _median(times: Sequence[int], forwards: ForwardConditions) -> float:
    """The median of the times that count, or of all where none does, each over its turn's slowness."""
    values = [time / slow for time, slow in zip(times, forwards.slowness, strict=True)]
    chosen = [value for value, is_clean in zip(values, forwards.clean, strict=True) if is_clean]
    return float(np.median(chosen or values)) if values else np.nan
