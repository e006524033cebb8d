"""`samprof kernels` with FLOPs: by op, in every form."""

import json
from pathlib import Path
from typing import Any

import pytest

from samprof.cli.main import main
from tests.support.tracefile import TraceFile
from tests.trace.test_work import layer


def with_kernels() -> TraceFile:
    """Of tests.trace.test_work: mm on the device for 100 ns, special for 7."""
    file = layer()
    for correlation, (launched, duration) in enumerate([(22, 100), (75, 7)]):
        file.launch(correlation, launched)
        file.kernel(correlation, 300 + 200 * correlation, duration)
    return file


def test_ops_follow_the_kernels(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = with_kernels().write(tmp_path / "trace.json")
    assert main(["kernels", str(path)]) == 0
    text = capsys.readouterr().out
    assert "Device time by op" in text
    line = next(line for line in text.splitlines() if "aten::mm" in line)
    # 48 FLOPs in 100 ns; 104 bytes.
    assert "480 MFLOP/s" in line
    assert "1.04 GB/s" in line
    special = next(line for line in text.splitlines() if "mylib::special" in line)
    assert special.count("no formula") >= 2


def test_ops_alone_also_without_a_device(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = layer().write(tmp_path / "trace.json")
    assert main(["kernels", str(path), "--ops", "--json"]) == 0
    rows: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    assert {row["op"]: row["flops"] for row in rows} == {
        "aten::mm": 48,
        "aten::add": 8,
        "mylib::special": 0,
    }
    assert main(["kernels", str(path), "--ops", "--top", "1"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("CPU time by op")
    assert "aten::add" not in text


def test_without_shapes_ops_are_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = TraceFile()
    file.op("aten::mm", 0, 5)
    path = file.write(tmp_path / "trace.json")
    assert main(["kernels", str(path), "--ops"]) == 2
    assert "record_shapes=True" in capsys.readouterr().err


def test_memory_by_layer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import torch

    import samprof

    net = torch.nn.Sequential(torch.nn.Linear(256, 1024), torch.nn.Linear(1024, 1))
    with torch.inference_mode(), samprof.profile(net, name="net") as recording:
        net(torch.ones(8, 256))
    path = recording.save(tmp_path)
    table = recording.memory().set_index("path")
    # 256 x 1024 + 1024, 1024 + 1 numbers of 4 bytes.
    first, second = 4 * (256 * 1024 + 1024), 4 * 1025
    weights = table["weights_bytes"].to_dict()
    assert weights == {"net": first + second, "net.0": first, "net.1": second, "(outside)": 0}
    assert table.loc["net.0", "kept_bytes"] == 8 * 1024 * 4
    assert main(["layers", str(path), "--memory"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("Memory by layer in ")
    assert "The peak, " in text
    assert main(["layers", str(path), "--memory", "--json"]) == 0
    assert [row["path"] for row in json.loads(capsys.readouterr().out)] == list(table.index)


def test_memory_of_a_trace_without_allocator_events_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = layer().write(tmp_path / "trace.json")
    assert main(["layers", str(path), "--memory"]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1
