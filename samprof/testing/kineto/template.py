"""Events of a forward as text with a place for every number that differs between forwards.

The text is made once; writing a forward is then a single string formatting.
"""

import numpy as np

from samprof.testing.schedule import Ints, Schedule
from samprof.testing.timing import Forward


class ForwardTemplate:
    """The text of those events of a forward that are next to each other in the file.

    Attributes:
        thread: the thread whose forwards it writes.
        marks_steps: whether the annotations of the steps are among these events.
        events: how many events there are if none is lost.
    """

    def __init__(self, plan: Schedule, thread: int, *, marks_steps: bool = False) -> None:
        self.thread = thread
        self.marks_steps = marks_steps
        self.events = 0
        self._text: list[str] = []
        self._cells: list[int] = []
        self._activity: list[int] = []
        self._of_text: list[int] = []
        hosts, activities, changes = len(plan.events), len(plan.activities), len(plan.memory)
        pairs = [2 * many for many in (hosts, hosts, activities, activities, changes)]
        places: list[int] = np.cumsum([0, *pairs, changes]).tolist()
        self._enter, self._lasts, self._start, self._busy, self._changed = places[:5]
        self._total, self._number = places[5:]

    def add(self, text: str, *cells: int, activity: int = -1) -> None:
        """Adds an event; each `%d` in its text stands for one of the cells.

        Args:
            text: of the event.
            cells: indices of the numbers that it takes, in order.
            activity: index of the device activity without which the event is missing.
        """
        self._text.append(f"  {{\n{text}\n  }},\n")
        self._cells += cells
        self._activity.append(activity)
        self._of_text += [self.events] * len(cells)
        self.events += 1

    def enter(self, event: int) -> tuple[int, int]:
        """The cells of an event's start: microseconds, and the nanoseconds after the point."""
        return _pair(self._enter + 2 * event)

    def lasts(self, event: int) -> tuple[int, int]:
        """The cells of an event's duration."""
        return _pair(self._lasts + 2 * event)

    def start(self, activity: int) -> tuple[int, int]:
        """The cells of a device activity's start."""
        return _pair(self._start + 2 * activity)

    def busy(self, activity: int) -> tuple[int, int]:
        """The cells of a device activity's duration."""
        return _pair(self._busy + 2 * activity)

    def changed(self, change: int) -> tuple[int, int]:
        """The cells of the time of an allocation or release."""
        return _pair(self._changed + 2 * change)

    def total(self, change: int) -> int:
        """The cell of the bytes allocated after a change."""
        return self._total + change

    def number(self, event: int) -> int:
        """The cell of an event's number, which serves as external id, correlation and flow id."""
        return self._number + event

    def fill(self, forward: Forward) -> tuple[str, int]:
        """The text for one forward, and the number of its events."""
        numbers = np.arange(forward.first, forward.first + len(forward.enter))
        times = (forward.enter, forward.lasts, forward.start, forward.busy, forward.changed)
        values = np.concatenate([*(_split(ns) for ns in times), forward.total, numbers])
        text, cells = self._text, np.array(self._cells)
        # Events of no activity have -1, which is the True at the end.
        there = np.append(forward.kept, True)[self._activity]
        if not there.all():
            text = [one for one, is_there in zip(text, there.tolist(), strict=True) if is_there]
            cells = cells[there[self._of_text]]
        return "".join(text) % tuple(values[cells].tolist()), len(text)


def _pair(cell: int) -> tuple[int, int]:
    return cell, cell + 1


def _split(ns: Ints) -> Ints:
    return np.stack(np.divmod(ns, 1000), axis=1).ravel()
