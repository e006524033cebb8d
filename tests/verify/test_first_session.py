"""The command of docs/results/README.md for the first session on a GPU, in dry form and out of time."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.docs.blocks import blocks_of
from tests.docs.commands import requirements
from tests.support.paths import ROOT

PAGE = ROOT / "docs" / "results" / "README.md"
SHOWS_PROGRESS = "rich"  # which verify does not, so that it need not be there
WITHOUT_TIME = "verify --dry --minutes 0 --only batching"
MOST_FILES = 8


def test_the_command_leaves_few_files_and_what_did_not_fit_is_no_failure(tmp_path: Path) -> None:
    (block,) = (one for one in blocks_of(PAGE) if "${OUT:-.}" in one.text)
    python = f"PYTHONPATH='{ROOT}' '{sys.executable}'"
    command = block.text.replace("PYTHONPATH=runs/site:. python3", python)
    command = command.replace(" verify ", f" {WITHOUT_TIME} ")
    fetched = tmp_path / "fetched"
    fetched.mkdir()
    done = subprocess.run(
        ["sh", "-e", "-c", command],
        cwd=tmp_path,
        env={**os.environ, "OUT": str(fetched), "XDG_CACHE_HOME": str(tmp_path / "cache")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    left = sorted(path.name for path in fetched.iterdir())
    assert left == ["checks.txt", "published.md", "results.json", "verify.tar.gz"]
    assert len(left) <= MOST_FILES
    lines = done.stdout.splitlines()
    assert (fetched / "checks.txt").read_text().splitlines() == lines[: lines.index("")]
    # Nothing was measured: nothing is said of it, and nothing of that is a fault.
    assert "not run batching: small: answers: none of its points ran" in lines
    assert "not run figures: small: figures: none of its points ran" in lines
    assert lines[-2].startswith("0 pass, 0 fail, ")
    assert lines[-1].startswith("No check failed in this dry run")


def test_every_package_that_samprof_needs_is_named_for_a_machine_without_internet() -> None:
    needed = {re.split("[<>=;]", one)[0].strip() for one in requirements()} - {SHOWS_PROGRESS}
    assert {"torch", "scipy"} <= needed
    (sentence,) = re.findall(r"^It needs Python .*?\. ", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    (others,) = re.findall(
        r"^On a bare machine, add .*?;", PAGE.read_text(), re.MULTILINE | re.DOTALL
    )
    wheels = " ".join(one.text for one in blocks_of(PAGE) if "pip download" in one.text)
    assert [name for name in sorted(needed - {"isal"}) if name not in sentence] == []
    assert [name for name in sorted(needed - {"torch"}) if name not in others + wheels] == []
