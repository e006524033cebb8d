"""What a sample says of the GPU while it worked: its clock, what held it back, and who else used it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from samprof.sweeps.run.stored.sample import Sample

SLOWDOWNS = (
    "hardware slowdown",
    "thermal slowdown",
    "hardware thermal slowdown",
    "power brake",
    "reliability",
)
"""What slows a GPU for a while, by heat or a fault, and not by what it runs or how it is set: a sample
under it says nothing of the GPU."""
MOST_SLOWED = 0.05
"""The share of the looks up to which that is let pass."""
_SHOWN = 0.05


def throttled(sample: Sample) -> dict[str, float]:
    """Reason -> share of the looks at the working GPU; empty where nothing was seen."""
    found = _meanwhile(sample).get("throttled")
    pairs = found.items() if isinstance(found, Mapping) else ()
    return {str(reason): share for reason, value in pairs if (share := _number(value)) > 0}


def slowed_down(sample: Sample) -> str:
    """What slowed the GPU down in more than one of twenty looks, with its share; empty if nothing did.

    Example:
        >>> from samprof.sweeps.run.stored.sample import Sample
        >>> meanwhile = {"looks": 10, "throttled": {"power cap": 1.0, "thermal slowdown": 0.4}}
        >>> slowed_down(Sample(1, "eager", "ok", machine={"gpu_meanwhile": meanwhile}))
        'thermal slowdown 0.40 of the time'
    """
    found = {name: share for name, share in throttled(sample).items() if name in SLOWDOWNS}
    worst = max(found, key=lambda name: found[name], default="")
    return f"{worst} {found[worst]:.2f} of the time" if worst and found[worst] > MOST_SLOWED else ""


def sm_mhz(sample: Sample) -> float:
    """The clock of the working GPU; NaN where it was not seen."""
    return _number(_meanwhile(sample).get("sm_mhz"))


def other_processes(sample: Sample) -> float:
    """The most processes besides our own that were seen on the GPU; NaN where that is not known."""
    readings = sample.machine.get("gpu")
    found = readings if isinstance(readings, list | tuple) else ()
    counts = [_number(one.get("other_processes")) for one in found if isinstance(one, Mapping)]
    return max((count for count in counts if count == count), default=math.nan)


def throttled_text(samples: Sequence[Sample]) -> str:
    """What held the GPU back in these samples, with its mean share; empty where nothing did."""
    shares: dict[str, float] = {}
    for sample in samples:
        for reason, share in throttled(sample).items():
            shares[reason] = shares.get(reason, 0.0) + share / len(samples)
    return ", ".join(f"{name} {share:.0%}" for name, share in shares.items() if share > _SHOWN)


def _meanwhile(sample: Sample) -> Mapping[str, Any]:
    found = sample.machine.get("gpu_meanwhile")
    return found if isinstance(found, Mapping) else {}


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else math.nan
