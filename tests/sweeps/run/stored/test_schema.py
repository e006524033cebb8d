"""A run directory from a stranger: what is no run gets one line, and no path leads outside of it."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

import samprof
from samprof.cli.main import main
from samprof.errors import RunError, UsageError
from samprof.sweeps.run.run import Run
from samprof.sweeps.run.stored.schema import inside, is_variant
from tests.support.calls import calls
from tests.support.targets import WIDTH, Net


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """The run of a trace of two sizes."""
    trace = calls("samprof", [1, 2]).write(tmp_path / "trace.json")
    return samprof.scaling(trace, out=tmp_path / "run").path


def change(path: Path, how: Callable[[dict[str, Any]], Any]) -> None:
    data = json.loads(path.read_text())
    how(data)
    path.write_text(json.dumps(data))


def test_when_a_run_began_is_held_and_shown_and_older_runs_lack_it(run: Path) -> None:
    began = json.loads((run / "run.json").read_text())["began"]
    assert datetime.fromisoformat(began).tzinfo is not None
    assert Run(run).summary().environment["began"] == began
    change(run / "run.json", lambda data: data.pop("began"))
    assert Run(run).summary().environment["began"] == ""


@pytest.mark.parametrize(
    "how",
    [
        lambda data: data.update(asked=[]),
        lambda data: data.update(target="net"),
        lambda data: data.update(environment=None),
        lambda data: data["environment"].update(packages=["torch"]),
        lambda data: data["environment"].update(peaks=7),
        lambda data: data["asked"].update(variants={"eager": 1}),
        lambda data: data["asked"].update(target=1),
        lambda data: data.update(commands=["samprof", 1]),
        lambda data: data.update(colors={"MLP": 3}),
        lambda data: data.pop("asked"),
    ],
)
def test_a_mistyped_run_file_is_one_line(
    run: Path, how: Callable[[dict[str, Any]], Any], capsys: pytest.CaptureFixture[str]
) -> None:
    change(run / "run.json", how)
    assert main(["scaling", str(run)]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"samprof: read: {run / 'run.json'}: not what a sweep writes (")
    assert len(error.splitlines()) == 1


@pytest.mark.parametrize(
    "how",
    [
        lambda one: one.update(wall_ns="5"),
        lambda one: one.update(wall_ns=[1, "5"]),
        lambda one: one.update(status="fine"),
        lambda one: one.update(machine=[]),
        lambda one: one.update(units=None),
        lambda one: one.update(notes={"a": 1}),
        lambda one: one["layers"].update(path=[1] * len(one["layers"]["path"])),
        lambda one: one["layers"].update(role=[{}] * len(one["layers"]["path"])),
        lambda one: one["layers"]["depth"].pop(),
        lambda one: one["layers"].pop("cpu_total_ns"),
        lambda one: one.update(ops={"path": ["net"], "op": ["a"], "calls": ["x"], "time_ns": [1]}),
        lambda one: one.update(components={"component": ["x"]}),
    ],
)
def test_a_mistyped_sample_is_one_line(
    run: Path, how: Callable[[dict[str, Any]], Any], capsys: pytest.CaptureFixture[str]
) -> None:
    change(run / "points" / "b0001.json", lambda data: how(data["samples"][0]))
    assert main(["scaling", str(run)]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"samprof: read: {run / 'points' / 'b0001.json'}: not a sample (")
    assert len(error.splitlines()) == 1


def test_a_point_file_bears_the_name_of_its_point(run: Path) -> None:
    (run / "points" / "b0001.json").rename(run / "points" / "b0008.json")
    with pytest.raises(RunError, match="it holds the point b0001"):
        Run(run).points()


@pytest.mark.parametrize("trace", ["/etc/hostname", "../secret.json", "traces/../../secret.json"])
def test_a_trace_outside_of_the_run_is_not_read(run: Path, trace: str) -> None:
    (run.parent / "secret.json").write_text('{"traceEvents": []}')
    change(run / "points" / "b0001.json", lambda data: data["samples"][0].update(trace=trace))
    for read in (Run(run).trace_path, Run(run).timeline, Run(run).trace):
        with pytest.raises(RunError, match="a trace that lies outside of the run directory"):
            read(1)
    with pytest.raises(RunError, match="outside of the run directory"):
        Run(run).tensorboard(run.parent / "logs")
    assert not list((run.parent / "logs").rglob("*secret*"))


def test_a_link_does_not_lead_outside_either(run: Path) -> None:
    (run.parent / "secret.json").write_text("{}")
    (run / "traces" / "link.json").symlink_to(run.parent / "secret.json")
    with pytest.raises(RunError, match="outside of the run directory"):
        inside(run, "traces/link.json")
    assert inside(run, "traces/other.json") == run / "traces" / "other.json"


@pytest.mark.parametrize(
    ("name", "good"),
    [
        ("eager", True),
        ("bf16+sdpa", True),
        ("one by one", True),
        ("", False),
        ("..", False),
        (".hidden", False),
        ("a/b", False),
        ("a\\b", False),
        ("C:", False),
        ("a\nb", False),
        ("a\x1b[2J", False),
        ("x" * 101, False),
    ],
)
def test_names_of_variants_are_names_of_files(name: str, good: bool) -> None:
    assert is_variant(name) == good


def test_a_sweep_refuses_a_variant_that_is_no_name() -> None:
    import torch

    with pytest.raises(UsageError, match="not a name for files"):
        samprof.sweep(Net(), torch.ones(1, WIDTH), [1], variant="../x")
