"""One sweep at a time writes into a run directory."""

import json
import os
import subprocess
import sys
import threading
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from samprof.errors import RunError
from samprof.sweeps.run.stored.lock import LOCK_FILE, Owner, locked

HOLD = """
import sys
from pathlib import Path
from samprof.sweeps.run.stored.lock import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def write_lock(root: Path, owner: Owner) -> None:
    (root / LOCK_FILE).write_text(json.dumps(asdict(owner)))


def test_the_directory_is_created_and_stays_only_if_something_is_written(tmp_path: Path) -> None:
    with locked(tmp_path / "runs" / "a"):
        assert json.loads((tmp_path / "runs" / "a" / LOCK_FILE).read_text())["pid"] == os.getpid()
    assert list(tmp_path.iterdir()) == []
    with locked(tmp_path / "a"):
        (tmp_path / "a" / "run.json").touch()
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["run.json"]
    (tmp_path / "mine").mkdir()
    with locked(tmp_path / "mine"):
        pass
    assert (tmp_path / "mine").is_dir()


def test_another_process_waits_for_none_and_takes_over_what_a_dead_one_left(
    tmp_path: Path,
) -> None:
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    with (
        pytest.raises(RunError, match=rf"writes into it \(process {holder.pid}\)"),
        locked(tmp_path),
    ):
        pass
    holder.kill()
    os.waitid(os.P_PID, holder.pid, os.WEXITED | os.WNOWAIT)  # it has ended, and is still listed
    with locked(tmp_path):
        assert json.loads((tmp_path / LOCK_FILE).read_text())["pid"] == os.getpid()
    holder.communicate()
    assert not (tmp_path / LOCK_FILE).exists()


def test_a_number_that_was_used_again_is_no_owner(tmp_path: Path) -> None:
    write_lock(tmp_path, replace(Owner.this_process(), pid=os.getppid(), started="long ago"))
    with locked(tmp_path):
        pass


def test_a_process_of_another_host_may_still_run(tmp_path: Path) -> None:
    write_lock(tmp_path, Owner(1, "far-away", "1"))
    remedy = r"process 1 on far-away.*if it runs no more, delete .*lock"
    with pytest.raises(RunError, match=remedy), locked(tmp_path):
        pass
    assert (tmp_path / LOCK_FILE).exists()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": "x"}'])
def test_a_lock_that_names_nobody_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / LOCK_FILE).write_text(text)
    with locked(tmp_path):
        pass


def test_the_same_thread_may_take_it_again_and_another_may_not(tmp_path: Path) -> None:
    refused = []

    def take() -> None:
        try:
            with locked(tmp_path):
                pass
        except RunError as error:
            refused.append(error)

    with locked(tmp_path):
        with locked(tmp_path):
            pass
        assert (tmp_path / LOCK_FILE).exists()
        other = threading.Thread(target=take)
        other.start()
        other.join()
    assert len(refused) == 1
    take()
    assert len(refused) == 1
