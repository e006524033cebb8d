"""`samprof sweep`, `record`, `scaling` and `report` on SAM's real encoder classes."""

import json
from pathlib import Path

import pytest

from samprof.cli.main import main

FORWARDS = ("--repeats", "1", "--warmup", "0")


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small model, each point in a process of its own."""
    out = tmp_path_factory.mktemp("sweep") / "small"
    arguments = ["sweep", "--model", "small", "--device", "cpu", "--batch-sizes", "1,2"]
    assert main([*arguments, "--out", str(out), *FORWARDS]) == 0
    return out


def test_the_run_knows_sam(swept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scaling", str(swept), "--json"]) == 0
    roles = {row["path"]: row["role"] for row in json.loads(capsys.readouterr().out)}
    assert roles["image_encoder"] == "image encoder"
    assert roles["image_encoder.blocks.0.attn"] == "window attention"
    assert roles["image_encoder.blocks.2.attn"] == "global attention"
    assert roles["image_encoder.neck"] == "neck"


def test_roles_partition_the_root(swept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scaling", str(swept), "--json"]) == 0
    root = json.loads(capsys.readouterr().out)[0]
    assert main(["scaling", str(swept), "--json", "--roles"]) == 0
    roles = json.loads(capsys.readouterr().out)
    inside = sum(row["time_ns_2"] for row in roles if row["path"] != "(outside)")
    assert inside == root["time_ns_2"]


def test_layers_of_a_run_are_those_of_one_batch_size(
    swept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["layers", str(swept), "--batch-size", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["calls"] == 2  # one to get going, one repeat
    assert main(["layers", str(swept), "--batch-size", "16"]) == 2
    assert "no trace of b0016; there are traces of batch 1, 2" in capsys.readouterr().err
    assert main(["check", str(swept)]) == 0


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
                "gains",
                "roofline",
                "modules",
                "lanes",
            )
        ),
    ]
    text = page.read_text()
    assert text.startswith("<!doctype html>")
    assert f"samprof sweep --model small --device cpu --batch-sizes 1,2 --out {swept}" in text


def test_a_model_that_cannot_be_had_leaves_no_directory(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weights = tmp_path / "weights.pth"
    weights.write_bytes(b"not a checkpoint")
    out = tmp_path / "out"
    for arguments, words in [
        (["--checkpoint", str(weights)], "not a PyTorch checkpoint"),
        (["--checkpoint", str(tmp_path / "none.pth"), "--engine", "process"], "no such file"),
        (["--device", "cuda:99", "--engine", "process"], "no such device here"),
    ]:
        command = ["sweep", "--model", "small", *arguments, "--batch-sizes", "1"]
        assert main([*command, "--out", str(out), *FORWARDS]) == 2
        error = capsys.readouterr().err
        lines = [line for line in error.splitlines() if line.startswith("samprof:")]
        assert len(lines) == 1
        assert words in lines[0]
        assert not out.exists()


def test_record_writes_a_trace_that_the_other_commands_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "recorded"
    arguments = ["record", "--model", "small", "--device", "cpu", "--steps", "2", "--warmup", "0"]
    assert main([*arguments, "--out", str(out), "--json"]) == 0
    recorded = json.loads(capsys.readouterr().out)
    assert recorded[0]["calls"] == 2
    assert main(["layers", str(out), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == recorded
