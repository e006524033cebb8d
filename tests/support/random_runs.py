"""Random runs: sweeps of a small tree of layers whose costs, noise, overhead and limits are drawn."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from samprof.sweeps.about import About
from samprof.sweeps.plan import Plan
from samprof.sweeps.run.run import Run
from samprof.sweeps.run.stored.directory import RunDirectory
from tests.support import samples

PEAKS = {"flops_per_s": {"float32": 1e12}, "bytes_per_s": 1e11}
ROLES = {"net": "encoder", "net.a": "attention", "net.m": "MLP", "net.n": "norm"}
LEAVES = ("net.a", "net.m", "net.n")


@dataclass(frozen=True)
class Drawn:
    """What a random run is made of.

    Attributes:
        seed: of all its numbers.
        sizes: ascending.
        rounds: of each kind.
        noise: standard deviation of the logs between processes.
        on_device: whether layers have device time, and the host may add its own.
        overhead: the profiler makes recorded forwards so much slower, at the smallest size only.
        peaks: whether the device's peaks are known.
        paging: whether the operating system takes a large part of the time.
        busy: whether some samples do not count.
        energy: whether a counter tells joules.
        oom: whether the size after the largest does not fit.
    """

    seed: int
    sizes: tuple[int, ...]
    rounds: int
    noise: float = 0.02
    on_device: bool = False
    overhead: float = 1.0
    peaks: bool = True
    paging: bool = False
    busy: bool = False
    energy: bool = False
    oom: bool = False


def random_run(folder: Path, drawn: Drawn) -> Run:
    """Writes the run directory; the same for the same `drawn`."""
    rng = np.random.default_rng(drawn.seed)
    fixed = {leaf: rng.choice([0.0, 1.0]) * rng.uniform(0, 4e6) for leaf in LEAVES}
    each = {leaf: rng.uniform(0.2e6, 5e6) for leaf in LEAVES}
    bend = {leaf: rng.choice([0.8, 1.0, 1.0, 1.25]) for leaf in LEAVES}
    host = rng.uniform(0, 10e6) if drawn.on_device else 0.0
    reach = {leaf: rng.uniform(0.02, 0.95) for leaf in LEAVES}
    directory = RunDirectory(folder)
    environment = {"device_name": "a device"} | ({"peaks": PEAKS} if drawn.peaks else {})
    plan = Plan({"module": "net"}, drawn.sizes, granularity="block")
    directory.begin(plan, About({"module": "net", "name": "net"}, environment), fresh=True)
    found = []
    for round_ in range(drawn.rounds):
        for size in drawn.sizes:
            costs = {leaf: fixed[leaf] + each[leaf] * size ** bend[leaf] for leaf in LEAVES}
            luck = float(np.exp(rng.normal(0, drawn.noise)))
            machine = {"foreign_share": 0.7 if drawn.busy and rng.random() < 0.3 else 0.01}
            wall = round((sum(costs.values()) + host) * luck)
            more = _counted(drawn, rng, size, wall) | {"peak_memory_bytes": 2**20 * (3 + size)}
            found.append(samples.timed(size, round_, [wall], machine=machine, **more))
            slowed = drawn.overhead if size == drawn.sizes[0] else 1.0
            luck = slowed * float(np.exp(rng.normal(0, drawn.noise)))
            times = {leaf: round(costs[leaf] * luck) for leaf in LEAVES}
            found.append(_recorded(drawn, size, drawn.rounds + round_, times, reach))
    if drawn.oom:
        found.append(samples.sample(2 * drawn.sizes[-1], 0, status="oom", message="too much"))
    for point in samples.points(*found):
        directory.write_point(point)
    return Run(folder)


def _counted(drawn: Drawn, rng: np.random.Generator, size: int, wall: int) -> dict[str, Any]:
    """Page faults and energy of a timed forward."""
    share = 0.3 if drawn.paging else 0.01
    usage = {"minor_faults": 1000.0 * size, "user_s": 1 - share, "system_s": share}
    seconds = wall / 1e9
    energy = {"joules": seconds * rng.uniform(50, 300), "seconds": seconds} if drawn.energy else {}
    return {"usage": usage, "energy": energy, "dtype": "float32"}


def _recorded(
    drawn: Drawn, size: int, round_: int, times: dict[str, int], reach: dict[str, float]
) -> samples.Sample:
    """A recorded forward; each leaf reaches a share of the peak of FLOPs, the norm of that of bytes."""
    source = "device" if drawn.on_device else "cpu"
    rows = [{"path": "net", "depth": 0, "total": sum(times.values()), "own": 0}]
    rows += [{"path": leaf, "depth": 1, "total": times[leaf], "own": times[leaf]} for leaf in times]
    columns: dict[str, list[Any]] = {"path": [], "depth": []}
    for row in rows:
        path = str(row["path"])
        inside = [leaf for leaf in times if leaf == path or leaf.startswith(f"{path}.")]
        costs = {
            "flops": sum(1e3 * times[one] * reach[one] for one in inside if one != "net.n"),
            "bytes": sum(1e2 * times[one] * reach[one] for one in inside if one == "net.n"),
        }
        values = {"path": path, "depth": row["depth"], "repeat": 0, "step": 1, "calls": 1}
        values |= {"time_source": source, "role": ROLES[path], "type": "", "note": ""}
        for kind in ("device", "cpu"):
            has = kind == source
            values |= {f"{kind}_total_ns": row["total"] if has else 0}
            values |= {f"{kind}_self_ns": row["own"] if has else 0}
        values |= costs | {"ops_without_formula": 0}
        if drawn.on_device:
            gap = row["total"] * (round_ % 2)
            values |= {"device_busy_ns": row["total"], "device_gap_ns": gap, "launch_gap_ns": gap}
        for name, value in values.items():
            columns.setdefault(name, []).append(value)
    ops = {
        "path": list(times),
        "op": [f"aten::{leaf[-1]}" for leaf in times],
        "calls": [1.0] * len(times),
        "time_ns": [float(time) for time in times.values()],
    }
    whole = sum(times.values())
    return samples.recorded(
        size, round_, [whole], time_source=source, layers=columns, ops=ops, dtype="float32"
    )
