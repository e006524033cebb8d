"""Sweeps from the command line: a process a point, interrupts, full disks, kills."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TARGETS = "tests.support.targets"


def command(out: Path, factory: str = "net", *more: str) -> list[str]:
    return [
        *(sys.executable, "-m", "samprof.cli.main", "sweep"),
        *("--factory", f"{TARGETS}:{factory}", "--out", str(out)),
        *("--repeats", "2", "--warmup", "0", *more),
    ]


def run(
    out: Path, factory: str = "net", *more: str, limit_bytes: int | None = None
) -> subprocess.CompletedProcess[str]:
    def limit() -> None:
        import resource

        assert limit_bytes is not None
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, limit_bytes))

    return subprocess.run(
        command(out, factory, *more),
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
        preexec_fn=limit if limit_bytes else None,
    )


def statuses(out: Path) -> dict[int, str]:
    points = [json.loads(path.read_text()) for path in (out / "points").glob("b*.json")]
    return {point["batch_size"]: point["status"] for point in points}


def test_each_point_has_a_process_of_its_own_and_the_answer_is_printed(tmp_path: Path) -> None:
    out = tmp_path / "run"
    done = run(out, "net", "--batch-sizes", "1,2")
    assert done.returncode == 0, done.stderr
    assert "net.second" in done.stdout or "second" in done.stdout
    assert "(exact)" in done.stdout
    assert "images/s" in done.stdout
    assert (out / "report.html").is_file()
    assert sorted(path.name for path in (out / "figures").iterdir()) == [
        "batching.png",
        "components.png",
        "gains.png",
        "lanes.png",
        "layers.png",
        "modules.png",
        "roofline.png",
    ]
    again = subprocess.run(
        [sys.executable, "-m", "samprof.cli.main", "scaling", str(out)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    assert done.stdout.startswith(again.stdout)


def test_a_killed_process_is_a_point_that_did_not_fit(tmp_path: Path) -> None:
    done = run(tmp_path / "run", "killed_at_four", "--batch-sizes", "1,4,2")
    assert done.returncode == 0, done.stderr
    assert statuses(tmp_path / "run") == {1: "ok", 2: "ok", 4: "oom"}
    assert "did not fit in memory" in " ".join(done.stdout.split())


def test_ctrl_c_keeps_what_is_done_and_resume_finishes(tmp_path: Path) -> None:
    out = tmp_path / "run"
    sizes = ("--batch-sizes", "10,20,40")  # whichever is first, seconds of work are left
    worker = subprocess.Popen(
        command(out, "slow", *sizes), stderr=subprocess.PIPE, text=True, cwd=ROOT
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
    assert "of 3 points; run the same command to finish" in errors
    assert set(done_before) <= set(statuses(out))
    finished = run(out, "slow", *sizes)
    assert finished.returncode == 0, finished.stderr
    assert "there already" in finished.stderr
    assert statuses(out) == {10: "ok", 20: "ok", 40: "ok"}


def test_a_full_disk_ends_the_sweep_with_one_line_and_nothing_half_written(tmp_path: Path) -> None:
    out = tmp_path / "run"
    assert run(out, "net", "--batch-sizes", "1").returncode == 0
    before = (out / "points" / "b0001.json").read_bytes()
    done = run(out, "net", "--batch-sizes", "1,2", limit_bytes=4096)
    assert done.returncode == 2
    lines = [line for line in done.stderr.splitlines() if line.startswith("samprof:")]
    assert len(lines) == 1
    assert "too large" in lines[0] or "could not be written" in lines[0]
    assert "Traceback" not in done.stderr
    assert [path.name for path in (out / "points").iterdir()] == ["b0001.json"]
    assert (out / "points" / "b0001.json").read_bytes() == before
    assert run(out, "net", "--batch-sizes", "1,2").returncode == 0


@pytest.mark.parametrize(
    ("factory", "words"),
    [
        ("nothing", "no such function"),
        ("not_a_target", "it does not return a Target"),
    ],
)
def test_a_factory_must_give_a_target(tmp_path: Path, factory: str, words: str) -> None:
    done = run(tmp_path / "run", factory, "--batch-sizes", "1")
    assert done.returncode == 2
    assert words in done.stderr
    assert not (tmp_path / "run").exists()


def test_fresh_keeps_the_old_run_until_the_new_target_is_there(tmp_path: Path) -> None:
    out = tmp_path / "run"
    assert run(out, "net", "--batch-sizes", "1").returncode == 0
    assert run(out, "nothing", "--batch-sizes", "1", "--fresh").returncode == 2
    assert statuses(out) == {1: "ok"}
