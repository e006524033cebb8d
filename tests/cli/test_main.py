"""Bad input and bad usage: one line on stderr, exit code 2, no traceback."""

import argparse
import gzip
import os
import signal
from pathlib import Path

import pytest

from samprof.cli.commands import doctor
from samprof.cli.main import main
from samprof.errors import first_line
from samprof.sweeps import execute_all


def bad_files(folder: Path) -> dict[str, Path]:
    whole = gzip.compress(b'{"traceEvents": [' + b'{"ph": "X"},' * 1000 + b"{}]}")
    contents = {
        "empty.json": b"",
        "blank.json": b" \n",
        "cut.json.gz": whole[: len(whole) // 2],
        "broken.json.gz": b"\x1f\x8bnonsense",
        "text.json": b"hello",
        "other.json": b'{"results": []}',
        "half.json": b'{"traceEvents": [{"ph": "X"}, {"ph":',
        "tail.json": b'{"traceEvents": [], "more": ',
    }
    for name, data in contents.items():
        (folder / name).write_bytes(data)
    (folder / "folder").mkdir()
    return {name: folder / name for name in [*contents, "folder", "missing.json"]}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("missing.json", "no such file"),
        ("folder", "no trace in this directory"),
        ("empty.json", "the file is empty"),
        ("blank.json", "the file is empty"),
        ("cut.json.gz", "the gzip stream ends too early"),
        ("broken.json.gz", "broken gzip stream"),
        ("text.json", "not JSON"),
        ("other.json", "JSON without a traceEvents list"),
        ("half.json", "the file ends inside traceEvents"),
        ("tail.json", "what surrounds traceEvents is not JSON"),
    ],
)
@pytest.mark.parametrize("command", ["layers", "kernels", "check", "scaling", "report"])
def test_bad_input_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str, name: str, words: str
) -> None:
    path = bad_files(tmp_path)[name]
    assert main([command, str(path)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert words in captured.err
    assert str(path) in captured.err
    assert ";" in captured.err  # cause; remedy


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["layers", "{trace}", "--by", "colour"], "unknown kind of range"),
        (["layers", "{trace}", "--batch-size", "4"], "is not a run; leave it out"),
        (["layers", "{trace}", "--depth", "x"], "invalid int value"),
        (["layers"], "required: path"),
        (["layers", "{trace}", "--json", "--csv"], "not allowed with"),
        (["scaling", "{trace}"], "the size of its calls cannot be told"),
        (["paint"], "command line: paint: no such command; use one of sweep, "),
        (["layer", "x"], "command line: layer: no such command; use one of layers"),
        (["sweep", "--modle", "small"], "sweep: --modle: no such argument; the nearest: --model"),
        (
            ["layers", "{trace}", "other"],
            "layers: other: no such argument; see samprof layers --help",
        ),
        (["layers", "--by"], "samprof: layers: arguments: argument --by: expected one argument"),
        (["workload", "predict", "--prompts", "0"], "workload: --prompts 0: not a count"),
        (["record", "--size", "0", "--out", "x"], "samprof: record: size '0': not a size"),
        (["record", "--steps", "0", "--out", "x"], "samprof: record: steps=0: not a count"),
        (
            ["workload", "encode", "--precision", "x"],
            "samprof: workload: --precision x: not a share",
        ),
        (["sweep", "--model", "vit_x"], "unknown model"),
        (["sweep", "--dtype", "int8"], "unknown dtype"),
        (["sweep", "--batch-sizes", "1,0"], "not a size"),
        (["sweep", "--batch-sizes", "1,two"], "not a size"),
        (["sweep", "--batch-sizes", ""], "not a size"),
        (["sweep", "--repeats", "0"], "not a count"),
        (["sweep", "--granularity", "atom"], "unknown granularity"),
    ],
)
def test_bad_usage_is_one_line(
    trace: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    assert main([word.format(trace=trace) for word in arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert words in captured.err


def test_an_interrupted_sweep_says_so_once_and_how_to_go_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(execute_all, "run_sweeps", interrupt)
    out = tmp_path / "out"
    words = ["--factory", "tests.support.targets:net", "--batch-sizes", "1,2", "--out", str(out)]
    assert main(["sweep", *words]) == 130
    assert capsys.readouterr().err.splitlines()[-1] == (
        f"samprof: sweep: interrupted: {out} holds 0 of 2 points; run the same command again to finish"
    )


def test_a_long_reason_is_cut_between_words() -> None:
    text = "word " * 100
    assert first_line(RuntimeError(text)) == " ".join(["word"] * 39) + " ..."
    assert first_line(RuntimeError("whole\nand more")) == "whole"


def test_sigterm_ends_a_command_with_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    undone = []

    def run(_: argparse.Namespace) -> int:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        finally:
            os.kill(os.getpid(), signal.SIGTERM)  # a second one does not keep it from undoing
            undone.append(True)
        return 0

    monkeypatch.setattr(doctor, "run", run)
    assert main(["doctor"]) == 143
    assert capsys.readouterr().err == "samprof: terminated\n"
    assert undone == [True]
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
