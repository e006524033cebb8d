"""`samprof.text` gives what the command line prints, to the letter."""

from pathlib import Path

import pytest
import torch

import samprof
from samprof.cli.main import main
from samprof.errors import TraceError, UsageError
from tests.support.calls import calls
from tests.support.paths import ROOT

TRACE = ROOT / "traces" / "vit_b-cpu-encode-b0001.json.gz"
WIDTH = 90


@pytest.fixture(autouse=True)
def _width(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(WIDTH))


def printed(capsys: pytest.CaptureFixture[str], *command: str | Path) -> str:
    """What a command prints, without empty lines at its end."""
    capsys.readouterr()
    assert main([str(word) for word in command]) == 0
    return capsys.readouterr().out.rstrip("\n")


@pytest.mark.parametrize(
    ("table", "command"),
    [
        (None, ["layers"]),
        ("layers", ["layers"]),
        ("components", ["workload"]),
        ("memory", ["layers", "--memory"]),
        ("ops", ["kernels", "--ops"]),
    ],
)
def test_of_a_trace(
    table: str | None, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    trace = samprof.load(TRACE)
    assert isinstance(trace, samprof.Trace)
    assert samprof.text(trace, table, width=WIDTH) == printed(capsys, *command, TRACE)


def test_down_to_a_depth(capsys: pytest.CaptureFixture[str]) -> None:
    trace = samprof.load(TRACE)
    shallow = samprof.text(trace, depth=1, width=WIDTH)
    assert shallow == printed(capsys, "layers", TRACE, "--depth", "1")
    assert len(shallow) < len(samprof.text(trace, width=WIDTH))


def test_of_kernels(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = calls("samprof", [1, 2], kernels=True).write(tmp_path / "trace.json")
    text = samprof.text(samprof.load(path), "kernels", width=WIDTH)
    assert text.count("\n") > 1
    assert printed(capsys, "kernels", path).startswith(text)


def test_what_the_trace_does_not_hold(tmp_path: Path) -> None:
    trace = samprof.load(calls("samprof", [1], shapes=False).write(tmp_path / "trace.json"))
    with pytest.raises(TraceError, match="kernels: the trace holds no device activity"):
        samprof.text(trace, "kernels")
    with pytest.raises(TraceError, match="ops: the trace holds no shapes"):
        samprof.text(trace, "ops")


@pytest.mark.parametrize(
    ("table", "command"),
    [("layers", ["layers"]), ("components", ["workload"]), ("ops", ["kernels", "--ops"])],
)
def test_with_the_notes_of_the_trace(
    table: str, command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = calls("samprof", [1])
    file.event("cpu_op", "aten::backwards", 2000, -5)
    path = file.write(tmp_path / "trace.json")
    text = samprof.text(samprof.load(path), table, width=WIDTH)
    assert "Note: " in text
    assert text == printed(capsys, *command, path)


def test_of_a_recording() -> None:
    net = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.GELU())
    with samprof.profile(net, name="net", granularity="layer") as recording:
        net(torch.ones(1, 4))
    assert samprof.text(recording) == samprof.text(recording.trace)
    assert "Time accounting of the trace: CPU time: " in samprof.text(recording)


def test_of_ranks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for rank in (0, 1):
        calls("samprof", [1 + rank], kernels=True, pid=rank).write(tmp_path / f"rank{rank}.json")
    ranks = samprof.load(tmp_path)
    assert samprof.text(ranks, width=WIDTH) == printed(capsys, "layers", tmp_path)


@pytest.mark.parametrize(
    ("table", "command"),
    [
        (None, ["scaling"]),
        ("scaling", ["scaling"]),
        ("roles", ["scaling", "--roles"]),
    ],
)
def test_of_a_run(
    table: str | None, command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    traces = {
        size: calls("samprof", [size] * 3).write(tmp_path / f"{size}.json") for size in (1, 4)
    }
    run = samprof.scaling(traces, out=tmp_path / "run")
    assert samprof.text(run, table, width=WIDTH) == printed(capsys, *command, run.path)


def test_what_has_no_such_table() -> None:
    with pytest.raises(UsageError, match=r"no such table; of Trace there are layers, components,"):
        samprof.text(samprof.load(TRACE), "roles")
    with pytest.raises(UsageError, match=r"Linear: it has no tables of samprof; give a recording"):
        samprof.text(torch.nn.Linear(2, 2))  # type: ignore[arg-type]
