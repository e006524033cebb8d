"""`samprof predict`: tables, the table of devices, wrong arguments."""

import json
from pathlib import Path

import pytest

from samprof.cli.main import main


def test_it_prints_what_a_sweep_prints(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "run"
    command = ["predict", "--model", "small", "--device", "L40S", "--batch-sizes", "1,2"]
    assert main([*command, "--out", str(out)]) == 0
    text = capsys.readouterr().out
    assert "small image_encoder, float32, NVIDIA L40S, predicted" in text
    assert "90% within" in text
    assert "Predicted from shapes, datasheets and traces of other devices, not measured" in text
    assert main(["scaling", str(out), "--json"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert main([*command, "--json"]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out) == again
    assert "note: Predicted from shapes" in captured.err


def test_the_table_of_devices(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", "--table"]) == 0
    text = capsys.readouterr().out
    assert "RTX4090" in text
    assert main(["predict", "--table", "--json"]) == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows["T4"]["bfloat16"] is None
    assert rows["A100"]["float32"] == 19.5e12


@pytest.mark.parametrize(
    ("arguments", "cause"),
    [
        (["--model", "small"], "no device is given"),
        (["--device", "L4"], "give a run or --model"),
        (["run", "--model", "small", "--device", "L4"], "give a run or --model"),
        (["--model", "vit_x", "--device", "L4"], "unknown model"),
        (["nowhere", "--device", "L4"], "nowhere"),
        (["--model", "small", "--device", "L4", "--batch-sizes", "two"], "not a size"),
    ],
)
def test_wrong_arguments_are_one_line(
    arguments: list[str], cause: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["predict", *arguments]) == 2
    error = capsys.readouterr().err
    assert cause in error
    assert error.count("\n") == 1
