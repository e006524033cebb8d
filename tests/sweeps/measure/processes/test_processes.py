"""Sweeps from the command line: a process a point, interrupts, full disks, kills."""

import contextlib
import io
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from samprof.cli.main import main
from samprof.sweeps.run.stored.directory import RunDirectory
from tests.support.interrupts import heed_interrupts
from tests.support.paths import ROOT

TARGETS = "tests.support.targets"


def sweep(out: Path, factory: str, *more: str) -> list[str]:
    """The arguments of a sweep with a process a point."""
    forwards = ("--rounds", "1", "--repeats", "1", "--warmup", "0")
    return ["sweep", "--factory", f"{TARGETS}:{factory}", "--out", str(out), *forwards, *more]


def program(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "samprof", *arguments]


def statuses(out: Path) -> dict[int, str]:
    return {point.size: point.status for point in RunDirectory(out).points()}


@pytest.fixture(autouse=True)
def _workers_find_the_factories(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A run whose process is killed at batch 4, between two that end well, and what was printed."""
    out = tmp_path_factory.mktemp("processes") / "run"
    printed, told = io.StringIO(), io.StringIO()
    to = contextlib.redirect_stdout(printed), contextlib.redirect_stderr(told)
    with contextlib.chdir(ROOT), to[0], to[1]:
        assert main(sweep(out, "killed_at_four", "--batch-sizes", "1,4,2")) == 1
    assert "batch 4 was interrupted (the process was ended by SIGKILL" in told.getvalue()
    return out, printed.getvalue()


@pytest.fixture
def copied(swept: tuple[Path, str], tmp_path: Path) -> Path:
    """The same run, to be changed."""
    return Path(shutil.copytree(swept[0], tmp_path / "run"))


def test_each_point_has_a_process_of_its_own_and_the_answer_is_printed(
    swept: tuple[Path, str], capsys: pytest.CaptureFixture[str]
) -> None:
    out, printed = swept
    assert "net.second" in printed or "second" in printed
    assert "(exact)" in printed
    assert "images/s" in printed
    assert (out / "report.html").is_file()
    assert sorted(path.name for path in (out / "figures").iterdir()) == [
        "batching.png",
        "components.png",
        "layers.png",
        "modules.png",
        "roofline.png",
        "speedup.png",
        "timeline.png",
    ]
    assert main(["scaling", str(out)]) == 0
    assert printed.startswith(capsys.readouterr().out)


def test_who_killed_a_process_is_told_from_the_kernels_count(swept: tuple[Path, str]) -> None:
    out, printed = swept
    assert statuses(out) == {1: "ok", 2: "ok", 4: "interrupted"}
    assert "did not fit in memory" not in " ".join(printed.split())


def test_ctrl_c_keeps_what_is_done_and_resume_finishes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    command = sweep(out, "slow", "--batch-sizes", "1,20")  # 1 is first: seconds of work are left
    worker = subprocess.Popen(
        program(*command),
        stderr=subprocess.PIPE,
        text=True,
        # As in a terminal: a shell's background jobs, of which tests may be one, ignore Ctrl-C.
        preexec_fn=heed_interrupts,
    )
    deadline = time.monotonic() + 120
    while not list((out / "points").glob("b*.json")) if (out / "points").is_dir() else True:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    done_before = statuses(out)
    worker.send_signal(signal.SIGINT)
    _, errors = worker.communicate(timeout=60)
    assert worker.returncode == 130
    assert "Traceback" not in errors
    assert "of 2 points; run the same command again to finish" in errors
    assert set(done_before) <= set(statuses(out))
    assert main(command) == 0
    assert statuses(out) == {1: "ok", 20: "ok"}
    capsys.readouterr()
    assert main(command) == 0
    assert "already measured" in capsys.readouterr().err


def test_a_full_disk_ends_the_sweep_with_one_line_and_nothing_half_written(copied: Path) -> None:
    (copied / "points" / "b0002.json").unlink()
    before = (copied / "points" / "b0001.json").read_bytes()
    command = sweep(copied, "killed_at_four", "--batch-sizes", "1,2")
    done = subprocess.run(
        program(*command),
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)),
    )
    assert done.returncode == 2
    lines = [line for line in done.stderr.splitlines() if line.startswith("samprof:")]
    assert len(lines) == 1
    assert "too large" in lines[0] or "could not be written" in lines[0]
    assert "Traceback" not in done.stderr
    # The timed sample of batch 2 is small enough to be written; its recorded one is not.
    assert sorted(path.name for path in (copied / "points").iterdir()) == [
        "b0001.json",
        "b0002.json",
        "b0004.json",
    ]
    assert [len(point.samples) for point in RunDirectory(copied).points()] == [2, 1, 1]
    assert (copied / "points" / "b0001.json").read_bytes() == before
    assert main(command) == 0  # batch 4 is not asked for
    assert statuses(copied) == {1: "ok", 2: "ok", 4: "interrupted"}


@pytest.mark.parametrize(
    ("factory", "words"),
    [
        ("nothing", "no such function"),
        ("not_a_target", "it does not return a Target"),
    ],
)
def test_a_factory_must_give_a_target(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], factory: str, words: str
) -> None:
    command = sweep(tmp_path / "run", factory, "--batch-sizes", "1", "--engine", "process")
    assert main(command) == 2
    assert words in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_fresh_keeps_the_old_run_until_the_new_target_is_there(
    copied: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(sweep(copied, "nothing", "--batch-sizes", "1", "--fresh")) == 2
    assert "no such function" in capsys.readouterr().err  # as said in the point's process
    assert statuses(copied) == {1: "ok", 2: "ok", 4: "interrupted"}
