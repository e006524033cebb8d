"""The notebook runs from the first cell to the last, in a real kernel, and keeps what it showed."""

import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from tests.support.paths import ROOT

NOTEBOOK = ROOT / "examples" / "09_notebook.ipynb"


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
    NotebookClient(
        notebook := nbformat.from_dict(kept),
        timeout=300,
        kernel_name="python3",
        resources={"metadata": {"path": str(tmp_path)}},
    ).execute()
    page = shown(notebook)
    assert "global attention" in page
    assert re.search(r"Run batch \d|Undecided, because", page)
    assert (tmp_path / "runs" / "example-09" / "run.json").is_file()


def test_what_it_showed_is_kept_and_is_no_error(kept: Any) -> None:
    page = shown(kept)
    assert "global attention" in page
    assert re.search(r"Run batch \d|Undecided, because", page)
    kinds = {o["output_type"] for cell in kept.cells for o in cell.get("outputs", [])}
    assert "error" not in kinds
    assert NOTEBOOK.stat().st_size < 400_000
