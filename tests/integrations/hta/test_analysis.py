"""HTA reads traces with exact times, under their rank, and says nothing."""

import logging
import os
import shutil
from pathlib import Path

import pytest
import torch

import samprof
from samprof.errors import RunError, TraceError
from samprof.integrations.hta.analysis import trace_analysis
from samprof.sweeps.run.run import Run
from tests.support.hta import Made
from tests.support.targets import WIDTH, Net
from tests.support.tracefile import TraceFile

pytest_plugins = ["tests.support.hta_fixtures"]

EXACT = "HTA_DISABLE_NS_ROUNDING"


def test_many_events_with_small_correlation_ids_are_read(tmp_path: Path) -> None:
    # HTA writes row numbers into the column of the ids: with pandas 3 it fails from 32768 rows on.
    file = TraceFile()
    for number in range(33_000):
        file.op("aten::add", 10 * number, 5)
    file.launch(1, 400_000)
    file.kernel(1, 500_000, 123)
    path = file.write(tmp_path / "trace.json")
    events = trace_analysis({0: path}).t.get_trace(0)
    assert (events.loc[events["stream"] == 7, "index_correlation"] == 33_000).all()


def test_exact_times_are_set_only_while_hta_reads(
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


def test_a_point_of_a_run_is_analysed_silently(
    cpu_run: Run, capfd: pytest.CaptureFixture[str], recwarn: pytest.WarningsRecorder
) -> None:
    analysis = cpu_run.hta(1)
    assert analysis.t.get_ranks() == [0]
    assert analysis.t.trace_files == {0: str(cpu_run.trace_path(1).resolve())}
    assert capfd.readouterr() == ("", "")
    assert not list(recwarn)
    with pytest.raises(RunError, match="no trace of b0003; there are traces of batch 1"):
        cpu_run.hta(3)


def test_hta_finds_the_rank_in_the_names_that_samprof_gives(
    cpu_run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    from hta.common.trace_file import get_trace_files

    path = cpu_run.trace_path(1)
    with caplog.at_level(logging.WARNING, "hta"):
        assert get_trace_files(str(path.parent)) == {0: str(path)}
    assert not caplog.records


def test_a_recording_is_analysed() -> None:
    net = Net()
    with samprof.profile(net, name="net") as recording:
        net(torch.ones(1, WIDTH))
    analysis = recording.hta()
    names = analysis.t.symbol_table.get_sym_id_map()
    assert "samprof:net.first" in names
    assert analysis.t.get_ranks() == [0]


def test_what_hta_cannot_use_is_one_line(made: Made, tmp_path: Path) -> None:
    path = tmp_path / "trace.of-mine"  # HTA goes by the end of the name
    shutil.copy(made[0], path)
    with pytest.raises(TraceError, match=r"hta: .*of-mine: HTA cannot use it \(ValueError"):
        trace_analysis({0: path})
