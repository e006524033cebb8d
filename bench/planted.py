"""Is a planted truth found? Layers whose cost is known by construction, swept and classed.

    python -m bench.planted                    five sweeps of five layers
    python -m bench.planted --allocator system the same under the system's allocator

Costs are spun, slept or paged in wall time, so the truth does not depend on how fast the CPUs are.
The table goes to stdout as markdown.
"""

import argparse
import mmap
import sys
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from torch import nn

import samprof
from bench.sweeps import print_page, spin, sweep
from samprof.record.ranges.labels import ModelLabels
from samprof.sweeps.target import Target

_ARGUMENTS = ("--factory", "bench.planted:planted", "--batch-sizes", "1,2,4,8")
_MS = 1_000_000
_STEP_AT = 4
_PAGES_PER_IMAGE = 4_000
TRUTH = {
    "per_call": "gains, no step",
    "per_image": "same, no step",
    "asleep": "same, no step",
    "steps": f"loses, step at {_STEP_AT}",
    "pages": "paging",
}
"""Layer -> the class that its cost has from batch 1 to 8 and where it steps, or what bounds it."""


class Costs(nn.Module):
    """Takes its time for a batch, and gives back what it got."""

    def __init__(self, spend: Callable[[int], None]) -> None:
        super().__init__()
        self._spend = spend

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Spends what so many images cost."""
        self._spend(len(x))
        return x


def _pages(images: int) -> None:
    """Fresh memory for every image, each page touched once: what glibc's large blocks cost."""
    for _ in range(images):
        with mmap.mmap(-1, _PAGES_PER_IMAGE * mmap.PAGESIZE) as memory:
            memory[:: mmap.PAGESIZE] = bytes(_PAGES_PER_IMAGE)


COSTS: dict[str, Callable[[int], None]] = {
    "per_call": lambda _: spin(8 * _MS),
    "per_image": lambda images: spin(3 * _MS * images),
    "asleep": lambda images: time.sleep(0.003 * images),
    "steps": lambda images: spin((3 if images >= _STEP_AT else 2) * _MS * images),
    "pages": _pages,
}


def planted() -> Target:
    """What `samprof sweep --factory bench.planted:planted` measures."""
    return Target(_model(), lambda size: (torch.zeros(size, 8),), ModelLabels(name="planted"))


def _model() -> nn.Module:
    return nn.Sequential(OrderedDict((name, Costs(spend)) for name, spend in COSTS.items())).eval()


def main() -> int:
    """Sweeps, then prints what was found of what was planted."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=5, help="how many sweeps (default: 5)")
    parser.add_argument("--allocator", default="auto", help="as of samprof sweep")
    parser.add_argument("--out", type=Path, default=Path("runs/planted"), help="where the runs are")
    options = parser.parse_args()
    paths = [options.out / f"run{number}" for number in range(options.runs)]
    for path in paths:
        sweep(path, *_ARGUMENTS, "--allocator", options.allocator)
    print_page("planted", _lines([samprof.Run(path) for path in paths]))
    return 0


def _lines(runs: list[samprof.Run]) -> list[str]:
    lines = ["| layer | planted | found | right |", "|---|---|---|---|"]
    tables = [run.scaling().set_index("path").to_dict("index") for run in runs]
    right = 0
    for layer, truth in TRUTH.items():
        found = [_found(table[f"planted.{layer}"], truth) for table in tables]
        hits = sum(one == truth for one in found)
        right += hits
        lines.append(
            f"| {layer} | {truth} | {'; '.join(sorted(set(found)))} | {hits} of {len(runs)} |"
        )
    remedies = sum(bool(run.verdict().remedy) for run in runs)
    of = len(TRUTH) * len(runs)
    return [*lines, "", f"Classed right: {right} of {of}. Paging named: {remedies} of {len(runs)}."]


def _found(row: dict[Hashable, Any], truth: str) -> str:
    if truth == "paging":
        return str(row["bound"])
    step = row["step_at"]
    return f"{row['class']}, " + ("no step" if pd.isna(step) else f"step at {step:g}")


if __name__ == "__main__":
    sys.exit(main())
