"""How a program ends that was run inside samprof: its exit code, and its own traceback."""

import sys
from pathlib import Path
from types import TracebackType

FAILED = 1
_PACKAGE = Path(__file__).parents[1]
_AROUND = (
    str(_PACKAGE / "script"),
    str(_PACKAGE / "cli"),
    str(_PACKAGE / "record" / "ranges" / "entering.py"),
    str(_PACKAGE / "record" / "ranges" / "other_threads.py"),
)
"""Where samprof's own frames around and inside a program's calls come from."""


def exit_code_of(ending: SystemExit) -> int:
    """The exit code as Python takes it; a message is written to stderr."""
    if ending.code is None:
        return 0
    if isinstance(ending.code, int):
        return ending.code
    sys.stderr.write(f"{ending.code}\n")
    return FAILED


def show_failure(error: BaseException) -> None:
    """Shows an exception that a program did not catch as Python does, without samprof's frames."""
    known: set[int] = set()
    chain: list[BaseException | None] = [error]
    while chain:
        found = chain.pop()
        if found is not None and id(found) not in known:
            known.add(id(found))
            found.__traceback__ = _own_frames(found.__traceback__)
            chain += [found.__cause__, found.__context__]
    sys.excepthook(type(error), error, error.__traceback__)


def _own_frames(traceback: TracebackType | None) -> TracebackType | None:
    """The traceback without the frames of samprof and of the module that runs modules."""
    frames = []
    while traceback is not None:
        if not _is_around(traceback):
            frames.append(traceback)
        traceback = traceback.tb_next
    for outer, inner in zip(frames, [*frames[1:], None], strict=False):
        outer.tb_next = inner
    return frames[0] if frames else None


def _is_around(traceback: TracebackType) -> bool:
    frame = traceback.tb_frame
    return frame.f_globals.get("__name__") == "runpy" or frame.f_code.co_filename.startswith(
        _AROUND
    )
