"""The GPU kit in its dry form: every check runs on the CPU, and what it leaves is read back."""

from __future__ import annotations

import hashlib
import io
import json
import math
import tarfile
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import torch

import samprof
from bench.gpu import published
from bench.gpu.__main__ import main
from bench.gpu.books import events_ns
from bench.gpu.check import Check, Limit
from bench.gpu.scale import DRY_LIMITS

BOOKS = (
    ("rows less events (I1)", "pass"),
    ("totals that do not add up (I2)", "pass"),
    ("lost records", "pass"),
    ("kernels between forwards differ", "pass"),
    ("samprof's own check finds faults", "pass"),
    ("outside", "shown"),
    ("without launch", "shown"),
)
CONSERVATION = [
    *[(f"small tf32 batch 1: {what}", verdict) for what, verdict in BOOKS],
    *[(f"small bfloat16 batch 1: {what}", verdict) for what, verdict in BOOKS],
    ("sweep number 2 in one process: sweeps with other kernels than the first", "pass"),
    ("sweep number 2 in one process: lost records", "pass"),
    ("sweep number 2 in one process: books", "pass"),
    ("a process of its own, batch 1: lost records", "pass"),
    ("a process of its own, batch 1: books", "pass"),
    ("a process of its own, batch 1: kernels between forwards differ", "pass"),
    ("a process of its own, batch 1: kernels differ from this process's", "shown"),
]
TRUTH = [
    ("small float32 batch 1: pieces timed with the queue full", "pass"),
    *[
        (f"small float32 batch 1: {what} against events, {part}", "shown")
        for what in ("span", "kernels summed")
        for part in ("blocks", "forward")
    ],
]
HARD = [
    *[(f"backward: {what}", verdict) for what, verdict in BOOKS],
    ("backward: kernels of the backward are their blocks'", "not run"),
    *[(f"two streams: {what}", verdict) for what, verdict in BOOKS],
    ("two streams: both are there, owned by the encoder", "not run"),
    *[(f"two threads: {what}", verdict) for what, verdict in BOOKS],
    ("two threads: the layers of both are there", "pass"),
    *[(f"out of memory: recording before: {what}", verdict) for what, verdict in BOOKS],
    ("out of memory: batch 1000000000 does not fit", "pass"),
    ("out of memory: lost records of the forward that failed", "pass"),
    ("out of memory: rows of the forward that failed", "shown"),
    *[(f"out of memory: recording after: {what}", verdict) for what, verdict in BOOKS],
    ("out of memory: the same layers and kernels after it", "pass"),
    *[(f"SDPA math: {what}", verdict) for what, verdict in BOOKS],
    ("SDPA math: FLOPs a call", "pass"),
    *[(f"SDPA flash_attention: {what}", verdict) for what, verdict in BOOKS],
    ("SDPA flash_attention: FLOPs a call", "pass"),
    ("SDPA efficient_attention", "not run"),
    ("SDPA cudnn_attention", "not run"),
    ("automatic masks: lost records", "pass"),
    ("automatic masks: books", "pass"),
    ("automatic masks: host work has its rows", "pass"),
    ("automatic masks: components against the wall", "shown"),
    ("CUDA graph by hand", "not run"),
    *[(f"torch.compile: {what}", verdict) for what, verdict in BOOKS],
    ("torch.compile: the note says compiled region", "pass"),
    ("torch.compile, reduce-overhead", "not run"),
]
TRACES = [
    (f"small-b0001-{granularity}: {what}", verdict)
    for granularity in ("block", "op")
    for what, verdict in (
        ("size", "pass"),
        ("ranges that it lacks", "pass"),
        ("lost records", "pass"),
        ("books", "pass"),
        ("total time", "shown"),
    )
]
DISTORTION = [
    ("small float32 batch 1: forward, no profiler", "shown"),
    *[
        (f"small float32 batch 1: {way}, to no profiler", "shown")
        for way in ("torch.profiler", "samprof, block", "samprof, layer", "samprof, op")
    ],
]
FOUNDING = [
    *[(f"peak {what}", "shown") for what in ("float32", "bfloat16", "float16", "copy")],
    ("small eager batch 1: an image", "shown"),
    ("small eager batch 1: lost records", "pass"),
    ("small eager batch 1: books", "pass"),
    ("small eager batch 2: an image", "shown"),
    ("small eager batch 2: lost records", "pass"),
    ("small eager batch 2: books", "pass"),
    ("small: components of predict: the encoder's share", "shown"),
    ("small: components of predict: encoder to decoders", "shown"),
    ("small sdpa batch 1: an image", "shown"),
    ("small sdpa batch 1: lost records", "pass"),
    ("small sdpa batch 1: books", "pass"),
    ("small eager: gain from batch 1 to 2", "shown"),
    ("small eager: memory of an image more", "shown"),
    ("small eager: best batch", "shown"),
    ("small sdpa: gain", "not run"),
    ("published numbers with one of ours beside them", "shown"),
]
EXPECTED = [
    *[("conservation", *line) for line in CONSERVATION],
    *[("truth", *line) for line in TRUTH],
    *[("hard cases", *line) for line in HARD],
    *[("traces", *line) for line in TRACES],
    *[("distortion", *line) for line in DISTORTION],
    *[("founding", *line) for line in FOUNDING],
    ("figures", "small: figures", "pass"),
]


@dataclass
class Done:
    """A run of the kit."""

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


def run(out: Path, *arguments: str, **others: Any) -> Done:
    with redirect_stdout(io.StringIO()) as told:
        code = main(["--dry", "-o", str(out), *arguments], **others)
    return Done(code, told.getvalue().splitlines(), out)


@pytest.fixture(scope="module")
def dry(tmp_path_factory: pytest.TempPathFactory) -> Done:
    # However slow this machine is: nothing is left out for want of time.
    return run(tmp_path_factory.mktemp("gpu") / "kit", "--minutes", "600")


def checks(done: Done) -> list[Check]:
    return [
        Check(
            **{**{k: v for k, v in data.items() if k != "verdict"}, "limit": limit(data["limit"])}
        )
        for data in done.results["checks"]
    ]


def limit(data: dict[str, Any] | None) -> Limit | None:
    return data and Limit(**data)


def test_every_check_is_there_with_its_verdict(dry: Done) -> None:
    found = [(check.group, check.what, check.verdict) for check in checks(dry)]
    assert found == EXPECTED
    assert dry.code == 0


def test_results_hold_every_line_that_was_told(dry: Done) -> None:
    lines = [check.line() for check in checks(dry)]
    assert dry.lines[: len(lines)] == lines
    assert (dry.out / "checks.txt").read_text().splitlines() == lines
    assert dry.lines[-1].startswith("82 pass, 0 fail, 47 shown, 7 not run; ")
    assert torch.__version__.startswith(dry.results["environment"]["packages"]["torch"])
    assert {"torch", "pandas"} <= dry.results["environment"]["all_packages"].keys()
    assert dry.results["command"].startswith("python -m bench.gpu --dry -o ")


def test_figures_are_sane(dry: Done) -> None:
    for check in checks(dry):
        if check.figure is None:
            assert check.note
            continue
        assert math.isfinite(check.figure), check.line()
        assert check.figure >= 0, check.line()
        if check.unit == "%" and check.group != "truth":
            assert check.figure <= 100, check.line()
        if check.unit in ("ms", "times", "TFLOP/s", "TB/s", "MiB", "FLOP", "MB"):
            assert check.figure > 0, check.line()


def test_books_hold_real_time(dry: Done) -> None:
    for what in ("small tf32 batch 1", "small bfloat16 batch 1"):
        assert dry.detail("conservation", what)["time_ns"] > 1_000_000
    for what in ("backward", "two threads", "SDPA math", "torch.compile"):
        assert dry.detail("hard cases", what)["time_ns"] > 0


def test_blocks_were_timed_by_events_and_by_samprof(dry: Done) -> None:
    detail = dry.detail("truth", "small float32 batch 1")
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


def test_founding_answers_are_kept_as_tables(dry: Done) -> None:
    answers = dry.detail("founding", "small eager: answers")
    assert [point["batch_size"] for point in answers["points"]] == [1, 2]
    assert answers["verdict"]["best_batch_size"] in (1, 2)
    assert answers["verdict"]["sentences"]
    assert {row["path"] for row in answers["scaling"]} >= {"image_encoder", "image_encoder.neck"}
    # The sweeps found the peaks that were measured just before: shares of them are known.
    assert any(row["flops_share"] for row in answers["roofline"])


def test_figures_and_tables_are_left_in_one_archive(dry: Done) -> None:
    pictures = sorted((dry.out / "figures" / "small").glob("*.png"))
    assert {"batching.png", "layers.png", "roofline.png"} <= {path.name for path in pictures}
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in pictures)
    with tarfile.open(dry.out / "artefacts.tar.gz") as archive:
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


def test_a_figure_outside_its_limit_is_exit_1(tmp_path: Path) -> None:
    # More than all of the pieces cannot have been timed with the queue full.
    planted = replace(DRY_LIMITS, proven=Limit(low=101))
    done = run(tmp_path / "kit", "--only", "truth", limits=planted)
    assert done.code == 1
    line = "small float32 batch 1: pieces timed with the queue full: 100 % (at least 101)"
    assert done.lines.count(f"fail    truth: {line}") == 2  # where it ran, and at the end
    assert "1 fail" in done.lines[-1]


def test_without_time_every_case_says_so_and_none_passes(tmp_path: Path) -> None:
    done = run(tmp_path / "kit", "--minutes", "0", "--only", "truth,traces")
    assert done.code == 0
    assert done.lines[:3] == [
        "not run truth: small float32 batch 1: time",
        "not run traces: small-b0001-block: time",
        "not run traces: small-b0001-op: time",
    ]
    assert done.lines[-1].startswith("0 pass, 0 fail, 0 shown, 3 not run; ")
