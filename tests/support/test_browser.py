"""Without a browser a test that needs one is skipped and says why; with CI=true it fails."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import ROOT

TEST = """
pytest_plugins = ["tests.support.browser"]

def test_page(page):
    assert page.title() == ""
"""


@pytest.mark.parametrize(
    ("ci", "program", "code", "words"),
    [
        ("", "", 0, "no Chromium here: install the system's package chromium"),
        ("", "exit 1", 0, "chromium does not start: "),
        ("true", "", 1, "no Chromium here: install the system's package chromium"),
    ],
)
def test_without_a_browser(tmp_path: Path, ci: str, program: str, code: int, words: str) -> None:
    (tmp_path / "test_page.py").write_text(TEST)
    if program:
        chromium = tmp_path / "chromium"
        chromium.write_text(f"#!/bin/sh\n{program}\n")
        chromium.chmod(0o755)
    # Nothing but this folder is on the PATH.
    variables = {**os.environ, "CI": ci, "PATH": str(tmp_path), "PYTHONPATH": str(ROOT)}
    settings = ["-c", str(ROOT / "pyproject.toml"), "-p", "no:cacheprovider", "--no-header"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *settings, "-rsE", str(tmp_path / "test_page.py")],
        env=variables,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout
    assert words in done.stdout
    assert ("1 error" if code else "1 skipped") in done.stdout
