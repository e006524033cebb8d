"""One callable that a wrapper replaces for a while."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from torch import nn

from samprof.record.ranges.entering import Switch
from samprof.record.ranges.root_calls import Note

_ABSENT = object()


@dataclass(frozen=True, eq=False, slots=True)
class Use:
    """Why a callable is wrapped.

    Attributes:
        user: whose it is; all uses of one user end together.
        name: of the range that is entered.
        note: what is told of the calls.
        instance: of a class's callable, the module whose calls are meant.
    """

    user: object
    name: str = ""
    note: Note | None = None
    instance: nn.Module | None = None


Wrap = Callable[[Any, Sequence[Use], Switch], Any]
"""Makes a wrapper of the original for these uses; with its switch off it calls the original only."""


class Patch:
    """An entry of the `__dict__` of a module, a class or a Python module, replaced while it has uses.

    What someone else puts there meanwhile is theirs and stays. Every change can be interrupted, and is
    then completed by the next one.

    Attributes:
        owner, key: what is replaced, and where.
        original: what stood there before, or was inherited.
        uses: why it is replaced.
    """

    def __init__(self, owner: Any, key: str, wrap: Wrap) -> None:
        self.owner = owner
        self.key = key
        self.uses: tuple[Use, ...] = ()
        self._wrap = wrap
        self._was_there = key in vars(owner)
        self.original = vars(owner)[key] if self._was_there else getattr(owner, key)
        self._wrappers: list[tuple[Any, Switch]] = []  # those that may stand there now
        self._is_settled = True

    def add(self, use: Use) -> None:
        """Wraps the callable for one more use."""
        self._is_settled = False
        self.uses = (*self.uses, use)
        self._settle()

    def remove(self, user: object) -> None:
        """Ends the uses of this user; after the last one the original is back."""
        if self._is_settled and all(use.user is not user for use in self.uses):
            return
        self._is_settled = False
        self.uses = tuple(use for use in self.uses if use.user is not user)
        self._settle()

    @contextmanager
    def away(self) -> Iterator[None]:
        """The original, for as long as the block runs."""
        found = self._found()
        if not self._is_wrapper(found):
            yield
            return
        try:
            self._restore()
            yield
        finally:
            self._put(found)

    def put_back(self, state: dict[str, Any]) -> None:
        """Puts the original into a copy of the owner's `__dict__`, where the wrapper stands in it."""
        if not self._is_wrapper(state.get(self.key, _ABSENT)):
            return
        if self._was_there:
            state[self.key] = self.original
        else:
            del state[self.key]

    def _settle(self) -> None:
        if self._is_theirs(self._found()):
            if not self.uses:
                self._switch_off(self._wrappers)
        elif self.uses:
            self._install()
        else:
            self._switch_off(self._wrappers)
            self._restore()
        self._is_settled = True

    def _install(self) -> None:
        switch = Switch()
        wrapper = self._wrap(self.original, self.uses, switch)
        self._wrappers.append((wrapper, switch))  # known before it stands there
        self._put(wrapper)
        self._switch_off(self._wrappers[:-1])
        self._wrappers = self._wrappers[-1:]

    def _switch_off(self, wrappers: Sequence[tuple[Any, Switch]]) -> None:
        """References that others keep to these wrappers now call the original only."""
        for _, switch in wrappers:
            switch.on = False

    def _found(self) -> Any:
        return vars(self.owner).get(self.key, _ABSENT)

    def _is_wrapper(self, found: Any) -> bool:
        return any(found is wrapper for wrapper, _ in self._wrappers)

    def _is_theirs(self, found: Any) -> bool:
        before = self.original if self._was_there else _ABSENT
        return found is not before and not self._is_wrapper(found)

    def _restore(self) -> None:
        if self._was_there:
            self._put(self.original)
        elif self._found() is not _ABSENT:
            self._take_away()

    def _put(self, value: Any) -> None:
        if isinstance(self.owner, type):
            setattr(self.owner, self.key, value)
        else:  # not setattr, which nn.Module overrides
            vars(self.owner)[self.key] = value

    def _take_away(self) -> None:
        if isinstance(self.owner, type):
            delattr(self.owner, self.key)
        else:
            del vars(self.owner)[self.key]
