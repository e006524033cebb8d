"""Traces of several sizes become a run with the tables of a sweep."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import samprof
from samprof.errors import RunError, UsageError
from samprof.sweeps.run.run import Run
from tests.support.calls import FIXED, PATHS, PER_IMAGE, calls, wall_of
from tests.support.targets import WIDTH, Net
from tests.support.tracefile import TraceFile

KINDS = ["samprof", "module", "annotation", "op"]
SIZES = (1, 2, 4)


def written(
    folder: Path, kind: str, sizes: Any = SIZES, *, pid: int = 100, **options: Any
) -> list[Path]:
    """A file per size, of a process each; each holds that size alone."""
    folder.mkdir(exist_ok=True)
    return [
        calls(kind, [size], pid=pid + number, **options).write(folder / f"{kind}-{number}.json")
        for number, size in enumerate(sizes)
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_a_trace_per_size_gives_the_scaling_of_every_layer(kind: str, tmp_path: Path) -> None:
    run = samprof.scaling(dict(zip(SIZES, written(tmp_path, kind), strict=True)))
    table = run.scaling().set_index("path")
    root, first, second = PATHS[kind]
    assert table.loc[root, "unit_ns_smallest"] == FIXED + PER_IMAGE
    assert table.loc[root, "unit_ns_largest"] == FIXED / 4 + PER_IMAGE
    assert table.loc[first, "speedup"] == pytest.approx(4)  # a fixed cost is shared by four
    assert table.loc[second, "speedup"] == pytest.approx(1)
    assert table["speedup_low"].isna().all()
    assert set(table["class"]) == {"undecided"}
    points = run.points()
    assert points["size"].tolist() == list(SIZES)
    assert points["status"].tolist() == ["ok"] * 3
    assert points["time_ns"].tolist() == [wall_of(size) for size in SIZES]
    assert points["profiler_overhead"].isna().all()
    assert run.summary().is_profiled
    assert points["message"].str.contains("size by what was given").all()


def test_all_ways_to_give_the_same_traces_agree(tmp_path: Path) -> None:
    paths = written(tmp_path / "each", "samprof")
    one = calls("samprof", SIZES).write(tmp_path / "one.json")
    ways = [
        samprof.scaling(tmp_path / "each"),
        samprof.scaling(paths),
        samprof.scaling([samprof.load(path) for path in paths]),
        samprof.scaling(dict(zip(SIZES, paths, strict=True))),
        samprof.scaling(paths, sizes=SIZES),
        samprof.scaling(one),
        samprof.scaling(samprof.load(one), sizes=SIZES),
    ]
    tables = [way.scaling().drop(columns=["fixed_ns", "per_unit_ns"]) for way in ways]
    for table in tables[1:]:
        assert table.equals(tables[0])


def test_the_time_of_every_file_is_accounted_for(tmp_path: Path) -> None:
    run = samprof.scaling(calls("samprof", [1, 2, 4, 4], kernels=True).write(tmp_path / "x.json"))
    for size, count in {1: 1, 2: 1, 4: 2}.items():
        check = run.checks()[size]
        assert check["ok"]
        assert check["total_ns"] == check["attributed_ns"] == count * PER_IMAGE
    assert run.points()["time_source"].tolist() == ["device"] * 3
    with pytest.raises(RunError, match="no components were recorded; samprof workload"):
        run.components()


def test_of_three_calls_the_first_does_not_count(tmp_path: Path) -> None:
    file = calls("samprof", [1, 1, 1, 2, 2])
    file.events[0]["dur"] += 100  # of the first root; it reaches into the gap behind it
    run = samprof.scaling(file.write(tmp_path / "x.json"))
    layers = run.layers()
    roots = layers[layers["path"] == "net"]
    assert roots["cpu_total_ns"].tolist() == [wall_of(1)] * 2 + [wall_of(2)] * 2


def test_several_processes_give_an_interval(tmp_path: Path) -> None:
    paths = written(tmp_path, "samprof", [1, 1, 1, 4, 4, 4])
    run = samprof.scaling(paths)
    root = run.scaling().iloc[0]
    assert root["speedup"] == pytest.approx(wall_of(1) * 4 / wall_of(4))
    assert root["speedup_low"] == pytest.approx(root["speedup"])
    assert root["class"] == "gains"
    said = str(run.verdict())
    assert run.verdict().claim == "helps"
    assert "3 processes of batch 1, 3 processes of batch 4." in said


def test_traces_of_one_process_are_its_calls(tmp_path: Path) -> None:
    paths = [
        calls("samprof", [size]).write(tmp_path / f"{number}.json")
        for number, size in enumerate([1, 1, 1, 4, 4, 4])
    ]
    run = samprof.scaling(paths)
    assert run.scaling()["speedup_low"].isna().all()
    assert run.points()["processes"].tolist() == [1, 1]
    assert len(run.layers().query("path == 'net'")) == 6
    assert run.verdict().claim == "undecided"
    assert "traces of one process count as its calls" in str(run.verdict())
    assert run.checks()[4]["total_ns"] == 3 * wall_of(4)


def test_a_process_has_a_name_of_its_own_where_samprof_recorded_it(tmp_path: Path) -> None:
    paths = []
    for number, size in enumerate([1, 1, 4, 4]):
        file = calls("samprof", [size])  # one id, as in containers
        file.metadata["samprof"]["machine"] = {"process": f"name {number}"}
        paths.append(file.write(tmp_path / f"{number}.json"))
    assert samprof.scaling(paths).points()["processes"].tolist() == [2, 2]


def test_the_verdict_claims_no_more_than_traces_can_tell(tmp_path: Path) -> None:
    verdict = samprof.scaling(written(tmp_path, "module")).verdict()
    assert verdict.claim == "undecided"
    assert verdict.recommended is None
    assert verdict.sentences[0] == "Undecided, because one process at batch 2 gives no interval."
    said = str(verdict)
    assert (
        "In what was measured, batch 4 ran at 2.00x the throughput of batch 1, which is not" in said
    )
    assert "Run batch" not in said
    assert "which traces do not tell" in said
    assert "How they were read: size by the shapes of the first op." in said


def test_layers_that_only_some_sizes_have_are_shown(tmp_path: Path) -> None:
    paths = written(tmp_path, "samprof", [1, 2])
    file = calls("samprof", [4])
    file.range("net.extra", 10_100, 200)
    paths.append(file.write(tmp_path / "large.json"))
    table = samprof.scaling(paths).scaling().set_index("path")
    assert np.isnan(table.loc["net.extra", "speedup"])
    assert table.loc["net.extra", "unit_ns_largest"] == 50


def test_the_run_has_all_that_a_sweep_has(tmp_path: Path) -> None:
    one = calls("module", [1, 2, 4], kernels=True, shapes=True).write(tmp_path / "one.json")
    run = samprof.scaling(one, out=tmp_path / "run")
    saved = Run(run.save(tmp_path / "saved"))
    assert (saved.path / "traces" / "b0004" / "rank0.pt.trace.json").is_file()
    assert (saved.path / "scaling.csv").is_file()
    assert saved.roles()["path"].tolist()[:2] == ["rest of Net", "First"]
    assert saved.report(tmp_path / "report.html").stat().st_size > 10_000
    assert {path.name for path in saved.figures(tmp_path / "figures")} >= {
        "batching.png",
        "layers.png",
    }
    # The timeline is that of a call of the size, though the file holds all sizes.
    timeline = saved.timeline(4)
    host = timeline[timeline["track"] == "host"]
    assert host["dur_ns"].tolist() == [wall_of(4), FIXED, 4 * PER_IMAGE]
    assert samprof.load(saved.path).points()["size"].tolist() == [1, 2, 4]


def test_recordings_give_the_same_as_their_files(tmp_path: Path) -> None:
    net = Net()
    recordings = {}
    for size in (1, 4):
        with samprof.profile(net, name="net") as recordings[size]:
            net(torch.ones(size, WIDTH))
    paths = [one.save(tmp_path / f"{size}") for size, one in recordings.items()]
    run, from_files = samprof.scaling(recordings), samprof.scaling(paths)
    assert run.scaling().equals(from_files.scaling())
    assert run.points()["size"].tolist() == [1, 4]
    assert (run.points()["peak_memory_bytes"] > 0).all()


def test_one_recording_over_several_sizes() -> None:
    net = Net()
    with samprof.profile(net, name="net") as recording:
        for size in (1, 2, 4, 2):
            net(torch.ones(size, WIDTH))
    run = recording.scaling()
    layers = run.layers()
    roots = layers[layers["path"] == "net"]
    assert roots["size"].tolist() == [1, 2, 2, 4]
    whole = recording.layers().set_index("path")
    assert roots["cpu_total_ns"].sum() == whole.loc["net", "cpu_total_ns"]
    assert run.environment["threads"] == torch.get_num_threads()
    assert run.environment["packages"] == {"torch": torch.__version__}


def test_a_recording_has_a_page_of_its_own(tmp_path: Path) -> None:
    net = Net()
    with samprof.profile(net, name="net") as recording:
        net(torch.ones(3, WIDTH))
    page = recording.report(tmp_path / "page.html").read_text()
    assert "One batch size only (3: " in page
    with pytest.raises(UsageError, match="nothing to compare"):
        recording.scaling()


def test_a_run_is_a_run_already(tmp_path: Path) -> None:
    run = samprof.scaling(written(tmp_path / "t", "samprof"), out=tmp_path / "run")
    assert samprof.scaling(run.path).path == run.path


def other_class(tmp_path: Path) -> list[Path]:
    file = calls("samprof", [2])
    file.metadata["samprof"]["modules"] = {"net": ["Other", ""]}
    return [*written(tmp_path, "samprof", [1]), file.write(tmp_path / "other.json")]


def other_root(tmp_path: Path) -> list[Path]:
    file = TraceFile()
    file.module("ResNet_0", 10, 50)
    return [*written(tmp_path, "module", [1]), file.write(tmp_path / "other.json")]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (other_class, "other.json: a trace of Other net, and samprof-0.json is one of Net net"),
        (other_root, "other.json: a trace of ResNet_0, and module-0.json is one of Net_0"),
        (
            lambda folder: written(folder, "samprof", [4, 4]),
            "one size only (4): nothing to compare",
        ),
        (
            lambda folder: written(folder, "module", [1, 2], shapes=False)[1:],
            "one size only (1)",  # its name ends in the only number
        ),
    ],
)
def test_what_does_not_scale_is_one_line(make: Any, message: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as error:
        samprof.scaling(make(tmp_path))
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_sizes_that_nothing_tells_are_asked_for(tmp_path: Path) -> None:
    folder = tmp_path / "t"
    folder.mkdir()
    paths = [
        calls("module", [size], shapes=False).write(folder / f"{name}.json")
        for name, size in (("small", 1), ("large", 4))
    ]
    with pytest.raises(UsageError, match="the size of its calls cannot be told"):
        samprof.scaling(folder)
    assert samprof.scaling(paths, sizes=[1, 4]).points()["size"].tolist() == [1, 4]


def test_the_same_traces_may_be_gathered_again(tmp_path: Path) -> None:
    paths = written(tmp_path / "t", "samprof")
    first = samprof.scaling(paths, out=tmp_path / "run").scaling()
    assert samprof.scaling(paths, out=tmp_path / "run").scaling().equals(first)
    with pytest.raises(RunError, match="it belongs to another sweep") as error:
        samprof.scaling(paths[1:], out=tmp_path / "run")
    assert str(error.value).endswith("choose another directory")


def test_traces_are_not_overwritten_by_their_run(tmp_path: Path) -> None:
    run = samprof.scaling(written(tmp_path / "t", "samprof"), out=tmp_path / "run")
    kept = sorted((run.path / "traces").rglob("*.json"))
    with pytest.raises(RunError, match="the traces lie in it; choose another directory"):
        samprof.scaling(kept, out=run.path)
    assert all(path.is_file() for path in kept)


def test_a_directory_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "thesis.txt").write_text("mine")
    with pytest.raises(RunError, match="not empty"):
        samprof.scaling(written(tmp_path / "t", "samprof"), out=out)
    assert [path.name for path in out.iterdir()] == ["thesis.txt"]


def test_a_hostile_trace_is_data(tmp_path: Path) -> None:
    paths = written(tmp_path, "samprof", [1, 2])
    for path in paths:
        data = json.loads(path.read_text())
        data["samprof"] = {
            "roots": "net",
            "modules": [1],
            "weights": 7,
            "machine": ["x"],
            "calls": 3,
        }
        path.write_text(json.dumps(data))
    assert samprof.scaling(paths).points()["size"].tolist() == [1, 2]
