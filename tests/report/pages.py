"""A hand-made run for the page: every section has something in it, and its names are hostile."""

from dataclasses import replace

import pandas as pd

from samprof.analysis.device.roofline import Roof, roofline, with_bound
from samprof.analysis.scaling.scaling import by_role, scaling_table, times_by_size
from samprof.analysis.verdict.limits import Limits
from samprof.analysis.verdict.verdict import verdict
from samprof.report.summary import Summary
from tests.analysis.scaling.test_scaling import wall
from tests.report.tables import WALL, summary
from tests.report.test_components_text_and_figures import table, timeline

SCRIPT = "<script>alert(1)</script>"
ROLE = "</script><!--<img src=x onerror=alert(2)>\u2028"
LONG = "x" * 400
MS = 1_000_000
SIZES = (1, 2, 4)
# Milliseconds at a size b are fixed + each * b; siblings differ in their order at 1.
TREE = [
    # path, depth, role, fixed, each
    ("enc", 0, "image encoder", 100, 110),
    ("enc.blocks.0", 1, "window block", 0, 40),
    ("enc.blocks.0.attn", 2, "window attention", 0, 30),
    (f"enc.blocks.0.{SCRIPT}", 2, ROLE, 0, 10),
    ("enc.blocks.1", 1, "global block", 100, 20),
    ("enc.blocks.1.attn", 2, "global attention", 0, 5),
    ("enc.blocks.1.mlp", 2, "MLP", 100, 15),
    ("enc.neck", 1, "neck", 0, 50),
]
LEAVES = 5


def long_layers(faster: int = 1) -> pd.DataFrame:
    """The layer tables of four repeats, 1 ns apart."""
    rows = [
        {
            "path": path,
            "depth": depth,
            "type": "",
            "role": role,
            "time_source": "device",
            "variant": "eager",
            "size": size,
            "round": repeat,
            "process": repeat,
            "state": "",
            "repeat": 0,
            "step": 0,
            "calls": 1,
            "time_ns": (fixed + each * size) * MS // faster + repeat,
            "self_ns": 0 if depth < 2 and path != "enc.neck" else (fixed + each * size) * MS,
            "flops": size * 10**9,
            "bytes": size * 10**8,
            "ops_without_formula": 0,
        }
        for size in SIZES
        for repeat in range(4)
        for path, depth, role, fixed, each in TREE
    ]
    return pd.DataFrame(rows)


def hostile() -> tuple[Summary, pd.DataFrame]:
    """A run with everything that a page can show, and its timeline."""
    data, base, roof = long_layers(), summary(oom=(8,)), Roof(1e12, 1e11)
    limits = Limits(5 * 2**20, 400 * MS)
    rates = roofline(data, roof)
    answer = verdict(base.points, wall(WALL), data, limits=Limits(limits.memory_bytes))
    said = replace(answer, sentences=(*answer.sentences, f"{SCRIPT} holds it back."))
    found = replace(
        base,
        target={"label": f"small {SCRIPT}", "name": "enc", "module": LONG},
        environment={"device_name": "a device", "note": ROLE, "long": LONG},
        scaling=with_bound(scaling_table(data), rates),
        times=times_by_size(data),
        roles=scaling_table(by_role(data)),
        role_times=times_by_size(by_role(data)),
        verdict=said,
        limits=limits,
        roofline=rates,
        roof=roof,
        components={"eager": table(device=True, names={"mask decoder": ROLE})},
        commands=(["samprof", "sweep", "--images", "my photos"],),
    )
    return found, timeline(device=True).replace({"gemm": SCRIPT})
