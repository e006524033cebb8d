"""The samples of a run as a table: what each process measured, in which state of the machine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from samprof.analysis.statistics.cpu_speed import (
    UsualSpeed,
    clean_forwards,
    is_slowed,
    slow_rounds,
    usual_speed,
)
from samprof.analysis.statistics.states import find_states, why_not_clean
from samprof.sweeps.run import gpu_seen

if TYPE_CHECKING:
    import pandas as pd

    from samprof.sweeps.run.point import Point
    from samprof.sweeps.run.sample import Sample

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
        its forwards that ran at the CPUs' usual speed, or of all where none did), faults_per_unit (page
        faults per unit of work), system_share (of the CPU time of its timed forwards),
        involuntary_switches (per forward), speed (of the CPUs, 1 is usual), latency_before_ns,
        latency_after_ns (between two CPUs), foreign_share, pressure, steal_share (see
        `MachineMonitor`), gpu_mhz (clock of the GPU while it worked), gpu_processes (others on it),
        energy_per_unit_j, power_w (see `samprof.sweeps.measure.energy`), state (of the machine; empty
        where it has one), clean (whether it counts), why (it does not).
    """
    import pandas as pd

    samples = [sample for point in points for sample in point.samples]
    usual = speed_of(samples)
    rows = [_row(sample, usual) for sample in samples]
    table = pd.DataFrame(rows, columns=_COLUMNS)
    table = table.astype(dict.fromkeys(("timed", "recorded"), bool))
    table["process"] = np.arange(len(table))
    before, after = table["latency_before_ns"], table["latency_after_ns"]
    states = find_states([*before, *after])
    table["state"] = [states.state_of(*pair) for pair in zip(before, after, strict=True)]
    names = ("foreign_share", "pressure", "state")
    slowed = ([row[name] for row in rows] for name in ("slowed_to", "gpu_slowed"))
    told = (*(table[name] for name in names), *slowed, table["steal_share"])
    measured = zip(*told, strict=True)
    table["why"] = pd.Series([why_not_clean(*values) for values in measured], dtype=object)
    table["clean"] = (table["why"] == "").astype(bool)
    for kind, time in (("timed", "wall_ns"), ("recorded", "recorded_wall_ns")):
        _drop_slow_rounds(table, kind, time)
    return table


def _drop_slow_rounds(table: pd.DataFrame, kind: str, time: str) -> None:
    """Marks what is clean by every probe and still slow as a whole round; without probes all count."""
    probed = table["foreign_share"].notna() | table["speed"].notna()
    good = table[probed & table["clean"] & table[kind] & (table["status"] == "ok")]
    for _, rows in good.groupby(["variant", "state"]):
        times = rows[["size", "round"]].assign(time_ns=rows[time])
        for number, factor in slow_rounds(times).items():
            slow = rows.index[rows["round"] == number]
            table.loc[slow, "why"] = f"the whole round took {factor:.2f}x as long as usual"
            table.loc[slow, "clean"] = False


def speed_of(samples: Iterable[Sample]) -> UsualSpeed:
    """The usual speed of the CPUs in these samples."""
    return usual_speed(
        time for one in samples for time in (*one.reference_ns, *one.recorded_reference_ns)
    )


def clean_repeats(sample: Sample, usual: UsualSpeed) -> list[bool]:
    """Which of a sample's recorded forwards ran at the CPUs' usual speed.

    Args:
        sample: the sample.
        usual: as `speed_of` gives it.
    """
    references, forwards = sample.recorded_reference_ns, len(sample.recorded_wall_ns)
    return clean_forwards(references, forwards, usual.slowest_ns)


def _row(sample: Sample, usual: UsualSpeed) -> dict[str, Any]:
    timed = clean_forwards(sample.reference_ns, len(sample.wall_ns), usual.slowest_ns)
    recorded = clean_repeats(sample, usual)
    speed = _speed(sample, usual)
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
        "slowed_to": speed if is_slowed(timed) or is_slowed(recorded) else None,
        "latency_before_ns": machine.get("latency_before_ns", np.nan),
        "latency_after_ns": machine.get("latency_after_ns", np.nan),
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


def _speed(sample: Sample, usual: UsualSpeed) -> float:
    """The CPUs' speed around the forwards of a sample, 1 is usual; NaN where it is not known."""
    slower = [
        max(pair)
        for series in (sample.reference_ns, sample.recorded_reference_ns)
        for pair in pairwise(series)
    ]
    return usual.usual_ns / float(np.median(slower)) if slower else np.nan


def _median(values: Sequence[int], clean: Sequence[bool]) -> float:
    """The median of the clean values, or of all where none is."""
    chosen = [value for value, is_clean in zip(values, clean, strict=True) if is_clean]
    return float(np.median(chosen or values)) if values else np.nan
