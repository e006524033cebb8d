"""The script that draws the charts is made once and kept."""

from pathlib import Path

import pytest

from samprof.report import html


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where it is kept; nothing is yet."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "samprof"


def test_it_is_made_once_and_then_taken_from_the_folder(folder: Path) -> None:
    made = html._vega_bundle.__wrapped__()
    (kept,) = folder.iterdir()
    assert kept.name.startswith("vega-")
    assert kept.read_text() == made
    assert "vegaEmbed" in made
    kept.write_text("what is kept")
    assert html._vega_bundle.__wrapped__() == "what is kept"


def test_where_nothing_can_be_kept_it_is_made_again(folder: Path) -> None:
    folder.write_text("a file where the folder should be")
    assert "vegaEmbed" in html._vega_bundle.__wrapped__()
    assert folder.is_file()
