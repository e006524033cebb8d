"""Every command x hostile names, in files and of files: shown in its output, never obeyed."""

import ast
import io
import json
import re
import webbrowser
from pathlib import Path

import pandas as pd
import pytest

import samprof
from samprof.cli.commands import sweep
from samprof.cli.main import COMMANDS, main
from samprof.integrations.tensorboard import write
from samprof.printable import printable, printable_lines
from tests.support.calls import calls
from tests.support.hostile import EVIL, EVIL_FILE, FORMULA
from tests.support.tracefile import TraceFile

CLI = Path(samprof.__file__).parent / "cli"
ENCODES = """
import torch
net = torch.nn.Sequential()
net.add_module({name!r}, torch.nn.Linear(2, 2))
net(torch.ones(1, 2))
"""
SWEEP = ("--factory", "tests.support.targets:hostile", "--device", "cpu")
ELSEWHERE = {
    "predict": "its run is of a model by name; its tables are those of a sweep",
    "doctor": "tests/report/test_renderers.py gives its text hostile versions and devices",
    "verify": "its lines name its own models; like all others they leave through cli/output.py",
}
FORMS = ([], ["--csv"], ["--markdown"], ["--json"])


def hostile_trace(sizes: tuple[int, ...], *, rank: int = 0, more: int = 0) -> TraceFile:
    """Ranges, ops, kernels, classes and roles with names that a terminal would obey."""
    file = calls("samprof", sizes, kernels=True)
    names = {"first": EVIL, "second": FORMULA, "gemm": EVIL, "aten::mm": EVIL}
    for event in file.events:
        event["name"] = re.sub("|".join(names), lambda found: names[found[0]], event["name"])
        event["dur"] += more if event["cat"] == "kernel" else 0
    file.annotation(EVIL, 1, 5)
    file.memory(12_000, 512, 512)
    file.metadata["samprof"]["modules"] = {"net": [EVIL, EVIL], f"net.{EVIL}": [EVIL, EVIL]}
    file.metadata["samprof"]["components"] = {EVIL: EVIL}
    file.metadata["distributedInfo"] = {"rank": rank}
    return file


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trace, another one, the two as ranks, and a run of them, below a folder with a hostile name."""
    root = tmp_path_factory.mktemp("hostile") / EVIL_FILE
    (root / "ranks").mkdir(parents=True)
    hostile_trace((1, 2)).write(root / "a.json")
    hostile_trace((1, 4), more=100).write(root / "b.json")
    for rank in (0, 1):
        hostile_trace((1,), rank=rank).write(root / "ranks" / f"{rank}.json")
    samprof.scaling(samprof.load(root / "a.json", cache=False), out=root / "run")
    about = json.loads((root / "run" / "run.json").read_text())
    about["target"] |= {"label": EVIL, "module": EVIL}
    about["environment"] |= {"device_name": EVIL}
    (root / "run" / "run.json").write_text(json.dumps(about))
    return root


def in_forms(*words: str) -> list[list[str]]:
    return [[*words, *form] for form in FORMS]


READING = [
    *in_forms("layers", "A"),
    *in_forms("layers", "RANKS", "--workers", "1"),
    *in_forms("layers", "A", "--memory"),
    *in_forms("kernels", "A"),
    *in_forms("kernels", "A", "--each"),
    *in_forms("kernels", "A", "--ops"),
    *in_forms("scaling", "RUN"),
    *in_forms("scaling", "RUN", "--roles"),
    ["scaling", "B"],
    *in_forms("compare", "A", "B"),
    ["compare", "A", "B", "--by", "op"],
    *in_forms("compare", "RUN", "RUN"),
    *in_forms("workload", "RUN"),
    ["workload", "A"],
    ["check", "A"],
    ["check", "RUN"],
    ["hta", "A"],
    ["export", "A", "-o", "OUT/cut.json", "--steps", "all"],
    ["tensorboard", "RUN", "--no-serve", "--logdir", "OUT/logs"],
    ["report", "RUN", "RUN", "-o", "OUT/page.html"],
]
MEASURING = [
    ["record", *SWEEP, "--steps", "1", "--warmup", "0", "-o", "OUT/recorded"],
    [
        "sweep",
        *SWEEP,
        "--engine",
        "process",
        "--batch-sizes",
        "1,2",
        "--rounds",
        "1",
        "--repeats",
        "1",
    ],
    ["run", "--calls", "1", "-o", "OUT/ran", "SCRIPT"],
    ["view", "A", "--port", "0"],
]


def test_every_command_is_tried_here() -> None:
    tried = {words[0] for words in [*READING, *MEASURING]}
    assert tried | set(ELSEWHERE) == set(COMMANDS)
    assert not tried & set(ELSEWHERE)


def said(
    words: list[str], folder: Path, out: Path, capsys: pytest.CaptureFixture[str], code: int = 0
) -> str:
    """What the command wrote to stdout; nothing of it, nor of stderr, is obeyed."""
    places = {"A": "a.json", "B": "b.json", "RANKS": "ranks", "RUN": "run"}
    paths = [str(folder / places[word]) if word in places else word for word in words]
    assert main([path.replace("OUT", str(out)) for path in paths]) == code
    shown = capsys.readouterr()
    assert shown.out == printable_lines(shown.out)
    assert shown.err == printable_lines(shown.err)
    return shown.out


@pytest.mark.parametrize("words", READING, ids=" ".join)
def test_a_reading_command_shows_names_as_escapes(
    words: list[str],
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Pictures take seconds; tests/report/test_renderers.py has them.
    monkeypatch.setattr(write, "run_figures", lambda *_: {})
    text = said(words, folder, tmp_path, capsys)
    if "--json" in words:
        assert isinstance(json.loads(text), list)
    elif "--csv" in words:
        table = pd.read_csv(io.StringIO(text))
        for name in table.select_dtypes(exclude="number"):
            assert not table[name].astype(str).str.match(r"\s*[=+\-@]").any()
    elif words[0] == "report":
        page = (tmp_path / "page.html").read_text()
        named = [line for line in page.split("\n") if "evil" in line]
        assert named == list(map(printable, named))


def test_a_measuring_command_shows_names_as_escapes(
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def press_ctrl_c(link: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sweep, "write_pages", lambda *_: None)
    monkeypatch.setattr(webbrowser, "open_new_tab", press_ctrl_c)
    monkeypatch.setenv("DISPLAY", ":0")
    script = tmp_path / f"{EVIL_FILE}.py"
    script.write_text(ENCODES.format(name=EVIL))
    for words in MEASURING:
        given = [str(script) if word == "SCRIPT" else word for word in words]
        text = said(given, folder, tmp_path, capsys)
        assert text or words[0] == "run"


@pytest.mark.parametrize("command", sorted(set(COMMANDS) - {"doctor", "verify", "sweep", "record"}))
def test_the_name_of_a_file_in_an_error_is_shown(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    more = {"export": ["-o", "x.json"], "predict": ["--device", "L4"]}
    assert main([command, EVIL_FILE, *more.get(command, [])]) == 2
    error = capsys.readouterr().err
    assert error == printable_lines(error)
    assert error.count("\n") == 1
    assert "evil\\x1b[31m" in error


def test_numbers_in_csv_stay_numbers(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("compare", str(folder / "b.json"), str(folder / "a.json"))
    assert main([*words, "--json"]) == 0
    rows = pd.DataFrame(json.loads(capsys.readouterr().out))
    assert main([*words, "--csv"]) == 0
    table = pd.read_csv(io.StringIO(capsys.readouterr().out))
    numbers = ["a_ns", "b_ns", "difference_ns", "ratio"]
    assert (rows["difference_ns"] < 0).any()
    pd.testing.assert_frame_equal(table[numbers], rows[numbers], check_dtype=False)
    assert table["path"].tolist() == [printable(path) for path in rows["path"]]


def test_nothing_but_the_output_module_writes() -> None:
    """So that a new command cannot write past what makes its words printable."""
    for path in CLI.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and path.name != "output.py":
                called = ast.unparse(node.func)
                assert called != "print", path
                assert not re.fullmatch(r"sys\.std(out|err)\.write(lines)?", called), path
