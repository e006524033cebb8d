"""Something that is done as soon as a package has been imported, by whomever."""

import importlib.util
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType


@contextmanager
def after_import(name: str, then: Callable[[], None]) -> Iterator[None]:
    """Calls `then` once: now if the package is imported already, else at the end of its import.

    A script that imports no torch must not wait for it, so it cannot simply be imported before.

    Args:
        name: of a top-level package.
        then: takes no arguments.
    """
    if name in sys.modules:
        then()
        yield
        return
    finder = _Finder(name, then)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        finder.remove()


class _Finder(MetaPathFinder):
    """Finds the package as the others do, and adds to its loader what is done afterwards."""

    def __init__(self, name: str, then: Callable[[], None]) -> None:
        self._name = name
        self._then = then
        self._is_searching = False

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The spec of the package; None for every other one, and where there is none."""
        del path, target
        if fullname != self._name or self._is_searching:
            return None
        self._is_searching = True
        try:
            spec = importlib.util.find_spec(fullname)
        finally:
            self._is_searching = False
        # Looking for a package is not importing it: the finder stays until it was loaded.
        loader = spec.loader if spec is not None else None
        if loader is not None:
            load = loader.exec_module

            def load_then_do(module: ModuleType) -> None:
                vars(loader).pop("exec_module")
                load(module)
                self.remove()
                self._then()

            vars(loader)["exec_module"] = load_then_do
        return spec

    def remove(self) -> None:
        """Takes the finder away, if it is still there."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)
