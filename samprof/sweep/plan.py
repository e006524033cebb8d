"""What a sweep was asked to do, as plain data: what makes two sweeps the same one."""

import random
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from samprof.analysis.axis import AXES, BATCH_SIZE, Axis
from samprof.errors import UsageError

EAGER = "eager"


@dataclass(frozen=True, slots=True)
class Plan:
    """The question of a sweep. Batch sizes and variants may be added later; the rest makes another.

    Attributes:
        target: what is measured, in words and arguments.
        batch_sizes: ascending; sizes on another axis where `over` names one.
        repeats: measurements a point, of wall time and of recorded time each.
        warmup: forwards before the first measurement of a point.
        processes: in how many, one after the other, each point is measured anew; the repeats of one
            share its luck (where its memory lies, for one), those of several do not.
        granularity: which layers become rows.
        variant: a name for how the model runs.
        over: what the sizes count, a name of `samprof.analysis.axis`.
        seed: of the order in which the points are visited.
    """

    target: Mapping[str, Any]
    batch_sizes: tuple[int, ...]
    repeats: int = 5
    warmup: int = 2
    granularity: str = "block"
    variant: str = EAGER
    over: str = BATCH_SIZE
    processes: int = 1
    seed: int = field(default=0, compare=False)

    @property
    def axis(self) -> Axis:
        """What the sizes count."""
        return AXES[self.over]

    def order(self) -> tuple[int, ...]:
        """The batch sizes shuffled: a device that throttles must not punish the largest one."""
        shuffled = list(self.batch_sizes)
        random.Random(self.seed).shuffle(shuffled)
        return tuple(shuffled)

    def forwards(self) -> int:
        """How many forwards a point takes: warm-up, timed, and recorded with one to get going."""
        return self.processes * (self.warmup + self.repeats + self.repeats + 1)

    def as_dict(self) -> dict[str, Any]:
        """Plain data, all of it."""
        return asdict(self) | {"batch_sizes": list(self.batch_sizes), "target": dict(self.target)}

    def identity(self) -> dict[str, Any]:
        """What has to be equal for the points of two sweeps to belong together."""
        asked = self.as_dict()
        return {key: asked[key] for key in asked if key not in ("batch_sizes", "variant", "seed")}


def checked_batch_sizes(values: Iterable[object]) -> tuple[int, ...]:
    """Batch sizes, ascending and without doubles.

    Raises:
        UsageError: none given, or one that is not a whole number of 1 or more.

    Example:
        >>> checked_batch_sizes(["4", 1, 4])
        (1, 4)
    """
    sizes = set()
    for value in values:
        text = str(value).strip()
        if isinstance(value, bool) or not text.isdecimal() or int(text) < 1:
            remedy = "give whole numbers of 1 or more, such as 1,2,4,8"
            raise UsageError("sweep", f"batch size {value!r}", "not a batch size", remedy)
        sizes.add(int(text))
    if not sizes:
        raise UsageError("sweep", "batch sizes", "none given", "give some, such as 1,2,4,8")
    return tuple(sorted(sizes))


def checked_count(name: str, value: int, least: int) -> int:
    """A whole number of at least `least`.

    Raises:
        UsageError: it is not.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise UsageError("sweep", f"{name}={value!r}", "not a count", f"give {least} or more")
    return value
