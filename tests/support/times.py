"""The times of a real run, replaced: what the machine measured is noise."""

import copy
from collections.abc import Mapping
from typing import Any

US = 1000
WALL = "wall"


def with_times(
    point: Mapping[str, Any], times: Mapping[str, int], variant: str | None = None
) -> dict[str, Any]:
    """A point's data with other times: b times as long at size b, processes 1 ns apart.

    Args:
        point: as its file holds it.
        times: path -> us per unit; `WALL` is that of a forward without the profiler.
        variant: another name for its variant.
    """
    made = copy.deepcopy(dict(point))
    made["variant"] = variant or made["variant"]
    size, count = made["size"], {"wall_ns": 0, "layers": 0}
    for sample in made["samples"]:
        sample["variant"] = made["variant"]
        if "wall_ns" in sample:
            time = times[WALL] * US * size + count["wall_ns"]
            sample["wall_ns"] = [time] * len(sample["wall_ns"])
            count["wall_ns"] += 1
        if "layers" in sample:
            layers = sample["layers"]
            layers["cpu_total_ns"] = [
                times[name] * US * size + count["layers"] for name in layers["path"]
            ]
            count["layers"] += 1
    return made
