"""Hand-made tables for the renderers: a run as a sweep would leave it."""

import pandas as pd

from samprof.analysis.scaling.axis import BATCH_SIZE
from samprof.analysis.scaling.scaling import by_role, scaling_table, times_by_size
from samprof.analysis.verdict.verdict import verdict
from samprof.analysis.verdict.whole import whole_speedups
from samprof.report.summary import Summary
from tests.analysis.scaling.test_scaling import layers, points, wall

WALL = {1: [200_000_000] * 3, 2: [300_000_000] * 3, 4: [500_000_000] * 3}


def long_layers(rename: dict[str, str] | None = None) -> pd.DataFrame:
    """Times in hundreds of milliseconds; paths renamed where asked."""
    table = layers()
    table[["time_ns", "self_ns"]] *= 1_000_000
    return table.replace({"path": rename or {}})


def summary(rename: dict[str, str] | None = None, oom: tuple[int, ...] = ()) -> Summary:
    data = long_layers(rename)
    table = points(oom=oom)
    ok = table["status"] == "ok"
    for name, value in {"wall_iqr_ns": 4_000_000.0, "profiler_overhead": 1.02}.items():
        table[name] = pd.Series(value, table.index).where(ok)
    table["wall_ns"] = table["size"].map({b: times[0] for b, times in WALL.items()})
    table["units_per_s"] = table["size"] / table["wall_ns"] * 1e9
    found = whole_speedups(wall(WALL), BATCH_SIZE).set_index("size")
    for name in ("speedup", "speedup_low", "speedup_high"):
        table[name] = table["size"].map(found[name])
    table["setup_ns"] = table["relative_error"] = table["error_limit"] = float("nan")
    table["energy_per_unit_j"] = table["power_w"] = float("nan")
    table["throttled"] = ""
    table["message"] = [("" if good else "OutOfMemoryError: too much") for good in ok]
    check = {
        "attributed_ns": 500_000_000,
        "outside_ns": 1_000_000,
        "no_launch_ns": 0,
        "total_ns": 501_000_000,
        "lost_records": 0,
        "time_source": "cpu",
        "notes": [],
        "ok": True,
    }
    return Summary(
        asked={"repeats": 3, "sizes": [1, 2, 4]},
        target={"label": "small", "name": "enc", "dtype": "float32"},
        environment={"device_name": "a CPU"},
        points=table,
        scaling=scaling_table(data),
        times=times_by_size(data),
        roles=scaling_table(by_role(data)),
        role_times=times_by_size(by_role(data)),
        verdict=verdict(table, wall(WALL), data),
        checks={4: check},
    )


def trace_layers(rows: list[tuple[str, int, int, int]]) -> pd.DataFrame:
    """A layer table of device time: path, depth, total, self."""
    paths, depths, totals, own = zip(*rows, strict=True) if rows else ((), (), (), ())
    return pd.DataFrame(
        {
            "path": pd.Series(paths, dtype=object),
            "depth": pd.Series(depths, dtype="int64"),
            "calls": 1,
            "kernels": 3,
            "device_total_ns": pd.Series(totals, dtype="int64"),
            "device_self_ns": pd.Series(own, dtype="int64"),
            "device_busy_ns": pd.Series(totals, dtype="int64"),
            "cpu_total_ns": pd.Series(totals, dtype="int64"),
            "cpu_self_ns": pd.Series(own, dtype="int64"),
            "time_source": "device",
            "phase": "forward",
            "note": "",
        }
    )
