"""The notebook runs from the first cell to the last, in a real kernel, and keeps what it showed.

Anew it runs with a smaller model, which the kernel takes for the one that the notebook asks for.
"""

import os
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

import samprof
from tests.support.paths import ROOT

NOTEBOOK = ROOT / "examples" / "09_notebook.ipynb"
TINY = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from samprof.sam.model import build
from tests.docs.stand_ins import tiny_sam
build._build_small = lambda: tiny_sam(blocks=3)
"""


@pytest.fixture(scope="module")
def kept() -> Any:
    return nbformat.read(NOTEBOOK, as_version=4)


def shown(notebook: Any) -> str:
    """All HTML that the cells gave."""
    parts = [
        output["data"].get("text/html", "")
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "data" in output
    ]
    return "\n".join("".join(part) for part in parts)


def test_it_runs_anew(kept: Any, tmp_path: Path) -> None:
    startup = tmp_path / "ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "tiny.py").write_text(TINY)
    NotebookClient(
        notebook := nbformat.from_dict(kept),
        timeout=300,
        kernel_name="python3",
        resources={"metadata": {"path": str(tmp_path)}},
    ).execute(env={**os.environ, "IPYTHONDIR": str(tmp_path / "ipython")})
    page = shown(notebook)
    assert "global attention" in page
    assert re.search(r"Run batch \d|Undecided, because", page)
    run = samprof.load(tmp_path / "runs" / "example-09")
    assert isinstance(run, samprof.Run)
    assert "image_encoder.blocks.3" not in set(run.scaling()["path"])


def test_what_it_showed_is_kept_and_is_no_error(kept: Any) -> None:
    page = shown(kept)
    assert "global attention" in page
    assert re.search(r"Run batch \d|Undecided, because", page)
    kinds = {o["output_type"] for cell in kept.cells for o in cell.get("outputs", [])}
    assert "error" not in kinds
    assert NOTEBOOK.stat().st_size < 400_000
