"""`samprof.testing` as others use it: its names, what it imports, and the command."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import samprof.testing
from samprof.testing import write_trace


def run(*arguments: str) -> str:
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=True)
    return done.stdout


def test_all_public_names_are_there() -> None:
    assert all(hasattr(samprof.testing, name) for name in samprof.testing.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = samprof.testing.nothing


def test_importing_it_imports_nothing_heavy() -> None:
    loaded = set(run("-c", "import sys, samprof.testing; print(*sys.modules)").split())
    assert not {"numpy", "pandas", "torch", "pytest"} & loaded


def test_writing_a_trace_needs_only_numpy(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from samprof.testing import write_trace\n"
        f"write_trace({str(tmp_path / 'trace.json')!r}, 4_400)\n"
        "print(*sys.modules)"
    )
    loaded = set(run("-c", code).split())
    assert "numpy" in loaded
    assert not {"pandas", "torch", "pytest"} & loaded


def test_a_trace_is_json_with_as_many_events_as_the_truth_says(tmp_path: Path) -> None:
    path = tmp_path / "trace.json"
    truth = write_trace(path, 9_000)
    assert len(json.loads(path.read_text())["traceEvents"]) == truth.events


def test_the_command_writes_the_trace_and_prints_its_truth(tmp_path: Path) -> None:
    path = tmp_path / "trace.json.gz"
    lines = run("-m", "samprof.testing", str(path), "4400", "--seed", "3").splitlines()
    truth = write_trace(tmp_path / "same.json.gz", 4_400, seed=3)
    assert path.read_bytes() == (tmp_path / "same.json.gz").read_bytes()
    assert f"events: {truth.events}" in lines
    assert f"device_ns: {truth.device_ns}" in lines
