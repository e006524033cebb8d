"""What a sweep was asked to do, as plain data: what makes two sweeps the same one."""

import random
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from samprof.analysis.scaling.axis import BATCH_SIZE, Axis
from samprof.analysis.scaling.variant import EAGER
from samprof.errors import UsageError

LEAST_ROUNDS = 4
"""Fewer processes per size say too little of how processes differ."""
PRECISION = 0.03
_ENDS = (
    *("sizes", "variant", "rounds", "precision", "time_limit_s"),
    *("allocator", "axis", "recorded", "seed"),
)
"""What may be asked anew of the same run directory."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The question of a sweep.

    A size is measured in several processes, in rounds over all sizes. More sizes, variants and rounds
    may be asked for later; the rest makes another sweep.

    Attributes:
        target: what is measured, in words and arguments.
        sizes: ascending, on the axis.
        rounds: how many; None: until the speed-up of the whole is precise enough.
        precision: half-width of its 95 % interval that is precise enough.
        time_limit_s: seconds after which no further round begins; None: chosen once it is known how
            long a round takes.
        repeats: forwards per process that are timed, and as many recorded; None: as many as are worth
            their time.
        warmup: forwards of a process before those.
        granularity: which layers become rows.
        variant: a name for how the model runs.
        axis: what the sizes count.
        allocator: the memory allocator of the processes: system, tcmalloc or jemalloc.
        recorded: whether layers are recorded as well.
        seed: of the order in which a round visits the sizes.
    """

    target: Mapping[str, Any]
    sizes: tuple[int, ...]
    rounds: int | None = None
    precision: float = PRECISION
    time_limit_s: float | None = None
    repeats: int | None = None
    warmup: int = 2
    granularity: str = "block"
    variant: str = EAGER
    axis: Axis = BATCH_SIZE
    allocator: str = "system"
    recorded: bool = True
    seed: int = field(default=0, compare=False)

    def order(self, round_number: int) -> tuple[int, ...]:
        """The sizes in the order of one round: what drifts must not always meet the same size."""
        shuffled = list(self.sizes)
        random.Random(f"{self.seed} {round_number}").shuffle(shuffled)
        return tuple(shuffled)

    def as_dict(self) -> dict[str, Any]:
        """Plain data, all of it; `from_dict` reads it."""
        plain = {"sizes": list(self.sizes), "target": dict(self.target)}
        return asdict(self) | plain | {"axis": self.axis.as_dict()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Plan":
        """The plan that `as_dict` wrote."""
        known = {entry.name for entry in fields(cls)}
        given = {key: value for key, value in data.items() if key in known}
        axis = Axis(**{**data["axis"], "defaults": tuple(data["axis"]["defaults"])})
        return cls(**{**given, "sizes": tuple(data["sizes"]), "axis": axis})

    def identity(self) -> dict[str, Any]:
        """What has to be equal for the points of two sweeps to belong together."""
        asked = self.as_dict()
        same = {key: asked[key] for key in asked if key not in _ENDS}
        return same | {"over": self.axis.name}


def checked_sizes(values: Iterable[object]) -> tuple[int, ...]:
    """Sizes, ascending, each once.

    Raises:
        UsageError: none given, or one that is not a whole number of 1 or more.

    Example:
        >>> checked_sizes(["4", 1, 4])
        (1, 4)
    """
    sizes = {checked_size(value) for value in values}
    if not sizes:
        raise UsageError("sweep", "sizes", "none given", "give some, such as 1,2,4,8")
    return tuple(sorted(sizes))


def checked_size(value: object, operation: str = "sweep") -> int:
    """A size, given as a number or as text.

    Raises:
        UsageError: it is not a whole number of 1 or more.
    """
    text = str(value).strip()
    if isinstance(value, bool) or not text.isdecimal() or int(text) < 1:
        remedy = "give whole numbers of 1 or more, such as 1,2,4,8"
        raise UsageError(operation, f"size {value!r}", "not a size", remedy)
    return int(text)


def checked_count(name: str, value: int, least: int) -> int:
    """A whole number of at least `least`.

    Raises:
        UsageError: it is not.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise UsageError("sweep", f"{name}={value!r}", "not a count", f"give {least} or more")
    return value


def measuring(
    *,
    rounds: int | None = None,
    precision: float = PRECISION,
    time_limit_s: float | None = None,
    repeats: int | None = None,
    warmup: int = 2,
    allocator: str = "system",
) -> dict[str, Any]:
    """The fields of a plan that say how it is measured, each looked at; see `Plan`.

    Raises:
        UsageError: one is not valid.
    """
    if time_limit_s is not None and not time_limit_s > 0:
        remedy = "give seconds above 0, such as 90"
        raise UsageError("sweep", f"time limit {time_limit_s!r}", "not a time", remedy)
    return {
        "rounds": None if rounds is None else checked_count("rounds", rounds, 1),
        "precision": checked_share("precision", precision),
        "time_limit_s": time_limit_s,
        "repeats": None if repeats is None else checked_count("repeats", repeats, 1),
        "warmup": checked_count("warmup", warmup, 0),
        "allocator": allocator,
    }


def checked_share(name: str, value: float) -> float:
    """A number above 0 and below 1.

    Raises:
        UsageError: it is not.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1:
        raise UsageError("sweep", f"{name}={value!r}", "not a share", "give one such as 0.03")
    return float(value)
