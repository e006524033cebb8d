"""`samprof run`: the script's own output on stdout, samprof's words on stderr after it."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from samprof.cli.main import main
from tests.support.paths import ROOT

ENCODES = """
import sys, torch
torch.manual_seed(0)
net = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.ReLU())
with torch.no_grad():
    for _ in range(3):
        net(torch.ones(4, 2))
print(*sys.argv)
"""
SPAWNS = """
import multiprocessing, sys

class Task:
    def __init__(self, text):
        self.text = text

def work(task):
    return task.text, __name__, [name for name in sys.modules if name.startswith("samprof")]

if __name__ == "__main__":
    import torch
    net = torch.nn.Linear(2, 2)
    net(torch.ones(1, 2))
    print(sys.argv, sys.stdin.read())
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        print(pool.map(work, [Task("a"), Task("b")]))
    sys.stdout.buffer.write(bytes(range(256)))
    sys.exit(7)
"""


@pytest.fixture(autouse=True)
def _own_main(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "argv", sys.argv)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    monkeypatch.chdir(tmp_path)


def run(script: str, *options: str, arguments: tuple[str, ...] = ()) -> int:
    Path("script.py").write_text(script)
    return main(["run", *options, "script.py", *arguments])


def plain(text: str) -> str:
    """The words without line breaks, which the width of the terminal decides."""
    return " ".join(text.split())


def test_the_script_has_stdout_and_samprof_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    theirs = ("--calls", "7", "--help", "--", "-m", "--version", "sweep")
    assert run(ENCODES, "--calls", "1", "--depth", "0", arguments=theirs) == 0
    shown = capsys.readouterr()
    assert shown.out == f"script.py {' '.join(theirs)}\n"
    head, _, rest = shown.err.partition("CPU time in ")
    assert head.splitlines()[1].startswith("Calls of models, host time in ")
    trace = "runs/script/Sequential/b4-call2.rank0.pt.trace.json.gz"
    assert plain(head).endswith(f"Sequential, size 4, one call: {trace}")
    assert " Sequential " in rest
    assert "Sequential.0" not in rest
    assert re.fullmatch(
        r"samprof: script.py ran for [\d.]+ \w+, exit code 0; 1 of 3 calls recorded, in [\d.]+ \w+: "
        r"runs/script",
        plain(rest[rest.index("samprof: ") :]),
    )
    assert main(["layers", trace, "--json", "--no-cache"]) == 0
    layers = json.loads(capsys.readouterr().out)
    assert [row["path"] for row in layers][:2] == ["Sequential", "Sequential.0"]


def test_a_module_runs_and_out_says_where(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "encodes.py").write_text(ENCODES)
    assert main(["run", "--out", "here", "-m", "encodes", "--out", "theirs"]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'encodes.py'} --out theirs\n"
    assert [path.name for path in Path("here").iterdir()] == ["Sequential"]


def test_a_script_that_fails_shows_its_traceback_and_then_its_tables(
    capsys: pytest.CaptureFixture[str],
) -> None:
    fails = "net[1].forward = lambda x: 1 / 0\nnet(torch.ones(4, 2))\n"
    assert run(ENCODES + fails) == 1
    shown = capsys.readouterr().err
    traceback, _, tables = shown.partition("ZeroDivisionError: division by zero\n")
    beside_the_clone = traceback.replace(str(ROOT), "")  # whose folder may be called samprof
    assert "samprof" not in beside_the_clone
    assert 'script.py", line 10, in <module>' in traceback
    assert tables.startswith("\nCalls of models, ")
    assert "exit code 1; 2 of 4 calls recorded" in plain(tables)


@pytest.mark.parametrize(
    ("script", "options", "words"),
    [
        ("import torch", (), "it called no module, so there was nothing to record."),
        (ENCODES, ("--module", "Nowhere"), "it called no module Nowhere, so there was nothing"),
    ],
)
def test_where_there_is_nothing_to_record_a_line_says_so(
    script: str, options: tuple[str, ...], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(script, *options) == 0
    shown = plain(capsys.readouterr().err)
    assert shown.startswith("samprof: script.py ran for ")
    assert words in shown
    assert not Path("runs").exists()


def test_what_a_reader_should_know_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    more = """
net(torch.ones(2, 2))
with torch.profiler.profile():
    net(torch.ones(3, 2))
for size in range(5, 15):
    net(torch.ones(size, 2))
for number in range(25):
    globals()[f"net{number}"] = torch.nn.ReLU()
    globals()[f"net{number}"](torch.ones(1))
"""
    assert run(ENCODES + more) == 0
    shown = plain(capsys.readouterr().err)
    for note in (
        "Note: 1 call was not recorded: a profiler of the program's own ran.",
        "Note: models were called in training mode, with gradients: what follows a call, such as its "
        "backward pass, is not recorded; samprof.profile around a step records it.",
        "Note: of each root, the first 8 sizes are recorded.",
        "Note: the first 20 roots are recorded; --module chooses others.",
        "Also recorded, for samprof layers: ReLU-",
    ):
        assert note in shown


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "run: arguments: no script; give one, or -m and a module"),
        (["-m"], "run: arguments: no script; give one, or -m and a module"),
        (["nowhere.py"], "run: nowhere.py: no such script; check the path"),
        (["--calls", "0", "x.py"], "run: --calls 0: not a count; give 1 or more"),
        (["--skip", "-1", "x.py"], "run: --skip -1: not a count; give 0 or more"),
        (["--granularity", "x", "x.py"], "run: --granularity x: unknown granularity; use one of "),
        (["--nothing", "x.py"], "run: --nothing: no such argument"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", *arguments]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"samprof: {message}")


def test_a_process_of_its_own_writes_what_python_writes_and_spawns_what_python_spawns(
    tmp_path: Path,
) -> None:
    (tmp_path / "script.py").write_text(SPAWNS)
    done = [
        subprocess.run(
            [sys.executable, *words, "script.py", "--x"],
            input=b"given",
            capture_output=True,
            check=False,
        )
        for words in ((), ("-m", "samprof", "run"))
    ]
    python, samprof = done
    assert samprof.stdout == python.stdout
    assert b"[('a', '__mp_main__', []), ('b', '__mp_main__', [])]" in samprof.stdout
    assert samprof.returncode == python.returncode == 7
    words = plain(samprof.stderr.decode())
    assert "Linear, size 1, the first call, warm-up included: runs/script/Linear/" in words
    assert words.endswith("Note: processes that it started are not recorded: SpawnPoolWorker-1")


def test_a_script_without_torch_does_not_wait_for_it(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(
        "import os, sys\n"
        "print('torch' in sys.modules, flush=True)\n"
        "child = os.fork()\n"
        "if child == 0: sys.exit(5)\n"
        "print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "samprof", "run", "script.py"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "False\n5\n")
    words = plain(done.stderr)
    assert words.startswith("samprof: script.py ran for ")
    assert words.endswith("it imported no torch, so there was nothing to record.")
    assert done.stderr.count("samprof:") == 1
