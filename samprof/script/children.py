"""The processes that a script starts: they are not recorded, but named."""

from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess


@contextmanager
def named_children() -> Iterator[list[str]]:
    """The names of the processes that multiprocessing starts meanwhile, in order of their start.

    Workers of a `DataLoader` and of a process pool are among them.
    """
    names: list[str] = []
    start = BaseProcess.start

    def start_and_name(self: BaseProcess) -> None:
        start(self)
        names.append(self.name)

    BaseProcess.start = start_and_name  # type: ignore[method-assign]
    try:
        yield names
    finally:
        BaseProcess.start = start  # type: ignore[method-assign]
