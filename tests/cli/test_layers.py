"""`samprof layers`: time and memory per layer."""

import json
from pathlib import Path

import pytest

from samprof.cli.main import main
from tests.cli.conftest import MS
from tests.support.calls import calls
from tests.support.command_line import output
from tests.support.compiled import compiled_file
from tests.support.tracefile import TraceFile
from tests.trace.tables.test_op_costs import layer


def test_the_table_comes_with_the_time_accounting(
    trace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = output(capsys, "layers", trace)
    assert "Device time in us" in text or "Device time in ms" in text
    assert "attributed 6.00 ms + outside 1.00 ms + no launch 0 ns" in " ".join(text.split())
    assert "= total 7.00 ms (exact)" in " ".join(text.split())


def test_times_are_those_of_one_call_unless_sums_are_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = calls("samprof", [2, 2, 2, 2], kernels=True).write(tmp_path / "trace.json")
    for words, head, numbers in [  # each call launches one kernel of 500 ns inside net.second
        ((), "Device time per call of net, in ns: the mean of 4", ["1", "500.0", "0.0", "0.0"]),
        (
            ("--total",),
            "Device time in ns, the sum of 4 calls of net",
            ["4", "2000.0", "0.0", "0.0"],
        ),
    ]:
        lines = output(capsys, "layers", path, *words).splitlines()
        assert lines[0] == head
        assert lines[3].split()[:5] == ["net", *numbers]
        assert lines[-2].startswith("Time accounting of the trace: Device time: attributed 2.00 us")
    rows = json.loads(output(capsys, "layers", path, "--json"))
    assert (rows[0]["calls"], rows[0]["device_total_ns"]) == (4, 2000)


def test_device_time_is_not_made_up(cpu_trace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["layers", str(cpu_trace), "--time-source", "device"]) == 2
    assert "the trace holds no device activity; use --time-source cpu" in capsys.readouterr().err
    assert "CPU time in" in output(capsys, "layers", cpu_trace)


def test_a_root_limits_the_rows_to_its_inside(
    trace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = json.loads(output(capsys, "layers", trace, "--json", "--root", "net.block"))
    assert [(row["path"], row["depth"]) for row in rows] == [("net.block", 0)]
    text = output(capsys, "layers", trace, "--root", "net.block")
    assert "85.7" in text  # 6 ms of all 7 ms
    assert "(outside)" not in text.partition("Time accounting")[0]
    assert "= total 7.00 ms (exact)" in " ".join(text.split())
    assert main(["layers", str(trace), "--root", "block"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == (
        "samprof: layers: --root block: no such layer; the nearest: net.block\n"
    )


def test_nested_annotations_show_where_they_differ(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    outer = "generate_masks for one photo of the collection, step"
    file = TraceFile()
    for step in (1, 2):
        start = 10 * step * MS
        file.annotation(f"{outer} {step}", start, 9 * MS)
    path = file.write(tmp_path / "trace.json")
    lines = output(capsys, "layers", path, "--by", "annotation").splitlines()
    shown = [line.split("  ")[0].strip() for line in lines if "step" in line]
    assert [text[0] for text in shown] == ["…", "…"]
    assert [text[-6:] for text in shown] == ["step 1", "step 2"]


def test_memory_per_layer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
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


def test_what_layers_share_is_a_row_or_a_part_of_what_is_around_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = compiled_file().write(tmp_path / "trace.json")
    shown = output(capsys, "layers", path)
    assert "(self) + norm" in shown
    assert "compiled region, split by what its kernels were made from" in " ".join(shown.split())
    assert "+" not in output(capsys, "layers", path, "--fused", "parent").partition("Time acc")[0]
    sets, parent = (
        {row["path"]: row["cpu_self_ns"] for row in json.loads(text)}
        for text in (
            output(capsys, "layers", path, "--json"),
            output(capsys, "layers", path, "--json", "--fused", "parent"),
        )
    )
    assert sum(sets.values()) == sum(parent.values())
    assert parent["net.blocks.0"] == 300
    assert set(sets) - set(parent) == {"net.blocks.0.(self) + norm", "net.blocks.0 + head"}


def test_ranks_show_what_layers_share(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for rank in (0, 1):
        compiled_file().write(tmp_path / f"rank{rank}.json")
    assert main(["layers", str(tmp_path), "--fused", "parent"]) == 2
    assert "--fused parent: ranks show sets of layers" in capsys.readouterr().err
