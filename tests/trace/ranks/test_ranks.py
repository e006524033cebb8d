"""A folder of ranks: one table, every trace read once, the slowest named, broken ones told."""

import json
from pathlib import Path

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

import samprof
from samprof.analysis.compare.ranks import rank_spread, slowest_rank
from samprof.cli.main import main
from samprof.errors import TraceError, UsageError
from samprof.trace import Trace
from samprof.trace.ranks import ranks, readers
from samprof.trace.ranks.ranks import Ranks
from tests.support.tracefile import TraceFile

WORK = {0: 3_000, 1: 5_000, 2: 4_000}
REDUCED_AT = 20_000


def write_rank(folder: Path, rank: int | None, work: int, name: str) -> Path:
    """One rank: a layer with a kernel of `work` ns, then a collective that ends for all together."""
    metadata = {} if rank is None else {"distributedInfo": {"rank": rank, "world_size": 3}}
    file = TraceFile(metadata={"schemaVersion": 1, **metadata})
    file.range("net", 1_000, 9_000)
    file.range("net.fc", 2_000, 1_000)
    file.launch(1, 2_100)
    file.kernel(1, 5_000, work)
    file.launch(2, 4_100)
    file.kernel(2, 5_000 + work, REDUCED_AT - 5_000 - work, name="ncclDevKernel_AllReduce")
    return file.write(folder / name)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for rank, work in WORK.items():
        write_rank(tmp_path, rank, work, f"worker{9 - rank}.json.gz")
    return tmp_path


def loaded(folder: Path) -> Ranks:
    found = samprof.load(folder, cache=False)
    assert isinstance(found, Ranks)
    return found


def test_it_is_shown_in_a_line(folder: Path) -> None:
    assert repr(loaded(folder)) == f"<Ranks {str(folder)!r}: 3 traces>"


def test_each_rank_has_the_rows_of_its_own_trace(folder: Path) -> None:
    table = loaded(folder).layers()
    assert next(iter(table.columns)) == "rank"
    for rank in WORK:
        trace = samprof.load(folder / f"worker{9 - rank}.json.gz", cache=False)
        assert isinstance(trace, Trace)
        own = table[table["rank"] == rank].drop(columns="rank").reset_index(drop=True)
        assert_frame_equal(own, trace.layers())


def test_one_worker_or_several_make_no_difference(folder: Path) -> None:
    assert_frame_equal(loaded(folder).layers(workers=1), loaded(folder).layers(workers=3))


def test_progress_counts_the_traces(folder: Path) -> None:
    seen: list[tuple[int, int]] = []
    loaded(folder).layers(workers=2, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_traces_are_read_once_for_each_kind_of_range(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = loaded(folder)
    table = found.layers(workers=1)
    monkeypatch.setattr(ranks, "read_each", None)
    assert_frame_equal(found.layers(), table)
    assert found.totals()["rank"].tolist() == [0, 1, 2]


def test_totals_keep_what_waits_in_collectives_apart(folder: Path) -> None:
    totals = loaded(folder).totals()
    assert totals["own_ns"].tolist() == [3_000, 5_000, 4_000]
    assert totals["collective_ns"].tolist() == [12_000, 10_000, 11_000]
    assert totals["time_ns"].tolist() == [15_000] * 3
    assert totals["trace"].tolist() == [f"worker{n}.json.gz" for n in (9, 8, 7)]


def test_the_slowest_rank_is_the_one_that_waits_least(folder: Path) -> None:
    slow = slowest_rank(loaded(folder).totals())
    assert (slow.rank, slow.own_ns, slow.median_ns) == (1, 5_000, 4_000)
    assert (slow.fastest, slow.fastest_ns) == (0, 3_000)
    assert slow.excess == 0.25


def test_the_spread_of_a_layer_over_the_ranks(folder: Path) -> None:
    spread = rank_spread(loaded(folder).layers()).set_index("path").loc["net.fc"]
    assert (spread["min_ns"], spread["median_ns"], spread["max_ns"]) == (3_000, 4_000, 5_000)
    assert spread["spread"] == 0.25
    assert spread["slowest_rank"] == 1
    assert spread["ranks"] == 3


def test_layers_of_single_ranks_stand_after_what_they_followed() -> None:
    rows = [(0, "a"), (0, "a.x"), (0, "b"), (1, "a"), (1, "a.y"), (1, "b"), (1, "c")]
    layers = pd.DataFrame(rows, columns=["rank", "path"]).assign(
        depth=0, time_source="cpu", cpu_total_ns=1
    )
    spread = rank_spread(layers)
    assert spread["path"].tolist() == ["a", "a.y", "a.x", "b", "c"]
    assert spread["ranks"].tolist() == [2, 1, 1, 2, 1]


@pytest.mark.parametrize(
    ("said", "names", "expected"),
    [
        ((5, 3), ("a.json", "b.json"), {"a.json": 5, "b.json": 3}),
        ((0, 0), ("rank4.json", "rank_2.json"), {"rank4.json": 4, "rank_2.json": 2}),
        ((None, 1), ("rank7.json", "rank6.json"), {"rank7.json": 7, "rank6.json": 6}),
    ],
)
def test_a_rank_is_what_the_trace_says_else_its_name(
    tmp_path: Path,
    said: tuple[int | None, int | None],
    names: tuple[str, str],
    expected: dict[str, int],
) -> None:
    for rank, name in zip(said, names, strict=True):
        write_rank(tmp_path, rank, 1_000, name)
    totals = loaded(tmp_path).totals()
    assert dict(zip(totals["trace"], totals["rank"], strict=True)) == expected


def test_traces_of_several_batch_sizes_are_no_ranks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for size in (1, 2, 4):
        write_rank(tmp_path, None, 1_000 * size, f"batch{size}.json")
    with pytest.raises(TraceError, match="3 traces, which neither distributedInfo nor their names"):
        loaded(tmp_path).layers()
    assert main(["layers", str(tmp_path), "--no-cache"]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "samprof scaling" in printed.err
    assert len(printed.err.strip().splitlines()) == 1  # after that of the progress


def test_a_trace_that_cannot_be_read_is_left_out_and_named(folder: Path) -> None:
    broken = folder / "worker8.json.gz"
    broken.write_bytes(broken.read_bytes()[:100])
    for workers in (1, 2):
        found = loaded(folder)
        assert set(found.layers(workers=workers)["rank"]) == {0, 2}
        assert found.notes == [f"{broken} left out: the gzip stream ends too early"]


def test_when_none_can_be_read_the_reason_is_raised(folder: Path) -> None:
    for path in folder.iterdir():
        path.write_text("{}")
    with pytest.raises(TraceError, match="without a traceEvents list"):
        loaded(folder).layers()


def test_workers_that_end_are_an_error_of_the_trace(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "_WORKER", "samprof.no_such_program")
    with pytest.raises(TraceError, match="the process that read it ended"):
        loaded(folder).layers(workers=2)


def test_an_unknown_kind_of_range_is_refused_before_reading(folder: Path) -> None:
    with pytest.raises(UsageError, match="by='modules'"):
        loaded(folder).layers("modules")  # type: ignore[arg-type]


def test_the_command_shows_spread_and_slowest_rank(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["layers", str(folder), "--no-cache", "--workers", "2"]) == 0
    text = capsys.readouterr().out
    assert "Device time by layer over 3 ranks, in us" in text
    (line,) = (line for line in text.splitlines() if line.lstrip().startswith("fc"))
    assert line.split() == ["fc", "4.00", "3.00", "5.00", "+25%", "1"]
    flat = " ".join(text.split())
    assert "Slowest: rank 1, 5.00 us outside collective operations, 25.0% over the median" in flat
    assert "Longest in collectives: rank 0, 12.0 us" in flat


def test_the_rows_for_programs_have_a_rank(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "worker8.json.gz").write_bytes(b"")
    assert main(["layers", str(folder), "--json", "--no-cache"]) == 0
    captured = capsys.readouterr()
    assert {row["rank"] for row in json.loads(captured.out)} == {0, 2}
    assert "left out: the file is empty" in captured.err


def test_check_of_a_folder_fails_when_a_trace_is_left_out(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(folder), "--no-cache"]) == 0
    (folder / "worker8.json.gz").write_bytes(b"")
    assert main(["check", str(folder), "--no-cache"]) == 1
    captured = capsys.readouterr()
    assert "rank 2: ok" in captured.out
    assert "left out" in captured.err


def test_a_command_for_one_trace_names_the_traces(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["kernels", str(folder)]) == 2
    assert "3 traces in this directory; give one of them (worker7" in capsys.readouterr().err
