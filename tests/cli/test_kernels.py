"""`samprof kernels`: device time per kernel, and per op with FLOPs, in every form."""

import json
from pathlib import Path
from typing import Any

import pytest

from samprof.cli.main import main
from tests.support.command_line import output
from tests.support.op_traces import layer
from tests.support.tracefile import TraceFile

MS = 1_000_000


def with_kernels() -> TraceFile:
    """Of tests.support.op_traces: mm on the device for 100 ns, special for 7."""
    file = layer()
    for correlation, (launched, duration) in enumerate([(22, 100), (75, 7)]):
        file.launch(correlation, launched)
        file.kernel(correlation, 300 + 200 * correlation, duration)
    return file


def test_kernels_are_summed_by_name(trace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = json.loads(output(capsys, "kernels", trace, "--json"))
    assert [(row["name"], row["calls"], row["total_ns"]) for row in rows] == [
        ("gemm", 2, 6 * MS),
        ("copy", 1, MS),
    ]
    each = json.loads(output(capsys, "kernels", trace, "--json", "--each"))
    assert [row["owner"] for row in each] == ["net.block", "net.block", "(outside)"]
    assert "gemm" in output(capsys, "kernels", trace, "--top", "1")


def test_a_root_has_the_kernels_of_the_layers_inside_it(
    trace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = json.loads(output(capsys, "kernels", trace, "--json", "--root", "net.block"))
    # 6 ms of 7 ms: the share is that of all device time.
    assert [(row["name"], row["total_ns"], row["share"]) for row in rows] == [
        ("gemm", 6 * MS, pytest.approx(6 / 7))
    ]
    each = output(capsys, "kernels", trace, "--each", "--root", "net")
    assert each.count("net.block") == 2
    assert each.count("57.1") == 1  # 4 ms of 7 ms
    assert "copy" not in each
    assert main(["kernels", str(trace), "--root", "net.blok"]) == 2
    assert capsys.readouterr().err == (
        "samprof: kernels: --root net.blok: no such layer; the nearest: net.block\n"
    )
    assert main(["kernels", str(trace), "--root", "net", "--ops"]) == 2
    assert "ops are summed over all layers; leave out --ops" in capsys.readouterr().err


def test_device_time_is_not_made_up(cpu_trace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["kernels", str(cpu_trace)]) == 2
    assert "the trace holds no device activity" in capsys.readouterr().err


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
