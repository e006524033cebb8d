"""`samprof report`: the page and the figures of a run."""

from pathlib import Path

import pytest

from samprof.cli.main import main


def test_the_report_and_figures_go_where_they_are_asked(
    swept: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page, figures = tmp_path / "page.html", tmp_path / "pictures"
    assert main(["report", str(swept), "-o", str(page), "--figures", str(figures)]) == 0
    assert capsys.readouterr().out.split() == [
        str(page),
        *(
            str(figures / f"{name}.png")
            for name in (
                "components",
                "batching",
                "layers",
                "speedup",
                "roofline",
                "modules",
                "timeline",
            )
        ),
    ]
    text = page.read_text()
    assert text.startswith("<!doctype html>")
    assert f"samprof sweep --model small --device cpu --batch-sizes 1,2 --out {swept}" in text
