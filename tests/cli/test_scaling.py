"""`samprof scaling` on a run of SAM's real encoder classes."""

import json
from pathlib import Path

import pytest

from samprof.cli.main import main


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
    inside = sum(row["unit_ns_largest"] for row in roles if row["path"] != "(outside)")
    assert inside == pytest.approx(root["unit_ns_largest"])
