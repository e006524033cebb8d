"""Scripts to run in this process, which is put back in order afterwards."""

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
import torch
from segment_anything import SamPredictor
from segment_anything.modeling import Sam
from torch import nn

from samprof.script.folder import Folder
from samprof.script.roots import Settings
from samprof.script.watch import Watch

Watched = Callable[..., AbstractContextManager[Watch]]


@pytest.fixture(autouse=True)
def _own_main(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What a program leaves changed, because the process is its own, is restored."""
    monkeypatch.setattr(sys, "argv", sys.argv)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def script(tmp_path: Path) -> Callable[[str], str]:
    """Writes a script into the working directory; gives its name."""

    def write(text: str) -> str:
        (tmp_path / "script.py").write_text(text)
        return "script.py"

    return write


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    """Watches this process for the time of a with block; everything is undone after it."""

    @contextmanager
    def watch(**settings: object) -> Iterator[Watch]:
        found = Watch(Settings(**settings), Folder(tmp_path / "traces", tmp_path))  # type: ignore[arg-type]
        replaced = [(nn.Module, "__call__"), (Sam, "__init__"), (SamPredictor, "predict")]
        replaced += [(torch.profiler.profile, "start"), (torch.profiler.profile, "stop")]
        before = [vars(kind)[name] for kind, name in replaced]
        found.start()
        try:
            yield found
        finally:
            found.stop()
        assert [vars(kind)[name] for kind, name in replaced] == before
        assert "__init_subclass__" not in vars(nn.Module)

    return watch
