"""Is a regression found, and none where there is none? One block made 15 % slower, against equal runs.

    python -m bench.regression                            ten pairs of sweeps of the small encoder
    python -m bench.regression --recorded runs/equal      into the times of sweeps that are there

Each pair is a sweep as it is and one whose block 2 takes 15 % longer, one after the other; the equal
ones among them are compared with each other. With `--recorded` the times of the block in equal runs are
made 15 % longer instead, and each run is compared with each other one that was slowed so. The table goes
to stdout as markdown.
"""

import argparse
import itertools
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch

import samprof
from bench.sweeps import print_page, spin, sweep
from samprof.analysis.compare.causes import causes, regressions
from samprof.sam.workloads.encode import encode
from samprof.sweeps.target import Target

BLOCK = 2
_SLOWER = 0.15
_GATE = 0.05


def as_it_is() -> Target:
    """The small encoder."""
    return encode("small", device="cpu")


def slowed() -> Target:
    """The same with a block that takes 15 % longer, whatever it takes."""
    target = encode("small", device="cpu")
    block = target.module.get_submodule(f"blocks.{BLOCK}")
    block.forward = _slower(block.forward)
    return target


def _slower(
    forward: Callable[[torch.Tensor], torch.Tensor],
) -> Callable[[torch.Tensor], torch.Tensor]:
    def slower(x: torch.Tensor) -> torch.Tensor:
        start = time.perf_counter_ns()
        result = forward(x)
        spin(_SLOWER * (time.perf_counter_ns() - start))
        return result

    return slower


def main() -> int:
    """Sweeps in pairs, then prints how the gate judged them."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--pairs", type=int, default=10, help="how many pairs (default: 10)")
    parser.add_argument("--sizes", default="1,4", help="as of samprof sweep")
    parser.add_argument("--time-limit", default="45", help="as of samprof sweep")
    parser.add_argument(
        "--out", type=Path, default=Path("runs/regression"), help="where the runs are"
    )
    parser.add_argument("--recorded", type=Path, help="a directory of equal runs to plant it into")
    options = parser.parse_args()
    if options.recorded is not None:
        paths = sorted(path.parent for path in options.recorded.glob("*/run.json"))
        planted = [(samprof.Run(a), _planted(b)) for a, b in itertools.permutations(paths, 2)]
        print_page("regression", _lines(planted))
        return 0
    pairs = [
        tuple(
            _swept(kind, options.out / f"{kind}{number}", options)
            for kind in ("as_it_is", "slowed")
        )
        for number in range(options.pairs)
    ]
    print_page("regression", [*_lines(pairs), *_equal(pairs)])
    return 0


def _swept(kind: str, out: Path, options: argparse.Namespace) -> samprof.Run:
    limits = ("--sizes", options.sizes, "--time-limit", options.time_limit)
    sweep(out, "--factory", f"bench.regression:{kind}", *limits)
    return samprof.Run(out)


def _planted(path: Path) -> samprof.Run:
    """A run whose block takes 15 % longer in every recorded forward, and so does what is around it."""
    run = samprof.Run(path)
    layers = run.data.layers.astype({"time_ns": float})
    block = f"{layers['path'].iloc[0]}.blocks.{BLOCK}"
    forward = ["variant", "size", "process", "repeat"]
    rows = layers["path"] == block
    extra = layers[rows].set_index(forward)["time_ns"] * _SLOWER
    around = layers["path"].map(lambda path: block.startswith(f"{path}."))
    added = layers.set_index(forward).index.map(extra.to_dict()).to_numpy(float)
    layers["time_ns"] += np.where(around, added, 0.0)
    layers.loc[rows | layers["path"].str.startswith(f"{block}."), "time_ns"] *= 1 + _SLOWER
    vars(run.data)["layers"] = layers
    return run


def _equal(pairs: Sequence[tuple[samprof.Run, ...]]) -> list[str]:
    ordered = list(itertools.permutations([before for before, _ in pairs], 2))
    failed = sum(not _failing(a, b).empty for a, b in ordered)
    return [f"| ordered pairs of equal runs that fail it | {failed} of {len(ordered)} |"]


def _lines(pairs: Sequence[tuple[samprof.Run, ...]]) -> list[str]:
    named = [_named(*pair) for pair in pairs]
    caught = sum(not _failing(*pair).empty for pair in pairs)
    total = len(pairs)
    rows = [
        ("pairs with the slower block that name it first", f"{sum(named)} of {total}"),
        ("that fail a gate of 5 %", f"{caught} of {total}"),
    ]
    return ["| what | measured |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)]


def _failing(a: samprof.Run, b: samprof.Run) -> pd.DataFrame:
    return regressions(samprof.compare(a, b), _GATE)


def _named(a: samprof.Run, b: samprof.Run) -> bool:
    """Whether the first cause of the change is the block or something inside of it."""
    found = causes(samprof.compare(a, b))
    return not found.empty and f"blocks.{BLOCK}" in str(found["path"].iloc[0])


if __name__ == "__main__":
    sys.exit(main())
