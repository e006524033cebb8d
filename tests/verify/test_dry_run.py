"""A dry run of the wheel in an empty folder: every check runs, and what it leaves is read back."""

from __future__ import annotations

import hashlib
import io
import json
import math
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import torch

import samprof
from samprof.cli.main import main
from samprof.verify import limits, published
from samprof.verify import run as verify_run
from samprof.verify.check import Check, Limit
from samprof.verify.event_sums import events_ns
from samprof.verify.runner import Runner
from tests.support.paths import ROOT

ACCOUNTING = (
    ("sum of rows minus sum of events (I1)", "pass"),
    ("totals that do not add up (I2)", "pass"),
    ("lost records", "pass"),
    ("difference in kernels between forwards", "pass"),
    ("passes samprof's own check", "pass"),
    ("time outside of every layer", "shown"),
    ("time without a launch", "shown"),
)
CONSERVATION = [
    *[(f"small tf32 batch 1: {what}", verdict) for what, verdict in ACCOUNTING],
    *[(f"small bfloat16 batch 1: {what}", verdict) for what, verdict in ACCOUNTING],
    ("sweep number 2 in one process: sweeps whose kernels differ from the first one's", "pass"),
    ("sweep number 2 in one process: lost records", "pass"),
    ("sweep number 2 in one process: time accounting", "pass"),
    ("a process of its own, batch 1: lost records", "pass"),
    ("a process of its own, batch 1: time accounting", "pass"),
    ("a process of its own, batch 1: difference in kernels between forwards", "pass"),
    ("a process of its own, batch 1: difference in kernels from this process", "shown"),
]
TRUTH = [
    ("small float32 batch 1: parts timed with the queue full", "pass"),
    *[
        (f"small float32 batch 1: {what} against events, {part}", "shown")
        for what in ("span", "kernels summed")
        for part in ("blocks", "forward")
    ],
]
HARD = [
    *[(f"backward: {what}", verdict) for what, verdict in ACCOUNTING],
    ("backward: kernels of the backward belong to their blocks", "not run"),
    *[(f"two streams: {what}", verdict) for what, verdict in ACCOUNTING],
    ("two streams: the encoder owns kernels of both", "not run"),
    *[(f"two threads: {what}", verdict) for what, verdict in ACCOUNTING],
    ("two threads: the layers of both are recorded", "pass"),
    *[(f"out of memory: recording before: {what}", verdict) for what, verdict in ACCOUNTING],
    ("out of memory: batch 1000000000 does not fit", "pass"),
    ("out of memory: lost records of the forward that failed", "pass"),
    ("out of memory: rows of the forward that failed", "shown"),
    *[(f"out of memory: recording after: {what}", verdict) for what, verdict in ACCOUNTING],
    ("out of memory: the same layers and kernels before and after", "pass"),
    *[(f"SDPA math: {what}", verdict) for what, verdict in ACCOUNTING],
    ("SDPA math: FLOPs per call", "pass"),
    *[(f"SDPA flash_attention: {what}", verdict) for what, verdict in ACCOUNTING],
    ("SDPA flash_attention: FLOPs per call", "pass"),
    ("SDPA efficient_attention", "not run"),
    ("SDPA cudnn_attention", "not run"),
    ("automatic masks: lost records", "pass"),
    ("automatic masks: time accounting", "pass"),
    ("automatic masks: host work has rows", "pass"),
    ("automatic masks: components against wall time", "shown"),
    ("CUDA graph by hand", "not run"),
    *[(f"torch.compile: {what}", verdict) for what, verdict in ACCOUNTING],
    ("torch.compile: the note says compiled region", "pass"),
    ("torch.compile, reduce-overhead", "not run"),
]
TRACES = [
    (f"small-b0001-{granularity}: {what}", verdict)
    for granularity in ("block", "op")
    for what, verdict in (
        ("size", "pass"),
        ("missing ranges", "pass"),
        ("lost records", "pass"),
        ("time accounting", "pass"),
        ("total time", "shown"),
    )
]
PROFILER_OVERHEAD = [
    ("small float32 batch 1: forward, no profiler", "shown"),
    *[
        (f"small float32 batch 1: {profiler} relative to no profiler", "shown")
        for profiler in ("torch.profiler", "samprof, block", "samprof, layer", "samprof, op")
    ],
]
BATCHING = [
    *[(f"peak {what}", "shown") for what in ("float32", "bfloat16", "float16", "copy")],
    ("small eager batch 1: time per image", "shown"),
    ("small eager batch 1: lost records", "pass"),
    ("small eager batch 1: time accounting", "pass"),
    ("small eager batch 2: time per image", "shown"),
    ("small eager batch 2: lost records", "pass"),
    ("small eager batch 2: time accounting", "pass"),
    ("small: components of predict: share of the encoder", "shown"),
    ("small: components of predict: encoder time to decoder time", "shown"),
    ("small sdpa batch 1: time per image", "shown"),
    ("small sdpa batch 1: lost records", "pass"),
    ("small sdpa batch 1: time accounting", "pass"),
    ("small eager: speed-up from batch 1 to 2", "shown"),
    ("small eager: memory per additional image", "shown"),
    ("small eager: best batch", "shown"),
    ("small sdpa: speed-up", "not run"),
    ("published numbers with one of ours to compare", "shown"),
]
DEVICE = [("start-up", "shown"), ("kernels in 4 sessions", "not run")]
EXPECTED = [
    *[("device", *line) for line in DEVICE],
    *[("ground truth", *line) for line in TRUTH],
    *[("hard cases", *line) for line in HARD],
    *[("conservation", *line) for line in CONSERVATION],
    *[("traces", *line) for line in TRACES],
    *[("profiler overhead", *line) for line in PROFILER_OVERHEAD],
    *[("batching", *line) for line in BATCHING],
    ("figures", "small: figures", "pass"),
]


@dataclass
class Done:
    """A finished run."""

    code: int
    lines: list[str]
    out: Path

    @property
    def results(self) -> dict[str, Any]:
        data: dict[str, Any] = json.loads((self.out / "results.json").read_bytes())
        return data

    def detail(self, group: str, what: str) -> dict[str, Any]:
        found: dict[str, Any] = self.results["details"][group][what]
        return found


def run(out: Path, *arguments: str) -> Done:
    with redirect_stdout(io.StringIO()) as told:
        code = main(["verify", "--dry", "-o", str(out), *arguments])
    return Done(code, told.getvalue().splitlines(), out)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the contents of the wheel, as pip would install them."""
    folder = tmp_path_factory.mktemp("wheel")
    # Built from a copy: setuptools writes into the folder that it builds from.
    source = folder / "source"
    source.mkdir()
    for name in ("pyproject.toml", "setup.cfg", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "samprof", source / "samprof", ignore=ignored)
    command = ["pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", str(folder)]
    subprocess.run([sys.executable, "-m", *command, str(source)], check=True)
    (built,) = folder.glob("*.whl")
    site = folder / "site"
    with zipfile.ZipFile(built) as archive:
        archive.extractall(site)
    return site


@pytest.fixture(scope="module")
def dry(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Done:
    # Nothing is left out for lack of time, however slow this machine is.
    command = ["-m", "samprof", "verify", "--dry", "--minutes", "600"]
    empty = tmp_path_factory.mktemp("verify")
    done = installed(wheel, empty, *command)
    return Done(done.returncode, done.stdout.splitlines(), empty / "runs" / "verify")


def installed(wheel: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Python with the wheel on its path, run in a folder."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(wheel)},
        capture_output=True,
        text=True,
        check=False,
    )


def checks(done: Done) -> list[Check]:
    return [
        Check(
            **{
                **{k: v for k, v in data.items() if k != "verdict"},
                "limit": limit_of(data["limit"]),
            }
        )
        for data in done.results["checks"]
    ]


def limit_of(data: dict[str, Any] | None) -> Limit | None:
    return data and Limit(**data)


def test_the_wheel_holds_every_file_of_the_package(wheel: Path, tmp_path: Path) -> None:
    files = [path for path in (ROOT / "samprof").rglob("*") if path.is_file()]
    expected = [path.relative_to(ROOT) for path in files if path.suffix != ".pyc"]
    assert Path("samprof/py.typed") in expected
    assert any(path.parent.name == "templates" for path in expected)
    assert not [str(path) for path in expected if not (wheel / path).is_file()]
    where = installed(wheel, tmp_path, "-c", "import samprof; print(samprof.__file__)")
    assert Path(where.stdout.strip()) == wheel / "samprof" / "__init__.py"


def test_every_check_is_there_with_its_verdict(dry: Done) -> None:
    found = [(check.group, check.what, check.verdict) for check in checks(dry)]
    assert found == EXPECTED
    assert dry.code == 0


def test_results_hold_every_line_that_was_printed(dry: Done) -> None:
    lines = [check.line() for check in checks(dry)]
    assert dry.lines[: len(lines)] == lines
    assert (dry.out / "checks.txt").read_text().splitlines() == lines
    assert dry.lines[-2].startswith("82 pass, 0 fail, 48 shown, 8 not run; ")
    assert torch.__version__.startswith(dry.results["environment"]["packages"]["torch"])
    assert {"torch", "pandas"} <= dry.results["environment"]["all_packages"].keys()
    assert dry.results["command"] == "samprof verify --dry --minutes 600"


def test_figures_are_sane(dry: Done) -> None:
    for check in checks(dry):
        if check.figure is None:
            assert check.note
            continue
        assert math.isfinite(check.figure), check.line()
        assert check.figure >= 0, check.line()
        if check.unit == "%" and check.group != "ground truth":
            assert check.figure <= 100, check.line()
        if check.unit in ("ms", "x", "TFLOP/s", "TB/s", "MiB", "FLOP", "MB"):
            assert check.figure > 0, check.line()


def test_recordings_hold_real_time(dry: Done) -> None:
    for what in ("small tf32 batch 1", "small bfloat16 batch 1"):
        assert dry.detail("conservation", what)["time_ns"] > 1_000_000
    for what in ("backward", "two threads", "SDPA math", "torch.compile"):
        assert dry.detail("hard cases", what)["time_ns"] > 0


def test_blocks_were_timed_by_events_and_by_samprof(dry: Done) -> None:
    detail = dry.detail("ground truth", "small float32 batch 1")
    pieces = {"", "patch_embed", "blocks.0", "neck"}
    assert detail["events_ns"].keys() == detail["span_ns"].keys() == pieces
    # Two forwards before the recording, two after it; two recorded.
    assert {len(times) for times in detail["events_ns"].values()} == {4}
    assert {len(times) for times in detail["span_ns"].values()} == {2}
    parts = sum(min(detail["events_ns"][name]) for name in pieces - {""})
    assert 0 < parts < max(detail["events_ns"][""])


@pytest.mark.parametrize("granularity", ["block", "op"])
def test_kept_traces_give_the_recorded_totals(dry: Done, granularity: str) -> None:
    name = f"small-b0001-{granularity}"
    path, detail = dry.out / "traces" / f"{name}.json.gz", dry.detail("traces", name)
    assert hashlib.sha256(path.read_bytes()).hexdigest() == detail["sha256"]
    assert path.stat().st_size == detail["bytes"]
    trace: Any = samprof.load(path, cache=False)
    check = trace.check().as_dict()
    assert {**check, "notes": list(check["notes"])} == detail["check"]
    table = trace.layers().set_index("path")
    assert table["cpu_total_ns"].to_dict() == detail["layers"]
    assert events_ns(path) == detail["check"]["total_ns"]
    assert table.loc["image_encoder", "calls"] == 3
    assert any(row.endswith("()") for row in table.index) == (granularity == "op")


def test_answers_are_kept_as_tables(dry: Done) -> None:
    answers = dry.detail("batching", "small eager: answers")
    assert [point["size"] for point in answers["points"]] == [1, 2]
    assert answers["verdict"]["best_size"] in (1, 2)
    assert answers["verdict"]["sentences"]
    assert {row["path"] for row in answers["scaling"]} >= {"image_encoder", "image_encoder.neck"}
    # The sweeps found the peaks that were measured just before: shares of them are known.
    assert any(row["flops_share"] for row in answers["roofline"])


def test_figures_and_tables_are_left_in_one_archive(dry: Done) -> None:
    pictures = sorted((dry.out / "figures" / "small").glob("*.png"))
    assert {"batching.png", "layers.png", "roofline.png"} <= {path.name for path in pictures}
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in pictures)
    with tarfile.open(dry.out / "verify.tar.gz") as archive:
        names = set(archive.getnames())
        member = archive.extractfile("results.json")
        assert member is not None
        assert member.read() == (dry.out / "results.json").read_bytes()
    assert {"checks.txt", "published.md", "traces/small-b0001-op.json.gz"} <= names
    assert not any(name.startswith("runs") for name in names)


def test_published_numbers_are_listed_with_their_source(dry: Done) -> None:
    lines = (dry.out / "published.md").read_text().splitlines()
    assert len(lines) == 2 + len(published.NUMBERS)
    assert all(line.count("|") == 10 for line in lines)


def test_a_figure_outside_its_limit_is_exit_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # More than all parts cannot have been timed with the queue full.
    planted = replace(limits.DRY_LIMITS, queued=Limit(low=101))
    monkeypatch.setattr(verify_run, "DRY_LIMITS", planted)
    done = run(tmp_path / "out", "--only", "ground-truth")
    assert done.code == 1
    line = "small float32 batch 1: parts timed with the queue full: 100 % (at least 101)"
    assert done.lines.count(f"fail    ground truth: {line}") == 2  # where it ran, and at the end
    assert "1 fail" in done.lines[-2]
    assert done.lines[-1] == (
        "The numbers in this dry run are not right: ground truth: small float32 batch 1: parts timed "
        "with the queue full."
    )


def test_without_time_every_case_says_so_and_none_passes(tmp_path: Path) -> None:
    done = run(tmp_path / "out", "--minutes", "0", "--only", "ground-truth,traces")
    assert done.code == 0
    assert done.lines[0].startswith("shown   device: start-up: ")
    assert done.lines[1] == "not run device: kernels in 4 sessions: needs CUDA"
    assert done.lines[2:5] == [
        "not run ground truth: small float32 batch 1: time",
        "not run traces: small-b0001-block: time",
        "not run traces: small-b0001-op: time",
    ]
    assert done.lines[-2].startswith("0 pass, 0 fail, 1 shown, 4 not run; ")
    assert done.lines[-1].startswith("No check failed in this dry run")


def test_with_two_minutes_only_what_a_user_needs_is_planned(tmp_path: Path) -> None:
    done = run(tmp_path / "out", "--minutes", "0")  # planned, and left out for lack of time
    planned = {(check.group, check.what) for check in checks(done)}
    assert planned == {
        ("device", "start-up"),
        ("device", "kernels in 4 sessions"),
        ("conservation", "small tf32 batch 1"),
        ("conservation", "small bfloat16 batch 1"),
        ("conservation", "sweep number 2 in one process"),
        ("ground truth", "small float32 batch 1"),
        ("hard cases", "backward"),
        ("hard cases", "CUDA graph by hand"),
        ("profiler overhead", "small float32 batch 1"),
    }
    assert done.code == 0


def test_chosen_groups_have_all_of_the_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runners: list[Runner] = []
    monkeypatch.setattr(verify_run, "_run", lambda runner, wanted: runners.append(runner))
    verify_run.verify(tmp_path / "out", dry=True, groups=["traces"], minutes=10)
    budget = runners[0].session.budget
    budget.begin("traces")  # 3 of 100 where all groups run
    assert budget.fits(500)
