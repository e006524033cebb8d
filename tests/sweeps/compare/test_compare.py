"""Any two are compared: traces whose contents are known, recordings, ranks, a run against a trace."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch

import samprof
from samprof.errors import RunError, TraceError, UsageError
from samprof.testing import TraceOptions, write_trace
from samprof.trace import Trace, load_trace
from samprof.trace.ranks.ranks import Ranks
from tests.support.compared import Kernel, traced
from tests.support.targets import WIDTH, Net

Layers = dict[str, list[Kernel]]
Make = Callable[..., Trace]

EAGER: Layers = {
    "net": [],
    "net.x": [("mm", 100), ("add", 10)],
    "net.y": [("mm", 50)],
    "(outside)": [("copy", 7)],
}
FUSED: Layers = {
    "net": [("fused", 60)],
    "net.y": [("mm", 50), ("mm", 50)],
    "(outside)": [("copy", 7)],
}


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Writes and loads a trace of these layers."""
    numbers = iter(range(100))

    def load(layers: Layers, **options: Any) -> Trace:
        return load_trace(traced(layers, **options).write(tmp_path / f"{next(numbers)}.json"))

    return load


def notes(table: pd.DataFrame) -> str:
    return "\n".join(table.attrs["notes"])


def times(table: pd.DataFrame) -> dict[str, tuple[float, float]]:
    return {
        path: (a, b)
        for path, a, b in zip(
            table["path"], table["a_ns"].fillna(-1), table["b_ns"].fillna(-1), strict=True
        )
    }


def test_layers_are_matched_by_path_with_the_kernels_that_changed(make: Make) -> None:
    table = samprof.compare(make(EAGER), make(FUSED))
    assert times(table) == {
        "net": (160, 160),
        "net.x": (110, -1),
        "net.y": (50, 100),
        "(outside)": (7, 7),
        "(no launch)": (0, 0),
    }
    assert table["kernels"].tolist() == [
        "+1 fused_kernel",
        "-1 mm_kernel, -1 add_kernel",
        "1->2 mm_kernel",
        "",
        "",
    ]
    assert table["change"].tolist()[:3] == ["undecided", "only in a", "undecided"]
    assert (table["a_self_ns"].sum(), table["b_self_ns"].sum()) == (167, 167)
    assert "Matched by samprof's ranges: 2 layers in both." in notes(table)
    assert "the rows hold 167 ns of the 167 ns of device time in the file of A (exact)" in notes(
        table
    )


def test_by_op_the_rows_add_up_and_are_what_was_launched(make: Make) -> None:
    table = samprof.compare(make(EAGER), make(FUSED), by="op")
    assert times(table) == {
        "aten::fused": (-1, 60),
        "aten::mm": (150, 100),
        "aten::add": (10, -1),
        "aten::copy": (7, 7),
        "(outside)": (0, 0),
        "(no launch)": (0, 0),
    }
    assert table["a_ns"].sum() == 167
    assert table["b_ns"].sum() == 167
    assert "Matched by op: 2 ops in both." in notes(table)


@pytest.mark.parametrize(
    ("by", "words"),
    [("module", "modules of Python stacks"), ("annotation", "user annotations")],
)
def test_each_kind_of_range_is_compared_and_named(make: Make, by: str, words: str) -> None:
    layers: Layers = {"A_0": [("mm", 10)], "A_0 > B_0": [("mm", 20)]}
    table = samprof.compare(make(layers, by=by), make(layers, by=by))
    assert table["path"].tolist() == ["A_0", "A_0 > B_0", "(outside)", "(no launch)"]
    assert f"Matched by {words}: 2 layers in both." in notes(table)


def test_traces_of_different_kinds_or_models_are_compared_by_op_and_it_is_said_why(
    make: Make,
) -> None:
    annotated = make({"forward": [("mm", 5)]}, by="annotation")
    table = samprof.compare(make(EAGER), annotated)
    assert times(table)["aten::mm"] == (150, 5)
    why = "because A has samprof's ranges, B has user annotations: "
    assert f"Matched by op, {why}" in notes(table)
    other = samprof.compare(make(EAGER), make({"other": [("mm", 5)], "other.part": []}))
    assert "because their samprof's ranges have hardly a path in common" in notes(other)


def test_times_are_per_call_and_sums_of_the_files(make: Make) -> None:
    table = samprof.compare(make(EAGER, calls=3), make(EAGER, calls=5))
    assert times(table)["net"] == (160, 160)
    assert (table["a_self_ns"].sum(), table["b_self_ns"].sum()) == (3 * 167, 5 * 167)
    assert (table["kernels"] == "").all()
    assert "Times are per call of net: A has 3, B 5." in notes(table)
    by_op = samprof.compare(make(EAGER, calls=3), make(EAGER, calls=5), by="op")
    assert times(by_op)["aten::mm"] == (150, 150)
    assert "Times are per step: A has 3, B 5." in notes(by_op)


def test_recordings_whose_steps_are_not_known_are_compared_as_a_whole(make: Make) -> None:
    ops: Layers = {"(outside)": [("mm", 5)]}
    table = samprof.compare(make(ops, calls=2), make(ops))
    assert times(table)["aten::mm"] == (10, 5)
    assert "Whole recordings are compared" in notes(table)


def test_numbers_of_steps_do_not_keep_annotations_apart(tmp_path: Path) -> None:
    sides = []
    for first in (3, 100):
        file = traced({"forward": [("mm", 5)]}, by="annotation", calls=2)
        starts = sorted(e["ts"] for e in file.events if e["name"] == "forward")
        for number, start in enumerate(starts):
            file.step(first + number, start - 5, 90)
        sides.append(load_trace(file.write(tmp_path / f"{first}.json")))
    table = samprof.compare(*sides)
    assert times(table)["ProfilerStep > forward"] == (5, 5)
    assert "Times are per step: A has 2, B 2." in notes(table)


def test_a_wrapped_model_is_compared_below_its_wrapper(make: Make) -> None:
    plain: Layers = {"Net_0": [], "Net_0 > A_0": [("mm", 10)], "Net_0 > B_0": [("mm", 20)]}
    compiled = {"Compiled_0": [("copy", 1)], **{f"Compiled_0 > {p}": k for p, k in plain.items()}}
    table = samprof.compare(make(plain, by="module"), make(compiled, by="module"))
    assert times(table) == {
        "Compiled_0": (30, 31),
        "Compiled_0 > Net_0": (30, 30),
        "Compiled_0 > Net_0 > A_0": (10, 10),
        "Compiled_0 > Net_0 > B_0": (20, 20),
        "(outside)": (0, 0),
        "(no launch)": (0, 0),
    }
    assert table["depth"].tolist() == [0, 1, 2, 2, 0, 0]
    assert table["change"].tolist()[:2] == ["only in b", "undecided"]
    assert "Net_0 of A is taken for Compiled_0 > Net_0." in notes(table)


def test_devices_software_and_time_sources_that_differ_are_said(make: Make) -> None:
    def on(name: str, **metadata: Any) -> Trace:
        devices = [{"id": 0, "name": name}]
        return make(EAGER, metadata={"deviceProperties": devices, **metadata})

    a = on("NVIDIA A100", cuda_runtime_version=11080)
    b = on("AMD Instinct MI300X", hip_runtime_version=60443483)
    said = notes(samprof.compare(a, b))
    assert "The device differs: NVIDIA A100 in A, AMD Instinct MI300X in B." in said
    assert "The CUDA or HIP differs: CUDA 11.8 in A, HIP 6.4 in B." in said
    host = make({path: [] for path in EAGER})
    table = samprof.compare(a, host)
    said = notes(table)
    assert "The device differs: NVIDIA A100 in A, no device activity in B." in said
    assert "The time source differs: device time in A, CPU time in B;" in said
    assert (table["kernels"] == "").all()
    same = notes(samprof.compare(a, a))
    assert "differs" not in same


def test_a_generated_trace_agrees_with_its_truth(tmp_path: Path) -> None:
    options = TraceOptions(outside=True, no_launch=0.05, backward=True)
    truths = [
        write_trace(tmp_path / name, 9_000, options, seed=seed, steps=2)
        for seed, name in enumerate(("a.json", "b.json"))
    ]
    table = samprof.compare(
        *(samprof.load(tmp_path / name, cache=False) for name in ("a.json", "b.json"))
    )
    for name, truth in zip("ab", truths, strict=True):
        own = dict(zip(table["path"], table[f"{name}_self_ns"], strict=True))
        assert (own.pop("(outside)"), own.pop("(no launch)")) == (
            truth.outside_ns,
            truth.no_launch_ns,
        )
        assert own == truth.device_self_ns
        assert table[f"{name}_self_ns"].sum() == truth.device_ns


def test_ranks_are_pooled(tmp_path: Path, make: Make) -> None:
    for rank, ns in enumerate((10, 30)):
        (tmp_path / "job").mkdir(exist_ok=True)
        traced({"net": [("mm", ns)]}, calls=2).write(tmp_path / "job" / f"rank{rank}.json")
    ranks = samprof.load(tmp_path / "job", cache=False)
    assert isinstance(ranks, Ranks)
    table = samprof.compare(ranks, make({"net": [("mm", 25)]}))
    row = table.iloc[0]
    assert (row["a_ns"], row["b_ns"], row["a_least_ns"], row["a_most_ns"]) == (20, 25, 10, 30)
    assert row["a_self_ns"] == 2 * 10 + 2 * 30
    said = notes(table)
    assert "A has 2 ranks: times are means over them." in said
    assert "80 ns of the 80 ns of device time in the 2 files of A (exact)" in said
    both = samprof.compare(ranks, ranks, by="op")
    assert times(both)["aten::mm"] == (20, 20)


def test_paths_are_loaded_and_the_same_file_is_named(tmp_path: Path) -> None:
    path = traced(EAGER).write(tmp_path / "a.json")
    table = samprof.compare(str(path), path)
    assert (table["difference_ns"] == 0).all()
    assert notes(table).startswith(f"A and B are the same: {path} is compared with itself.")


@pytest.mark.parametrize(
    ("by", "words"),
    [
        ("module", "by=module: A has no modules of Python stacks; compare by op"),
        ("samprof", "by=samprof: no path in common; compare by op"),
        ("modules", "by='modules': unknown kind of range"),
    ],
)
def test_ranges_that_cannot_be_compared_are_an_error(make: Make, by: Any, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        samprof.compare(make(EAGER), make({"other": [("mm", 5)]}), by=by)


def test_what_holds_no_trace_is_an_error(make: Make, tmp_path: Path) -> None:
    trace = make(EAGER)
    with pytest.raises(UsageError, match="compare: B: int, not a run, trace, recording or folder"):
        samprof.compare(trace, 7)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="size 4: neither side is a run; leave it out"):
        samprof.compare(trace, trace, size=4)
    (tmp_path / "broken.json").write_text('{"traceEvents": [')
    with pytest.raises(TraceError, match=r"broken\.json"):
        samprof.compare(trace, tmp_path / "broken.json")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> samprof.Run:
    out = tmp_path_factory.mktemp("compare") / "run"
    return samprof.sweep(
        Net(), torch.ones(1, WIDTH), [1, 2], rounds=2, repeats=1, warmup=0, name="net", out=out
    )


def recorded(size: int, **options: Any) -> samprof.Recording:
    net = Net()
    with samprof.profile(net, name="net", **options) as recording:
        net(torch.ones(size, WIDTH))
    return recording


def two_sizes() -> samprof.Recording:
    net = Net()
    with samprof.profile(net, name="net") as recording:
        net(torch.ones(1, WIDTH)), net(torch.ones(2, WIDTH))
    return recording


def test_a_run_is_compared_at_the_size_of_the_recording(run: samprof.Run) -> None:
    recording = recorded(2, shapes=False)
    table = samprof.compare(run, recording)
    assert table["path"].tolist() == ["net", "net.first", "net.second", "(outside)"]
    assert set(table["size"]) == {2}
    assert f"A is one recorded process at batch 2, of the run {run.path}" in notes(table)
    whole = run.trace(2).check("samprof").total_ns
    assert table["a_self_ns"].sum() == whole
    assert table["b_self_ns"].sum() == recording.trace.check("samprof").total_ns
    assert set(samprof.compare(recording, run, size=1)["size"]) == {1}


def test_a_size_that_cannot_be_told_is_asked_for(run: samprof.Run) -> None:
    words = "it has the sizes 1, 2, and the other side"
    with pytest.raises(
        UsageError, match=f"{words} was recorded at 3; choose one of them with --size"
    ):
        samprof.compare(run, recorded(3))
    with pytest.raises(UsageError, match=f"{words} does not say its own; choose"):
        samprof.compare(run, two_sizes())
    with pytest.raises(RunError, match="no batch 8; it has 1, 2"):
        samprof.compare(run, recorded(2), size=8)


def test_two_runs_are_compared_with_intervals_and_never_by_range(run: samprof.Run) -> None:
    table = samprof.compare(run, run.path)
    assert table["ratio_low"].notna().any()
    assert table.attrs["notes"] == []
    assert set(samprof.compare(run, run, size=2)["size"]) == {"all", 2}
    with pytest.raises(UsageError, match="by=op: runs are compared by their layers"):
        samprof.compare(run, run, by="op")


def test_a_run_without_points_is_an_error(run: samprof.Run, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_bytes((run.path / "run.json").read_bytes())
    with pytest.raises(RunError, match="no size ran to its end"):
        samprof.compare(tmp_path, recorded(1))
