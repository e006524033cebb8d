"""What the system refuses is one line with its remedy; Ctrl-C is one, whatever it was turned into."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from samprof.cli import interrupts
from samprof.cli import main as main_module
from samprof.cli.main import main
from tests.support.interrupts import heed_interrupts
from tests.support.paths import ROOT


def failing(error: BaseException) -> object:
    def run(*_: object) -> int:
        raise error

    return run


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            OSError(errno.EMFILE, os.strerror(errno.EMFILE), "x.json"),
            "layers: x.json: Too many open files; allow more open files (ulimit -n)",
        ),
        (
            OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
            "layers: this process: No space left on device; free space on the disk, or choose "
            "another directory",
        ),
        (
            MemoryError(),
            "layers: this process: not enough memory; allow more memory (ulimit -v), or give a "
            "smaller input",
        ),
        (
            ImportError("\nAdvice.\n\ncannot map segment\n"),
            "layers: this process: an import failed (cannot map segment); allow more open files "
            "(ulimit -n) and memory (ulimit -v), or install samprof again",
        ),
    ],
)
def test_what_the_system_refuses_is_one_line(
    error: Exception, said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(main_module, "_run", failing(error))
    assert main(["layers", "x.json"]) == 2
    assert capsys.readouterr() == ("", f"samprof: {said}\n")


def test_any_other_error_is_a_fault_and_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(main_module, "_run", failing(KeyError("fault")))
    with pytest.raises(KeyError, match="fault"):
        main(["layers"])


def test_an_error_that_ctrl_c_was_turned_into_is_an_interruption(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interrupts, "was_interrupted", lambda: True)
    monkeypatch.setattr(main_module, "was_interrupted", lambda: True)
    monkeypatch.setattr(main_module, "_run", failing(ImportError("half of it")))
    assert main(["layers"]) == 130
    assert capsys.readouterr().err == "samprof: interrupted\n"


# In a process of its own, which runs until it is interrupted: Ctrl-C while a module is imported, turned
# into another error by that; inside a callback that swallows it; while all is still imported; and in a
# string that is executed, as where a dataclass is made.
PROGRAM = """
import os, signal, sys
sys.argv = ["samprof", "layers", "x.json"]
def press(): os.kill(os.getpid(), signal.SIGINT)
case = {case!r}
from samprof import __main__
if case == "early":
    class Finder:
        def find_spec(self, name, path=None, target=None):
            if name == "samprof.cli.main":
                press()
    sys.meta_path.insert(0, Finder())
else:
    from samprof.cli import main
    def run(words):
        if case == "turned":
            try:
                press()
            except KeyboardInterrupt:
                raise ImportError("half of it") from None
        if case == "executed":
            exec("press()", {{"press": press}})
        class Callback:
            def __del__(self): press(); sum(range(1000))
        Callback()
        import time
        time.sleep(60)
    main._run = run
sys.exit(__main__.program())
"""


@pytest.mark.parametrize("case", ["early", "turned", "swallowed", "executed"])
def test_ctrl_c_is_one_line_wherever_it_falls(case: str, tmp_path: Path) -> None:
    (tmp_path / "interrupted.py").write_text(PROGRAM.format(case=case))
    done = subprocess.run(
        [sys.executable, "-m", "interrupted"],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])},
        preexec_fn=heed_interrupts,
    )
    assert done.stderr == "samprof: interrupted\n"
    assert done.returncode == 130


@pytest.mark.skipif(sys.platform != "linux", reason="limits as on Linux")
def test_too_little_memory_is_one_line(tmp_path: Path) -> None:
    import resource

    path = tmp_path / "trace.json"
    path.write_text(json.dumps({"traceEvents": []}))
    limit = 120 << 20  # Python starts, numpy and pandas do not
    done = subprocess.run(
        [sys.executable, "-m", "samprof", "layers", str(path)],
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),
    )
    assert done.returncode == 2
    assert done.stderr.startswith("samprof: layers: ")
    assert done.stderr.count("\n") == 1
