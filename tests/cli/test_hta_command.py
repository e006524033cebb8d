"""`samprof hta`: HTA's figures of a trace, a run or ranks beside samprof's."""

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from samprof.cli.main import main
from samprof.errors import MissingPackageError
from samprof.sweeps.run.run import Run
from samprof.testing import write_trace
from tests.support.hta import Made

pytest_plugins = ["tests.support.hta_fixtures"]


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


def test_each_rank_of_a_folder_has_its_figures(
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
    cpu_run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert one_line(["hta", str(cpu_run.path)], capsys).endswith(
        "the trace holds no device activity; HTA analyses kernels only: use samprof layers"
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere"], "load: nowhere: no such file"),
        (["RUN", "--batch-size", "9"], "no trace of b0009; there are traces of batch 1"),
        (["RUN", "--variant", "odd"], "no point of variant odd"),
        (["TRACE", "--batch-size", "1"], "hta: --size 1: "),
    ],
)
def test_bad_input_is_one_line(
    cpu_run: Run, made: Made, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = {"RUN": str(cpu_run.path), "TRACE": str(made[0])}
    assert said in one_line(["hta", *(paths.get(word, word) for word in arguments)], capsys)


def test_without_hta_it_says_what_to_install(
    made: Made, cpu_run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "hta.trace_analysis", None)
    assert one_line(["hta", str(made[0])], capsys).endswith("pip install 'samprof[hta]'")
    ready: Callable[[], object] = cpu_run.hta
    with pytest.raises(MissingPackageError, match="HolisticTraceAnalysis: not installed"):
        ready()


def one_line(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """The line on stderr of a command that fails."""
    assert main(arguments) == 2
    out, error = capsys.readouterr()
    assert out == ""
    assert error.count("\n") == 1
    return error.strip()
