"""Holistic Trace Analysis beside samprof: the same to the nanosecond, or the difference explained."""

import json
import logging
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch

import samprof
from bench._options import Hard
from bench.traces import Truth, write_trace
from samprof.bridges.hta import compared, trace_analysis
from samprof.bridges.hta_text import hta_text
from samprof.cli.main import main
from samprof.errors import MissingPackageError, RunError, TraceError
from samprof.sweep.run import Run
from samprof.trace import load_trace
from tests.support.targets import WIDTH, Net
from tests.support.tracefile import TraceFile

EXACT = "HTA_DISABLE_NS_ROUNDING"
TRACES = Path(__file__).parents[3] / "shared" / "traces"
Made = tuple[Path, Truth, pd.DataFrame]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A trace of a device, the truth about it, and HTA's figures beside samprof's."""
    path = tmp_path_factory.mktemp("made") / "trace.json.gz"
    truth = write_trace(path, 9000, Hard(outside=True), steps=2)
    return path, truth, figures(path)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run of one batch size, recorded on the CPU."""
    out = tmp_path_factory.mktemp("runs") / "cpu"
    return samprof.sweep(Net(), torch.ones(1, WIDTH), [1], out=out, name="net", repeats=1)


def figures(path: Path) -> pd.DataFrame:
    return compared(trace_analysis({0: path}), {0: load_trace(path)})


def figure(table: pd.DataFrame, analysis: str, item: str) -> dict[str, Any]:
    found = table[(table["analysis"] == analysis) & (table["item"] == item)]
    assert len(found) == 1
    return {str(name): value for name, value in found.iloc[0].items()}


def test_device_time_by_kind_is_htas_to_the_nanosecond(made: Made) -> None:
    path, truth, table = made
    kernels = load_trace(path).kernels()
    sums = kernels.groupby("kind")["dur_ns"].sum()
    expected = {
        "computation": sums["kernel"],
        "memory": sums["memcpy"] + sums["memset"],
        "all": truth.device_ns,
    }
    for item, whole in expected.items():
        row = figure(table, "kernel breakdown", item)
        assert (row["hta"], row["samprof"], row["difference"]) == (whole, whole, 0)
    by_name = table[table["analysis"] == "kernels by name"]
    assert by_name["hta"].sum() == truth.device_ns
    assert by_name.set_index("item")["hta"].to_dict() == (
        kernels.groupby("name")["dur_ns"].sum().to_dict()
    )
    launches = figure(table, "launch statistics", "launches")
    assert launches["hta"] == launches["samprof"] == truth.activities


def test_idle_and_busy_times_are_htas_but_for_its_rounding(made: Made) -> None:
    _, truth, table = made
    parts = ("idle_time", "compute_time", "non_compute_time")
    rows = {item: figure(table, "temporal breakdown", item) for item in (*parts, "kernel_time")}
    assert sum(rows[item]["samprof"] for item in parts) == rows["kernel_time"]["samprof"]
    # Times in this trace are doubles of microseconds about half a nanosecond apart.
    for row in rows.values():
        assert abs(row["difference"]) <= truth.activities
        assert (row["reason"] == "") == (row["difference"] == 0)
    both = table[table["difference"].notna()]
    assert not both["reason"].str.contains("not explained").any()
    assert both.loc[both["difference"] != 0, "reason"].str.contains("HTA (?:keeps|rounds)").all()


def test_every_difference_has_its_cause(tmp_path: Path) -> None:
    file = TraceFile()
    for number in range(2):
        file.step(number, number * 10_000, 9_000)
    kernels = {
        1: (1_000, 50_000, 1_001, "gemm"),  # launch, start, duration
        2: (11_000, 60_000, 2_003, "Memcpy HtoD (Pageable -> Device)"),
        3: (12_000, 70_000, 4_007, "mySyncThing"),
        4: (20_000, 80_000, 8_009, "gemm"),  # launched after the last step, which ends at 19000
    }
    for correlation, (launch, start, duration, name) in kernels.items():
        file.launch(correlation, launch, 500)
        file.kernel(correlation, start, duration, name=name)
    file.kernel(5, 90_000, 16_001)  # no launch
    file.launch(6, 13_000, 100, name="hipLaunchKernel")
    file.kernel(6, 100_000, 32_003)
    file.launch(6, 13_200, 100, name="cuLaunchKernel", cat="cuda_driver")  # the same id
    args = {"stream": 7, "correlation": 1}
    file.event("cuda_sync", "waiting", 40_000, 64_007, pid=0, tid=7, args=args)
    table = figures(file.write(tmp_path / "trace.json"))

    # By HTA 1001 + 32003 twice + the wait 64007; in fact 1001 + 8009 + 16001 + 32003.
    computation = figure(table, "kernel breakdown", "computation")
    assert (computation["hta"], computation["samprof"]) == (129_014, 57_014)
    assert computation["reason"].split("; ") == [
        "HTA leaves out 1 (8009 ns): launched after the last marked step",
        "HTA leaves out 1 (16001 ns): their launch is not in the trace",
        "HTA counts 1 more (64007 ns): no device activity (cuda_sync)",
        "HTA counts 1 more (32003 ns): again, as several launch records have their correlation id",
    ]
    memory = figure(table, "kernel breakdown", "memory")
    assert (memory["hta"], memory["samprof"], memory["reason"]) == (2_003, 2_003, "")
    other = figure(table, "kernel breakdown", "other")
    assert (other["hta"], other["samprof"]) == (0, 4_007)
    assert other["reason"] == "HTA's breakdown has no names like mySyncThing"
    whole = figure(table, "kernel breakdown", "all")
    assert (whole["hta"], whole["samprof"]) == (131_017, 63_024)
    launches = figure(table, "launch statistics", "launches")
    assert launches["samprof"] == 5
    assert "HTA looks at no" in launches["reason"]
    assert not table["reason"].str.contains("not explained").any()
    text = " ".join(hta_text(table, 80).split())
    assert "(a) HTA leaves out 1 (8009 ns): launched after the last marked step; HTA" in text
    assert "the others explained" in text


def test_one_kernel_has_no_idle_time_and_nothing_to_explain(tmp_path: Path) -> None:
    file = TraceFile()
    file.launch(1, 1_000, 500)
    file.kernel(1, 50_000, 1_234)
    table = figures(file.write(tmp_path / "trace.json"))
    both = table[table["difference"].notna()]
    assert (both["hta"] == both["samprof"]).all()
    assert figure(table, "launch statistics", "from launch to start")["hta"] == 48_500
    for width in (80, None):
        text = hta_text(table, width)
        assert f"{len(both)} of {len(both)} figures are the same." in text
        assert "1234" in text


@pytest.mark.parametrize("name", ["alexnet-a100", "graph-launch-modules", "triton-a100"])
def test_real_traces_leave_nothing_unexplained(name: str) -> None:
    path = TRACES / f"{name}.json.gz"
    if not path.exists():
        pytest.skip("the real traces are not here")
    table = figures(path)
    both = table[table["difference"].notna()]
    assert len(both) > 10
    assert (both["reason"] == "").tolist() == (both["difference"] == 0).tolist()
    assert not table["reason"].str.contains("not explained").any()
    total = figure(table, "kernel breakdown", "all")["samprof"]
    assert total == load_trace(path).kernels()["dur_ns"].sum()


def test_many_events_with_small_correlation_ids_are_read(tmp_path: Path) -> None:
    # HTA keeps row numbers in the type of the ids: with pandas 3 it fails from 32768 rows on.
    file = TraceFile()
    for number in range(33_000):
        file.op("aten::add", 10 * number, 5)
    file.launch(1, 400_000)
    file.kernel(1, 500_000, 123)
    path = file.write(tmp_path / "trace.json")
    events = trace_analysis({0: path}).t.get_trace(0)
    assert (events.loc[events["stream"] == 7, "index_correlation"] == 33_000).all()


def test_exact_times_are_asked_for_while_htas_reads_and_no_longer(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    import hta.common.trace as reader

    path, *_ = made
    before, level = reader.transform_correlation_to_index, logging.getLogger("hta").level
    for value in (None, "0"):
        monkeypatch.delenv(EXACT, raising=False)
        if value is not None:
            monkeypatch.setenv(EXACT, value)
        events = trace_analysis({0: path}).t.get_trace(0)
        assert os.environ.get(EXACT) == value
        on_device = events[events["stream"] != -1]
        assert ((on_device["dur"] * 1000).round() % 1000 != 0).any()
    assert reader.transform_correlation_to_index is before
    assert logging.getLogger("hta").level == level


def test_a_point_is_ready_for_hta_without_a_word(
    run: Run, capfd: pytest.CaptureFixture[str], recwarn: pytest.WarningsRecorder
) -> None:
    analysis = run.hta(1)
    assert analysis.t.get_ranks() == [0]
    assert analysis.t.trace_files == {0: str(run.trace_path(1).resolve())}
    assert capfd.readouterr() == ("", "")
    assert not list(recwarn)
    with pytest.raises(RunError, match="no trace of b0003; there are traces of batch 1"):
        run.hta(3)


def test_hta_finds_the_rank_in_what_samprof_writes(
    run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    from hta.common.trace_file import get_trace_files

    path = run.trace_path(1)
    with caplog.at_level(logging.WARNING, "hta"):
        assert get_trace_files(str(path.parent)) == {0: str(path)}
    assert not caplog.records


def test_a_recording_is_ready_for_hta() -> None:
    net = Net()
    with samprof.profile(net, name="net") as recording:
        net(torch.ones(1, WIDTH))
    analysis = recording.hta()
    names = analysis.t.symbol_table.get_sym_id_map()
    assert "samprof:net.first" in names
    assert analysis.t.get_ranks() == [0]


def test_the_command_prints_both_and_why_they_differ(
    made: Made, capfd: pytest.CaptureFixture[str]
) -> None:
    path, truth, table = made
    assert main(["hta", str(path), "--top", "3"]) == 0
    out, error = capfd.readouterr()
    for title in ("Kernel breakdown", "Temporal", "Idle time", "Launch statistics"):
        assert title in out
    same = int((table["difference"] == 0).sum())
    assert f"{same} of {table['difference'].count()} figures are the same" in out
    assert error == ""
    assert main(["hta", str(path), "--json"]) == 0
    rows = json.loads(capfd.readouterr().out)
    (whole,) = (
        row for row in rows if (row["analysis"], row["item"]) == ("kernel breakdown", "all")
    )
    assert (whole["hta"], whole["samprof"], whole["difference"]) == (truth.device_ns,) * 2 + (0,)


def test_of_a_folder_of_ranks_each_has_its_figures(
    made: Made, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path, truth, _ = made
    other = write_trace(tmp_path / "rank1.json.gz", 4400, steps=1, seed=1)
    shutil.copy(path, tmp_path / "rank0.json.gz")
    assert main(["hta", str(tmp_path), "--json"]) == 0
    rows = json.loads(capfd.readouterr().out)
    whole = {
        row["rank"]: row["hta"]
        for row in rows
        if (row["analysis"], row["item"]) == ("kernel breakdown", "all")
    }
    assert whole == {0: truth.device_ns, 1: other.device_ns}


def test_a_trace_without_device_activity_is_one_line(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert one_line(["hta", str(run.path)], capsys).endswith(
        "the trace holds no device activity; HTA analyses kernels only: use samprof layers"
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere"], "load: nowhere: no such file"),
        (["RUN", "--batch-size", "9"], "no trace of b0009; there are traces of batch 1"),
        (["RUN", "--variant", "odd"], "no point of variant odd"),
        (["TRACE", "--batch-size", "1"], "hta: --batch-size: a trace has neither sizes nor"),
    ],
)
def test_bad_input_is_one_line(
    run: Run, made: Made, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = {"RUN": str(run.path), "TRACE": str(made[0])}
    assert said in one_line(["hta", *(paths.get(word, word) for word in arguments)], capsys)


def test_what_hta_cannot_use_is_one_line(made: Made, tmp_path: Path) -> None:
    path = tmp_path / "trace.of-mine"  # HTA goes by the end of the name
    shutil.copy(made[0], path)
    with pytest.raises(TraceError, match=r"hta: .*of-mine: HTA cannot use it \(ValueError"):
        trace_analysis({0: path})


def test_without_hta_it_says_what_to_install(
    made: Made, run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "hta.trace_analysis", None)
    assert one_line(["hta", str(made[0])], capsys).endswith("pip install 'samprof[hta]'")
    ready: Callable[[], object] = run.hta
    with pytest.raises(MissingPackageError, match="HolisticTraceAnalysis: not installed"):
        ready()


def one_line(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """What the command says on stderr as it fails."""
    assert main(arguments) == 2
    out, error = capsys.readouterr()
    assert out == ""
    assert error.count("\n") == 1
    return error.strip()
