"""The script that draws the charts is made once and cached."""

from pathlib import Path

import pytest

from samprof.report.page.vega_script import vega_bundle


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache directory, empty."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "samprof"


def test_it_is_made_once_and_then_read_from_the_cache(folder: Path) -> None:
    made = vega_bundle.__wrapped__()
    (cached,) = folder.iterdir()
    assert cached.name.startswith("vega-")
    assert cached.read_text() == made
    assert "vegaEmbed" in made
    cached.write_text("what is cached")
    assert vega_bundle.__wrapped__() == "what is cached"


def test_without_a_cache_directory_it_is_made_again(folder: Path) -> None:
    folder.write_text("a file where the folder should be")
    assert "vegaEmbed" in vega_bundle.__wrapped__()
    assert folder.is_file()
