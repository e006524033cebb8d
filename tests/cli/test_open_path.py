"""What the user names: every mistake is one line that says operation, input, cause and remedy."""

from pathlib import Path

import pytest
import torch

import samprof
from samprof.cli.main import main
from tests.support.targets import WIDTH, Net
from tests.support.tracefile import TraceFile

COMMANDS = {
    "layers": ["layers", "PATH"],
    "kernels": ["kernels", "PATH"],
    "check": ["check", "PATH"],
    "hta": ["hta", "PATH"],
    "view": ["view", "PATH", "--no-open"],
    "export": ["export", "PATH", "-o", "out.json"],
    "workload": ["workload", "PATH"],
    "scaling": ["scaling", "PATH"],
    "report": ["report", "PATH"],
    "compare": ["compare", "PATH"],
    "tensorboard": ["tensorboard", "PATH", "--no-serve"],
}
ONE_TRACE = ("kernels", "view", "export", "workload")
RUNS = ("report", "compare", "tensorboard")
SELECT = ("layers", "kernels", "hta", "view", "export")
CHECK_PATH = "no such file or directory; check the path"
NO_TRACE = "no trace in this directory; give a run directory, or one that holds"
LEAVE_OUT = "{path} is not a run; leave it out, or give a run directory"
NO_SUCH_TRACE = "no trace of b0009; there are traces of batch 1"

MISTAKES = [
    *((name, "missing", "load: {path}: " + CHECK_PATH) for name in COMMANDS if name != "workload"),
    ("workload", "missing", "workload: {path}: no such workload or path; give one of encode, "),
    *((name, "empty", "load: {path}: " + NO_TRACE) for name in COMMANDS),
    *(
        (name, "trace", f"{name}: {{path}}: a trace, not a run; give the directory that ")
        for name in RUNS
    ),
    *((name, "ranks", f"{name}: {{path}}: a directory of traces, not a run; ") for name in RUNS),
    ("scaling", "trace", "scaling: trace: the size of its calls cannot be told: "),
    ("scaling", "ranks", "scaling: a.json: the size of its calls cannot be told: "),
    *(
        (name, "ranks", f"{name}: {{path}}: 2 traces in this directory; give one of them (a.json, ")
        for name in ONE_TRACE
    ),
]
MISPLACED = [
    *(
        (name, flag, value, kind, f"{name}: {flag} {value}: {LEAVE_OUT}")
        for name in SELECT
        for flag, value in (("--size", "4"), ("--variant", "bf16"))
        for kind in ("trace", "ranks")
    ),
    *(
        ("workload", "--size", "4", kind, f"workload: --size 4: {LEAVE_OUT}")
        for kind in ("trace", "ranks")
    ),
    *((name, "--size", "9", "run", f"{name}: {{path}}: {NO_SUCH_TRACE}") for name in SELECT),
    *((name, "--batch-size", "9", "run", f"{name}: {{path}}: {NO_SUCH_TRACE}") for name in SELECT),
    ("workload", "--size", "9", "run", "workload: {path}: no batch 9; there are 1"),
    *(
        (name, "--variant", "odd", "run", f"{name}: {{path}}: no point of variant odd; ")
        for name in SELECT
    ),
]


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One of each kind of path."""
    folder = tmp_path_factory.mktemp("paths")
    found = {name: folder / name for name in ("missing", "empty", "ranks", "run", "trace")}
    found["empty"].mkdir()
    found["ranks"].mkdir()
    for path in (found["trace"], found["ranks"] / "a.json", found["ranks"] / "b.json"):
        file = TraceFile()
        file.range("net", 0, 1000)
        file.write(path)
    samprof.sweep(Net(), torch.ones(1, WIDTH), [1], rounds=1, repeats=1, warmup=0, out=found["run"])
    return found


def assert_one_line(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(f"samprof: {words}")
    assert captured.err.count("\n") == 1
    assert ";" in captured.err  # cause; remedy


@pytest.mark.parametrize(("name", "kind", "words"), MISTAKES)
def test_a_path_that_the_command_cannot_use(
    name: str,
    kind: str,
    words: str,
    paths: dict[str, Path],
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = str(paths[kind])
    command = [path if word == "PATH" else word for word in COMMANDS[name]]
    assert_one_line(command, words.format(path=path), capsys)


@pytest.mark.parametrize(("name", "flag", "value", "kind", "words"), MISPLACED)
def test_a_selection_that_does_not_fit_the_path(
    name: str,
    flag: str,
    value: str,
    kind: str,
    words: str,
    paths: dict[str, Path],
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = str(paths[kind])
    command = [path if word == "PATH" else word for word in COMMANDS[name]]
    assert_one_line([*command, flag, value], words.format(path=path), capsys)


def test_every_command_that_takes_a_path_is_here() -> None:
    from samprof.cli.main import COMMANDS as ALL

    assert set(ALL) - set(COMMANDS) <= {
        "sweep",
        "record",
        "doctor",
        "run",
        "predict",
        "verify",
        "mcp",
    }


def test_a_cache_is_written_beside_a_trace_but_not_into_a_run(
    paths: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["layers", str(paths["trace"])]) == 0
    assert main(["layers", str(paths["run"]), "--size", "1", "--variant", "eager"]) == 0
    assert paths["trace"].with_name("trace.samprof.npz").is_file()
    assert not list(paths["run"].rglob("*.npz"))
