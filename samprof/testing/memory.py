"""What is allocated and freed in a forward, and what that means for each layer."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from samprof.testing.truth import LayerMemory


@dataclass(frozen=True, slots=True)
class MemoryChange:
    """An allocation, or the release of one.

    Attributes:
        event: index of the event that allocates, or that allocated what is now freed.
        size: bytes; negative for a release.
        moment: index among the moments of the forward.
        offset: nanoseconds after that moment; negative for before.
        owner: the innermost range around it on its own thread.
        backward: whether it is on the autograd thread.
    """

    event: int
    size: int
    moment: int
    offset: int
    owner: str | None
    backward: bool


def in_order(changes: Iterable[MemoryChange]) -> tuple[MemoryChange, ...]:
    """The changes in the order in which they happen."""
    return tuple(sorted(changes, key=lambda change: (change.moment, change.offset)))


class LayerPeaks:
    """Collects the memory of each layer, call by call."""

    def __init__(self) -> None:
        self._peak: dict[str, int] = {}
        self._most: dict[str, tuple[int, int, int]] = {}

    def add(self, path: str, start: int, levels: list[int]) -> None:
        """Adds one call.

        Args:
            path: of the layer.
            start: when the layer was entered.
            levels: bytes allocated on entry, and after each change while inside.
        """
        rise, kept = max(levels) - levels[0], levels[-1] - levels[0]
        self._peak[path] = max(self._peak.get(path, 0), max(levels))
        # Of calls with the same rise the first one counts.
        found = (rise, -start, kept)
        self._most[path] = max(self._most.get(path, found), found)

    def result(self, own: Mapping[str | None, tuple[int, int, int]]) -> dict[str, LayerMemory]:
        """Path -> its memory; `own` holds allocations, allocated and freed bytes of each path."""
        return {
            path: LayerMemory(*own.get(path, (0, 0, 0)), self._peak[path], rise, kept)
            for path, (rise, _, kept) in self._most.items()
        }
