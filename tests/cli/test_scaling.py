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


def test_a_root_limits_the_rows_to_its_inside(
    swept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = "image_encoder.blocks.2"
    command = ["scaling", str(swept), "--root", root]
    assert main([*command, "--depth", "1", "--json"]) == 0
    rows = [(row["path"], row["depth"]) for row in json.loads(capsys.readouterr().out)]
    assert rows == [
        (root, 0),
        *((f"{root}.{name}", 1) for name in ("norm1", "attn", "norm2", "mlp")),
    ]
    assert main(command) == 0
    table, _, _ = capsys.readouterr().out.partition("Time accounting")
    assert ".blocks.2 " in table
    assert "neck" not in table
    assert main([*command, "--roles"]) == 2
    assert "roles are summed over the whole model; leave out --roles" in capsys.readouterr().err


def test_roles_partition_the_root(swept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scaling", str(swept), "--json"]) == 0
    root = json.loads(capsys.readouterr().out)[0]
    assert main(["scaling", str(swept), "--json", "--roles"]) == 0
    roles = json.loads(capsys.readouterr().out)
    inside = sum(row["unit_ns_largest"] for row in roles if row["path"] != "(outside)")
    assert inside == pytest.approx(root["unit_ns_largest"])
