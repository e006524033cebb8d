"""Does samprof give the same answer twice? Equal sweeps, one after the other, and how they agree.

    python -m bench.repeatability                       six default sweeps of the small encoder
    python -m bench.repeatability --beside-load         two of them beside one busy process
    python -m bench.repeatability --allocator system    the same under the system's allocator
    python -m bench.repeatability --time-limit 5min     with more rounds than fit into the default

Each sweep is the command line that a user would type, in a directory of its own; `--out` holds them all
and what is there already is not measured again. The table goes to stdout as markdown.
"""

import argparse
import itertools
import math
import multiprocessing
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd

import samprof
from bench.sweeps import print_page, sweep
from samprof.analysis.statistics.classes import (
    BAND,
    GAINS,
    LOSES,
    NO_GAIN,
    NOT_WORSE,
    SAME,
    UNDECIDED,
)
from samprof.analysis.statistics.states import find_states

SIZES = "1,2,4,8"
_SMALLEST_SHARE = 0.01
"""Layers of less than this part of the time are left out: their rows are a few dozen microseconds."""

_REGIONS = {
    GAINS: (BAND, math.inf),
    SAME: (1 / BAND, BAND),
    LOSES: (0.0, 1 / BAND),
    NO_GAIN: (0.0, BAND),
    NOT_WORSE: (1 / BAND, math.inf),
    UNDECIDED: (0.0, math.inf),
}
"""Class -> where it says that the speed-up is."""


def main() -> int:
    """Runs the sweeps, then prints how they agree."""
    options = _options()
    out = Path(options.out)
    arguments = ["--model", options.model, "--device", "cpu"]
    arguments += ["--sizes", options.sizes, "--allocator", options.allocator]
    if options.time_limit is not None:
        arguments += ["--time-limit", options.time_limit]
    seconds = {}
    for number in range(options.runs):
        with _load(options.beside_load):
            seconds[number] = sweep(out / f"run{number}", *arguments)
    runs = [samprof.Run(out / f"run{number}") for number in range(options.runs)]
    print_page("repeatability", _lines(runs, seconds))
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, help="how many sweeps (default: 6; 2 beside a load)")
    parser.add_argument("--beside-load", action="store_true", help="beside one busy process")
    parser.add_argument("--allocator", default="auto", help="as of samprof sweep")
    parser.add_argument("--model", default="small", help="as of samprof sweep")
    parser.add_argument("--sizes", default=SIZES, help="as of samprof sweep")
    parser.add_argument("--time-limit", help="as of samprof sweep")
    parser.add_argument("--out", default="runs/repeatability", help="where the runs are")
    options = parser.parse_args()
    options.runs = options.runs or (2 if options.beside_load else 6)
    return options


@contextmanager
def _load(is_on: bool) -> Iterator[None]:
    """One process that is always busy."""
    if not is_on:
        yield
        return
    busy = multiprocessing.get_context("spawn").Process(target=_spin, daemon=True)
    busy.start()
    try:
        yield
    finally:
        busy.kill()
        busy.join()


def _spin() -> None:
    while True:
        pass


def _percent(share: float) -> str:
    return f"{share:.1%}" if share == share else "none has an interval: no layer is judged"


def _lines(runs: Sequence[samprof.Run], seconds: dict[int, float]) -> list[str]:
    alike = _of_one_state(runs)
    times = _times(alike)
    scaling = _scaling(alike)
    verdicts = [run.verdict() for run in runs]
    covered, disjoint = _coverage(times), _disjoint(times)
    classes = scaling.groupby("path")["class"].agg(["nunique", "count"])
    same = (classes["nunique"] == 1) & (classes["count"] == len(alike))
    failed, pairs = _gate(runs)
    rows = [
        ("speed-up at the largest size", "; ".join(_speedup(run) for run in runs)),
        ("claims", ", ".join(f"{one.claim}" for one in verdicts)),
        ("why undecided", "; ".join(one.reason for one in verdicts if one.claim == "undecided")),
        (
            "runs whose layers are of the machine's other state: left out of intervals and classes",
            f"{len(runs) - len(alike)} of {len(runs)}",
        ),
        ("blamed", "; ".join(", ".join(one.blame) or "nobody" for one in verdicts)),
        ("intervals of layers and sizes that cover the median of all runs", _percent(covered)),
        ("pairs of runs whose intervals exclude each other", _percent(disjoint)),
        ("layers with one class in all runs", f"{same.mean():.0%} of {len(same)}"),
        (
            "layers with classes that contradict each other",
            f"{_contradictions(scaling)} of {len(same)}",
        ),
        ("rows undecided", f"{(scaling['class'] == UNDECIDED).mean():.1%}"),
        ("ordered pairs that fail a gate of 5 %", f"{failed} of {pairs}"),
        ("seconds per sweep", ", ".join(f"{one:.0f}" for one in seconds.values())),
        ("machine states", ", ".join(str(_states(run)) for run in runs)),
    ]
    return ["| what | measured |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)]


def _of_one_state(runs: Sequence[samprof.Run]) -> list[samprof.Run]:
    """The runs that recorded their layers with the cores as far apart as most did."""
    chosen = [run.data.selection(run.data.chosen(None)) for run in runs]
    apart = np.array([one.cores_apart_ns(one.recorded) for one in chosen])
    states = find_states(apart)
    names = [states.state_of(one, one) for one in apart.tolist()]
    most = max(dict.fromkeys(names), key=names.count)
    return [run for run, name in zip(runs, names, strict=True) if name == most]


def _speedup(run: samprof.Run) -> str:
    largest = run.points().sort_values("size").iloc[-1]
    if math.isnan(largest["speedup"]):
        return "none"
    low, high = largest["speedup_low"], largest["speedup_high"]
    return f"{largest['speedup']:.2f} ({low:.2f}-{high:.2f})"


def _states(run: samprof.Run) -> str:
    states = run.points()["machine_state"].unique().tolist()
    return "/".join(state or "one" for state in states)


def _times(runs: Sequence[samprof.Run]) -> pd.DataFrame:
    """Speed-ups of each layer and size with their intervals, one row per run."""
    frames: list[pd.DataFrame] = []
    for number, run in enumerate(runs):
        table = run.summary().times
        table = table[table["path"].isin(_that_matter(run)) & table["speedup_low"].notna()]
        smallest = table["size"].min()
        frames.append(table[table["size"] > smallest].assign(run=number))
    return pd.concat(frames, ignore_index=True)


def _scaling(runs: Sequence[samprof.Run]) -> pd.DataFrame:
    frames: list[pd.DataFrame] = []
    for number, run in enumerate(runs):
        table = run.scaling()
        frames.append(table[table["path"].isin(_that_matter(run))].assign(run=number))
    return pd.concat(frames, ignore_index=True)


def _that_matter(run: samprof.Run) -> set[str]:
    table = run.scaling()
    share = table["unit_ns_largest"] / table["unit_ns_largest"].max()
    return set(table.loc[share >= _SMALLEST_SHARE, "path"])


def _contradictions(scaling: pd.DataFrame) -> int:
    """Layers for which no speed-up is in the classes of all runs."""
    ends = scaling["class"].map(_REGIONS)
    table = scaling.assign(low=[low for low, _ in ends], high=[high for _, high in ends])
    found = table.groupby("path").agg({"low": "max", "high": "min"})
    return int((found["low"] >= found["high"]).sum())


def _coverage(times: pd.DataFrame) -> float:
    """How many intervals hold the median of all runs."""
    middle = times.groupby(["path", "size"])["speedup"].transform("median")
    return float(((times["speedup_low"] <= middle) & (middle <= times["speedup_high"])).mean())


def _disjoint(times: pd.DataFrame) -> float:
    """How many pairs of runs exclude each other, over all layers and sizes."""
    found = []
    for _, rows in times.groupby(["path", "size"]):
        ends = list(zip(rows["speedup_low"], rows["speedup_high"], strict=True))
        found += [a[1] < b[0] or b[1] < a[0] for a, b in itertools.combinations(ends, 2)]
    return float(np.mean(found)) if found else math.nan


def _gate(runs: Sequence[samprof.Run]) -> tuple[int, int]:
    """How many ordered pairs of equal runs fail a gate of 5 %, of how many."""
    from samprof.analysis.compare.causes import regressions

    pairs = list(itertools.permutations(runs, 2))
    return sum(len(regressions(samprof.compare(a, b), 0.05)) > 0 for a, b in pairs), len(pairs)


if __name__ == "__main__":
    sys.exit(main())
