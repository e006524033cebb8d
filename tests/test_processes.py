"""Child processes run no file of the current directory, and find what the user names there."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from samprof import processes
from samprof.sweeps.measure.processes.forked import Forked
from samprof.sweeps.measure.processes.subprocess_engine import Subprocess
from samprof.sweeps.target import Recipe
from tests.support.paths import ROOT
from tests.support.tracefile import TraceFile

TARGET = """
import torch
from samprof.record.ranges.labels import ModelLabels
from samprof.sweeps.target import Target

def net():
    return Target(torch.nn.Linear(4, 4), lambda size: (torch.ones(size, 4),), ModelLabels(name="net"))
"""
SHADOWED = ("json", "random", "numpy", "torch", "tempfile", "ctypes", "pandas", "pickle", "select")


@pytest.fixture
def stranger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder, now the current one, whose files leave a mark where they are run."""
    for name in SHADOWED:
        mark = f"open({str(tmp_path / 'mark')!r}, 'a').write('{name} ')"
        (tmp_path / f"{name}.py").write_text(f"{mark}; raise ImportError('{name}')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    return tmp_path


def marks(folder: Path) -> str:
    mark = folder / "mark"
    return mark.read_text() if mark.exists() else ""


@pytest.mark.parametrize("entries", [[], [""], ["."]])
def test_a_helper_imports_nothing_from_here(stranger: Path, entries: list[str]) -> None:
    sys.path[:0] = entries  # as in an interactive session
    helper = processes.start("samprof.sweeps.measure.machine.state", [str(os.getpid())])
    assert helper.stdin is not None
    assert helper.stdout is not None
    try:
        helper.stdin.write(b'{"own_pids": []}\n')
        helper.stdin.flush()
        assert "reading" in json.loads(helper.stdout.readline())
    finally:
        processes.end(helper)
    assert marks(stranger) == ""


def test_what_a_helper_starts_is_as_careful(stranger: Path) -> None:
    code = (
        "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import json'], check=True)"
    )
    subprocess.run(processes.python("-c", code), env=processes.environment(), check=True)
    assert marks(stranger) == ""
    # The folder does leave marks where nobody takes care.
    careless = {name: text for name, text in os.environ.items() if name != "PYTHONSAFEPATH"}
    subprocess.run([sys.executable, "-c", "import json"], env=careless, check=False)
    assert marks(stranger) == "json "


def test_samprof_itself_may_lie_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert str(ROOT) in processes.environment()["PYTHONPATH"].split(os.pathsep)


def test_a_strangers_folder_of_traces_is_data(stranger: Path) -> None:
    (stranger / "traces").mkdir()
    for rank in (0, 1):  # several: worker processes read them
        file = TraceFile()
        file.range("net", 10, 50)
        file.write(stranger / "traces" / f"rank{rank}.json")
    program = Path(sys.executable).with_name("samprof")
    done = subprocess.run(
        [program, "layers", "traces"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, marks(stranger)) == (0, ""), done.stderr
    assert "net" in done.stdout


@pytest.mark.parametrize("engine", [Forked, Subprocess])
def test_a_factory_that_the_user_names_is_found_here_and_shadows_nothing(
    stranger: Path, engine: type[Forked] | type[Subprocess]
) -> None:
    (stranger / "mine.py").write_text(TARGET)
    with engine(Recipe.of_user("mine:net")) as workers:
        assert workers.about().target["module"] == "torch.nn.modules.linear.Linear"
    assert marks(stranger) == ""


def test_the_users_folder_is_the_last_place(stranger: Path) -> None:
    (stranger / "mine_last.py").write_text(TARGET)
    recipe = Recipe.of_user("mine_last:net")
    assert recipe.folder == str(stranger)
    assert recipe.make().labels.name == "net"
    assert sys.path[-1] == str(stranger)


PARENT = """
import subprocess, sys
from samprof import processes
child = "from samprof.processes import end_with_parent; end_with_parent(); import time; "
child += "print('ready', flush=True); time.sleep(60)"
subprocess.run(processes.python("-c", child), env=processes.environment())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere it ends when it next uses a pipe")
def test_a_helper_ends_with_the_process_that_started_it() -> None:
    parent = subprocess.Popen(
        processes.python("-c", PARENT), stdout=subprocess.PIPE, env=processes.environment()
    )
    assert parent.stdout is not None
    assert parent.stdout.readline() == b"ready\n"
    parent.kill()
    assert parent.stdout.read() == b""  # the helper, too, has closed it
    parent.wait()
