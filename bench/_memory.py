"""What is allocated and released in a forward, and what that means for each layer."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Change:
    """An allocation, or the release of one.

    Attributes:
        event: number of the event that allocates, or allocated.
        size: bytes, below 0 of a release.
        moment: place among the forward's moments.
        offset: nanoseconds after (before, if below 0) that moment.
        owner: the innermost range around it on its own thread.
        backward: on the autograd thread.
    """

    event: int
    size: int
    moment: int
    offset: int
    owner: str | None
    backward: bool


def in_order(changes: Iterable[Change]) -> tuple[Change, ...]:
    """The changes as they happen."""
    return tuple(sorted(changes, key=lambda change: (change.moment, change.offset)))


@dataclass(frozen=True, slots=True)
class Memory:
    """What a layer needs, in bytes.

    Attributes:
        allocations, allocated, freed: by itself, and by no layer inside it.
        peak: the most that is allocated while inside.
        rise: the most over what was there when it was entered, of the call where that is most.
        kept: of that call, what is left at its end.
    """

    allocations: int
    allocated: int
    freed: int
    peak: int
    rise: int
    kept: int


class Calls:
    """Adds up the calls of each layer."""

    def __init__(self) -> None:
        self._peak: dict[str, int] = {}
        self._most: dict[str, tuple[int, int, int]] = {}

    def add(self, path: str, start: int, levels: list[int]) -> None:
        """One call.

        Args:
            path: of the layer.
            start: when it was entered.
            levels: what is allocated when it is entered, and after each change while inside.
        """
        rise, kept = max(levels) - levels[0], levels[-1] - levels[0]
        self._peak[path] = max(self._peak.get(path, 0), max(levels))
        # Of equal calls the first counts.
        found = (rise, -start, kept)
        self._most[path] = max(self._most.get(path, found), found)

    def result(self, own: Mapping[str | None, tuple[int, int, int]]) -> dict[str, Memory]:
        """Path -> its memory; `own` has allocations, allocated and freed of each."""
        return {
            path: Memory(*own.get(path, (0, 0, 0)), self._peak[path], rise, kept)
            for path, (rise, _, kept) in self._most.items()
        }
