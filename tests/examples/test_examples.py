"""Every example runs, and an example without a test fails here."""

import runpy
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


def run(name: str, *arguments: str) -> None:
    runpy.run_path(str(EXAMPLES / name))["main"](*arguments)


def test_01_profile_encoder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("01_profile_encoder.py", "small", str(tmp_path))
    text = capsys.readouterr().out
    assert "blocks.5" in text
    assert "add_decomposed_rel_pos()" in text
    assert "The books are exact." in text
    assert (tmp_path / "rank0.pt.trace.json.gz").is_file()


def test_02_batch_scaling(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("02_batch_scaling.py", str(tmp_path), "1", "2")
    text = capsys.readouterr().out
    assert "window attention" in text
    assert "Run batch" in text


def test_every_example_has_a_test() -> None:
    tested = {name.removeprefix("test_") for name in globals() if name.startswith("test_0")}
    assert {path.stem for path in EXAMPLES.glob("*.py")} == tested
