"""A program runs as under `python`: what it sees, how it ends, what it shows when it fails."""

import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from samprof.errors import UsageError
from samprof.script.program import Program

Script = Callable[[str], str]
SEES = """
import json, sys
main = sys.modules["__main__"]
print(json.dumps([sys.argv, sys.path[0], __name__, __file__, main.__dict__ is globals(),
                  __package__, __spec__ and __spec__.name]))
"""
FAILS = """
def fail(n):
    if n == 0:
        raise KeyError("inner")
    fail(n - 1)
try:
    fail(2)
except KeyError as error:
    raise ValueError("outer") from error
"""


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", ["script.py", "folder", "packed.zip"])
def test_a_script_sees_what_it_sees_under_python(
    name: str, script: Script, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script(SEES)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "__main__.py").write_text(SEES)
    with zipfile.ZipFile("packed.zip", "w") as packed:
        packed.writestr("__main__.py", SEES)
    assert Program(name, ("--a", "b")).run() == 0
    seen = json.loads(capsys.readouterr().out)
    expected = json.loads(python(name, "--a", "b").stdout)
    if name != "script.py":  # runpy leaves these as they are given; Python makes them absolute
        seen[1], seen[3] = str(tmp_path / seen[1]), str(tmp_path / seen[3])
    assert seen == expected


def test_a_module_sees_what_it_sees_under_python(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    package = tmp_path / "somewhere"
    package.mkdir()
    for name in ("__init__.py", "__main__.py", "inner.py"):
        (package / name).write_text("" if name == "__init__.py" else SEES)
    for name in ("somewhere", "somewhere.inner"):
        assert Program(name, ("x",), is_module=True).run() == 0
        assert json.loads(capsys.readouterr().out) == json.loads(python("-m", name, "x").stdout)


@pytest.mark.parametrize(
    ("ending", "code"),
    [
        ("pass", 0),
        ("sys.exit()", 0),
        ("sys.exit(3)", 3),
        ("sys.exit(False)", 0),
        ("sys.exit('a message')", 1),
        ("sys.exit([1])", 1),
        ("1 / 0", 1),
        ("raise BaseException('all')", 1),
        (FAILS, 1),
        ("x = = 1", 1),
        ("import nowhere", 1),
    ],
)
def test_it_ends_with_the_exit_code_and_the_words_of_python(
    ending: str, code: int, script: Script, capsys: pytest.CaptureFixture[str]
) -> None:
    name = script(f"import sys\n{ending}\n")
    assert Program(name).run() == code
    expected = python(name)
    assert expected.returncode == code
    assert capsys.readouterr().err == expected.stderr


def test_an_interrupt_ends_it_with_130_and_its_own_traceback(
    script: Script, capsys: pytest.CaptureFixture[str]
) -> None:
    name = script("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\nwhile True: pass\n")
    assert Program(name).run() == 130
    first, second, *_, last = capsys.readouterr().err.splitlines()
    assert first == "Traceback (most recent call last):"
    assert 'script.py", line' in second
    assert last == "KeyboardInterrupt"


def test_its_own_hook_shows_the_exception(
    script: Script, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    name = script("import sys\nsys.excepthook = lambda *e: print('hook', *e[:2])\n1 / 0\n")
    assert Program(name).run() == 1
    assert capsys.readouterr().out == "hook <class 'ZeroDivisionError'> division by zero\n"


def test_what_it_defines_can_be_pickled_also_after_its_end(script: Script) -> None:
    name = script(
        "import pickle\nclass Own: pass\nassert type(pickle.loads(pickle.dumps(Own()))) is Own\n"
    )
    assert Program(name).run() == 0
    assert sys.modules["__main__"].Own.__module__ == "__main__"


def test_its_threads_are_waited_for_but_not_those_of_a_pool(
    script: Script, capsys: pytest.CaptureFixture[str]
) -> None:
    text = """
import threading, time
from concurrent.futures import ThreadPoolExecutor
pool = ThreadPoolExecutor(1)
pool.submit(print, "pool").result()
def late():
    time.sleep(0.1)
    print("late")
threading.Thread(target=late).start()
print("end")
"""
    assert Program(script(text)).run() == 0
    assert capsys.readouterr().out == "pool\nend\nlate\n"


@pytest.mark.parametrize(
    ("program", "message"),
    [
        (Program("nowhere.py"), "run: nowhere.py: no such script; check the path"),
        (Program("no.where", is_module=True), "run: -m no.where: no such module; "),
        (Program(".", is_module=True), "run: -m .: no such module; "),
    ],
)
def test_a_program_that_is_not_there_is_one_line(program: Program, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        program.run()


def test_the_stem_names_what_it_leaves_behind() -> None:
    assert Program("a/encode.py").stem == "encode"
    assert Program("a.b", is_module=True).stem == "a.b"
