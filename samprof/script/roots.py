"""The roots of a script: where it calls models from outside, how often, and what is recorded."""

from dataclasses import dataclass, field
from pathlib import Path

from samprof.record.ranges.labels import ModelLabels

MOST_ROOTS = 20
MOST_SIZES = 8
"""Of one root. What goes beyond them is counted, and not recorded: so memory and disk are bounded."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What is recorded.

    Attributes:
        skip: warm-up calls of each root and size, which are not recorded.
        calls: how many calls of each root and size are recorded after those.
        granularity: block, layer or op.
        modules: names of what is recorded; empty for every outermost call.
    """

    skip: int = 1
    calls: int = 5
    granularity: str = "block"
    modules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Recorded:
    """One recorded call.

    Attributes:
        trace: the file.
        wall_ns: what the call took, with the profiler.
    """

    trace: Path
    wall_ns: int


@dataclass
class Calls:
    """The calls of a root with inputs of one size.

    Attributes:
        size: of the input; None where it has none.
        seen: calls that began.
        wall_ns: what all of them took on the host.
        tried: calls after the warm-up whose recording began.
        is_done: no further one is to be recorded.
        recorded: those that were recorded, in order.
        spare: the first call, or one that raised: it counts only where no other was recorded.
    """

    size: int | None
    seen: int = 0
    wall_ns: int = 0
    tried: int = 0
    is_done: bool = False
    recorded: list[Recorded] = field(default_factory=list)
    spare: Recorded | None = None

    def is_due(self, number: int, settings: Settings) -> bool:
        """Whether to record the call of this number, from 1.

        The first one is due although it is a warm-up: it may be the only one.
        """
        return not self.is_done and (number == 1 or number > settings.skip)

    def begin_recording(self, number: int, settings: Settings) -> None:
        """Counts the recording of the call of this number."""
        if number > settings.skip:
            self.tried += 1
            self.is_done = self.tried >= settings.calls

    def keep(self, call: Recorded, *, is_good: bool) -> None:
        """Keeps a good call, or the first of all; removes the file that is not needed."""
        dropped: Recorded | None = None
        if is_good:
            self.recorded.append(call)
            dropped, self.spare = self.spare, None
        elif self.recorded or self.spare:
            dropped = call
        else:
            self.spare = call
        if dropped is not None:
            dropped.trace.unlink(missing_ok=True)

    @property
    def median(self) -> Recorded | None:
        """The recorded call whose time is the median, or the spare one; None if none was recorded."""
        by_time = sorted(self.recorded, key=lambda one: one.wall_ns)
        return by_time[(len(by_time) - 1) // 2] if by_time else self.spare

    @property
    def traces(self) -> list[Path]:
        """The files of the calls that count, in the order of the calls."""
        found = self.recorded or ([self.spare] if self.spare else [])
        return [one.trace for one in found]


@dataclass
class Root:
    """Where a script calls a model from outside: a module, or a function around a model.

    Attributes:
        name: the module's path, or the function's, as in layer tables.
        kind: its class, or that of the model that the function uses.
        start: the first part of the paths in its traces.
        labels: what is known of the model; None until a call is recorded.
        by_size: its calls, by the size of their input.
        others: its calls of sizes that came after those.
        is_recorded: whether there is room for its traces.
        trains: whether a call was recorded whose backward pass runs after it.
    """

    name: str
    kind: str
    start: str
    is_recorded: bool
    labels: ModelLabels | None = None
    by_size: dict[int | None, Calls] = field(default_factory=dict)
    others: Calls = field(default_factory=lambda: Calls(None, is_done=True))
    trains: bool = False

    def calls_of(self, size: int | None) -> Calls:
        """The calls with inputs of this size, or those of all further sizes."""
        calls = self.by_size.get(size)
        if calls is not None:
            return calls
        if len(self.by_size) >= MOST_SIZES:
            return self.others
        calls = self.by_size[size] = Calls(size, is_done=not self.is_recorded)
        return calls

    def all_calls(self) -> list[Calls]:
        """Its calls, the smallest size first; those of further sizes come last."""
        seen = [calls for calls in self.by_size.values() if calls.seen]
        sizes = sorted(seen, key=lambda calls: calls.size or 0)
        return [*sizes, self.others] if self.others.seen else sizes

    @property
    def wall_ns(self) -> int:
        """What all its calls took on the host."""
        return sum(calls.wall_ns for calls in self.all_calls())

    def recorded(self) -> list[tuple[Calls, Recorded]]:
        """Its sizes of which a call was recorded, the smallest first, each with its median call."""
        found = [(calls, calls.median) for calls in self.all_calls()]
        return [(calls, median) for calls, median in found if median is not None]
