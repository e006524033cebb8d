"""`samprof export`: a trace file, or that of a point of a run, cut to its last steps."""

from pathlib import Path

import pytest
import torch

import samprof
from samprof.cli.main import main
from samprof.trace import Trace
from tests.support.targets import WIDTH, Net
from tests.support.tracefile import TraceFile
from tests.support.tracks import tracks_of


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    """Two steps, with two kernels of a module in each."""
    file = TraceFile()
    for number in (1, 2):
        start = 1000 * number
        file.step(number, start, 1000)
        file.range("net", start + 10, 100)
        file.range("net.block", start + 20, 80)
        for offset in (20, 30):
            file.launch(start + offset, start + offset)
            file.kernel(start + offset, start + 10 * offset, 50)
    return file.write(tmp_path / "trace.json")


@pytest.mark.parametrize("option", ["--tracks", "--lanes"])  # the second is its former name
def test_it_says_what_was_written_and_how_to_look_at_it(
    trace: Path, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    target = trace.with_name("one.json.gz")
    assert main(["export", str(trace), option, "-o", str(target), "--no-cache"]) == 0
    size = target.stat().st_size
    captured = capsys.readouterr()
    assert captured.out == (
        f"{target}: 1 of 2 steps (ProfilerStep#2); 7 of 14 events; 2 slices on 1 track; {size} B\n"
        f"Look at it: samprof view {target}\n"
    )
    assert captured.err == ""
    assert {key[1]: [one.name for one in slices] for key, slices in tracks_of(target).items()} == {
        "layers on stream 7": ["net", "block"]
    }


def test_the_former_name_of_the_option_is_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["export", "--help"])
    shown = capsys.readouterr().out
    assert "--tracks" in shown
    assert "--lanes" not in shown


def test_more_steps_and_no_tracks(trace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = trace.with_name("two.json")
    assert main(["export", str(trace), "--steps", "2", "-o", str(target), "--no-cache"]) == 0
    assert "2 of 2 steps (ProfilerStep#1 to #2); 14 of 14 events; " in capsys.readouterr().out
    assert tracks_of(target) == {}
    assert main(["export", str(trace), "--steps", "all", "-o", str(target), "--no-cache"]) == 0
    assert f"{target}: 14 of 14 events; " in capsys.readouterr().out


def test_tracks_of_other_ranges(trace: Path) -> None:
    target = trace.with_name("steps.json")
    arguments = ["--tracks", "--by", "annotation", "-o", str(target), "--no-cache"]
    assert main(["export", str(trace), *arguments]) == 0
    (slices,) = tracks_of(target).values()
    assert [one.name for one in slices] == ["ProfilerStep#2"]


def test_a_point_of_a_run_is_exported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    samprof.sweep(
        Net(),
        torch.ones(1, WIDTH),
        [1, 2],
        rounds=1,
        repeats=1,
        warmup=0,
        out=tmp_path / "run",
        name="net",
    )
    target = tmp_path / "out.json.gz"
    for chosen, batch in (([], 2), (["--batch-size", "1", "--variant", "eager"], 1)):
        arguments = [str(tmp_path / "run"), *chosen, "--tracks", "-o", str(target), "--no-cache"]
        assert main(["export", *arguments]) == 0
        captured = capsys.readouterr()
        assert "1 of 2 steps (ProfilerStep#1)" in captured.out
        assert captured.err == (
            "samprof: note: nothing ran on a device, and the ranges are on their CPU threads"
            " already: no tracks added\n"
        )
        loaded = samprof.load(target, cache=False)
        assert isinstance(loaded, Trace)
        assert set(loaded.layers()["path"]) >= {"net", "net.first", "net.second"}
        shapes = [text for text in loaded.inputs if f"[{batch},{WIDTH}]" in text.replace(" ", "")]
        assert shapes
    assert main(["export", str(tmp_path / "run"), "--batch-size", "9", "-o", str(target)]) == 2
    assert "no trace of b0009; there are traces of batch 1, 2" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["export", "-o", "out.json"], ["view", "--no-open"]])
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["{folder}"], "no trace in this directory"),
        (["{trace}", "--batch-size", "4"], "is not a run; leave it out, or give a run directory"),
        (["{trace}", "--variant", "bf16"], "is not a run; leave it out, or give a run directory"),
        (["{ranks}"], "2 traces in this directory; give one of them (a.json, b.json)"),
        ([], "required: path"),
    ],
)
def test_bad_input_is_one_line(
    trace: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    command: list[str],
    arguments: list[str],
    words: str,
) -> None:
    places = {"trace": trace, "folder": tmp_path / "empty", "ranks": tmp_path / "ranks"}
    places["folder"].mkdir()
    places["ranks"].mkdir()
    for name in ("a.json", "b.json"):
        TraceFile().write(places["ranks"] / name)
    filled = [argument.format(**places) for argument in arguments]
    assert main([command[0], *filled, *command[1:]]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert words in captured.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--steps", "two"], "not a number of steps; give 1, 2 ... or all"),
        (["--steps", "0"], "not a number of steps; give 1 or more"),
        (["--tracks", "--by", "colour"], "unknown kind of range"),
    ],
)
def test_bad_values_of_options_are_one_line(
    trace: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    target = trace.with_name("out.json")
    assert main(["export", str(trace), *arguments, "-o", str(target), "--no-cache"]) == 2
    captured = capsys.readouterr()
    assert (captured.out, captured.err.count("\n")) == ("", 1)
    assert words in captured.err
    assert not target.exists()
