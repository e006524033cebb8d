"""What is done after an import, whoever imports and however often someone looks."""

import importlib.util
import sys
from pathlib import Path

import pytest

from samprof.script.on_import import after_import


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A package that says when it is imported, and whether it is complete."""
    text = "if fails: raise OSError('again')\ncomplete = True\n"
    (tmp_path / "late_package.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "late_package", raising=False)
    monkeypatch.setattr("builtins.fails", False, raising=False)
    return "late_package"


def test_it_is_done_once_when_the_package_is_complete(package: str) -> None:
    done, finders = [], list(sys.meta_path)
    with after_import(package, lambda: done.append(sys.modules[package].complete)):
        assert importlib.util.find_spec(package) is not None  # looking is not importing
        importlib.import_module("json")
        assert done == []
        module = importlib.import_module(package)
        assert done == [True]
        assert module.__spec__ is not None
        assert set(vars(module.__spec__.loader)) == {"name", "path"}
        importlib.reload(module)
    assert done == [True]
    assert sys.meta_path == finders


def test_it_is_done_at_once_where_the_package_is_imported_already() -> None:
    done = []
    with after_import("json", lambda: done.append(1)):
        assert done == [1]


def test_it_is_done_after_a_second_try(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    done = []
    with after_import(package, lambda: done.append(1)):
        monkeypatch.setattr("builtins.fails", True)
        with pytest.raises(OSError, match="again"):
            importlib.import_module(package)
        assert done == []
        monkeypatch.setattr("builtins.fails", False)
        importlib.import_module(package)
        assert done == [1]


def test_nothing_is_left_behind_without_the_import(package: str) -> None:
    finders = list(sys.meta_path)
    with after_import(package, lambda: pytest.fail("not imported")):
        pass
    importlib.import_module(package)
    assert sys.meta_path == finders


def test_a_package_that_is_not_there_is_not_found() -> None:
    with after_import("no_such_package", lambda: None):
        assert importlib.util.find_spec("no_such_package") is None
        with pytest.raises(ModuleNotFoundError):
            importlib.import_module("no_such_package")
