"""The tables of one rank, and the rank of each trace."""

from pathlib import Path

import pytest

from samprof.errors import TraceError
from samprof.trace import load_trace
from samprof.trace.ranks.rank_tables import RankTables, attempt, rank_in, rank_numbers
from tests.support.tracefile import TraceFile


def with_metadata(folder: Path, **metadata: object) -> Path:
    file = TraceFile(metadata={"schemaVersion": 1, **metadata})
    file.range("net", 0, 100)
    for correlation, name in ((1, "gemm"), (2, "ncclDevKernel_AllReduce"), (3, "NCCL_send")):
        file.launch(correlation, 10 * correlation)
        file.kernel(correlation, 1000 * correlation, 2**correlation, name=name)
    return file.write(folder / "trace.json")


def test_collective_time_is_that_of_communication_kernels(tmp_path: Path) -> None:
    found = attempt(with_metadata(tmp_path), "auto", cache=False)
    assert isinstance(found, RankTables)
    # 2 + 4 + 8 ns in all, the last two in collectives.
    assert (found.check.total_ns, found.collective_ns) == (14, 12)
    assert found.layers["path"].tolist() == ["net", "(outside)", "(no launch)"]


def test_a_trace_that_cannot_be_read_is_an_error_that_is_returned(tmp_path: Path) -> None:
    found = attempt(tmp_path / "nowhere.json", "auto", cache=False)
    assert isinstance(found, TraceError)
    assert found.cause == "no such file"


@pytest.mark.parametrize(
    ("information", "rank"),
    [({"rank": 3}, 3), ({"rank": "3"}, None), ({"rank": True}, None), ({}, None), ([3], None)],
)
def test_a_rank_is_an_integer_of_the_metadata(
    tmp_path: Path, information: object, rank: int | None
) -> None:
    assert rank_in(load_trace(with_metadata(tmp_path, distributedInfo=information))) == rank


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ({"a.json": 5, "b.json": 3}, {"b.json": 3, "a.json": 5}),
        ({"rank4.json": 0, "rank_2.json": 0}, {"rank_2.json": 2, "rank4.json": 4}),
        ({"rank7.json": None, "rank6.json": 1}, {"rank6.json": 6, "rank7.json": 7}),
        ({"alone.json": None}, {"alone.json": 0}),
    ],
)
def test_ranks_are_from_the_metadata_else_the_names(
    known: dict[str, int | None], expected: dict[str, int]
) -> None:
    found = rank_numbers({Path(name): rank for name, rank in known.items()})
    assert [(path.name, rank) for path, rank in found.items()] == list(expected.items())


@pytest.mark.parametrize(
    "known",
    [
        {"batch1.json": None, "batch2.json": None, "batch4.json": None},
        {"b.json": 0, "a.json": 0},
        {"rank1.json": None, "b.json": None},
        {"a.json": 1, "b.json": None},
    ],
)
def test_traces_that_nothing_calls_ranks_are_refused_in_one_line(
    known: dict[str, int | None],
) -> None:
    with pytest.raises(
        TraceError, match=r"^ranks: job: \d traces, which neither .* samprof scaling$"
    ):
        rank_numbers({Path("job") / name: rank for name, rank in known.items()})
