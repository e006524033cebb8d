"""The directory of a script's traces: a new one, made late."""

from pathlib import Path

import pytest

from samprof.errors import UsageError
from samprof.script.folder import Folder

USUAL = Path("runs/encode")


def test_it_is_made_when_it_is_needed_and_not_before(tmp_path: Path) -> None:
    folder = Folder(None, USUAL)
    assert folder.path == tmp_path / USUAL
    assert not Path("runs").exists()
    assert folder.made() == folder.made() == tmp_path / USUAL
    assert folder.path.is_dir()


def test_the_usual_one_gets_a_number_where_it_is_taken(tmp_path: Path) -> None:
    for name in ("encode", "encode-2"):
        assert Folder(None, USUAL).made() == tmp_path / "runs" / name
    first, second = Folder(None, USUAL), Folder(None, USUAL)
    assert first.path == second.path == tmp_path / "runs" / "encode-3"
    assert first.made() == tmp_path / "runs" / "encode-3"
    assert second.made() == tmp_path / "runs" / "encode-3-2"


def test_a_given_one_may_be_empty_but_holds_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert Folder("empty", USUAL).made() == tmp_path / "empty"
    assert Folder("a/new/one", USUAL).made() == tmp_path / "a" / "new" / "one"
    (tmp_path / "file").write_text("")
    for taken in ("a", "file"):
        with pytest.raises(UsageError, match=f"run: --out {taken}: it exists, and is not an empty"):
            Folder(taken, USUAL)


def test_a_changed_working_directory_does_not_move_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "other").mkdir()
    folder = Folder("out", USUAL)
    monkeypatch.chdir("other")
    assert folder.made() == tmp_path / "out"
