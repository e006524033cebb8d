"""How ranks differ: rows by hand, without traces."""

import pandas as pd
import pytest

from samprof.analysis.compare.ranks import Slowest, rank_spread, slowest_rank


def layers(*rows: tuple[int, str, int, int], source: str = "device") -> pd.DataFrame:
    """Each (rank, path, device time, host time)."""
    columns = ["rank", "path", "device_total_ns", "cpu_total_ns"]
    return pd.DataFrame(rows, columns=columns).assign(depth=0, time_source=source)


def totals(*rows: tuple[int, int]) -> pd.DataFrame:
    """Each (rank, time of its own)."""
    return pd.DataFrame(rows, columns=["rank", "own_ns"])


def test_the_spread_is_the_longest_over_the_median_of_the_ranks_that_have_the_layer() -> None:
    # net: 10, 20, 30, 50 with median 25; only_two: 4 and 6 with median 5.
    times = {0: 10, 1: 50, 2: 20, 3: 30}
    rows = [(rank, "net", time, 1) for rank, time in times.items()]
    spread = rank_spread(layers(*rows, (2, "only_two", 4, 1), (3, "only_two", 6, 1)))
    assert spread.to_dict("records") == [
        {
            "path": "net",
            "depth": 0,
            "ranks": 4,
            "median_ns": 25.0,
            "min_ns": 10,
            "max_ns": 50,
            "spread": 1.0,
            "slowest_rank": 1,
            "time_source": "device",
        },
        {
            "path": "only_two",
            "depth": 0,
            "ranks": 2,
            "median_ns": 5.0,
            "min_ns": 4,
            "max_ns": 6,
            "spread": pytest.approx(0.2),
            "slowest_rank": 3,
            "time_source": "device",
        },
    ]


def test_device_time_counts_where_any_rank_has_it_else_the_hosts() -> None:
    rows = [(0, "net", 1, 9), (1, "net", 2, 8)]
    on_host, on_device = layers(*rows, source="cpu"), layers(*rows)
    mixed = pd.concat([on_host[:1], on_device[1:]])
    for table, longest, source in (
        (on_host, 9, "cpu"),
        (on_device, 2, "device"),
        (mixed, 2, "device"),
    ):
        (row,) = rank_spread(table).to_dict("records")
        assert (row["max_ns"], row["time_source"]) == (longest, source)


def test_a_layer_without_time_has_no_spread_and_of_equals_the_first_rank_is_slowest() -> None:
    # Of three ranks two have no time: the median is 0, and nothing is divided by it.
    spread = rank_spread(
        layers((0, "a", 0, 0), (1, "a", 0, 0), (2, "a", 7, 0), (0, "b", 5, 0), (1, "b", 5, 0))
    )
    assert spread["spread"].tolist() == [0.0, 0.0]
    assert spread["slowest_rank"].tolist() == [2, 0]


def test_the_slowest_and_the_fastest_rank_and_the_one_in_the_middle() -> None:
    slow = slowest_rank(totals((4, 30), (7, 10), (2, 60), (9, 20)))
    assert slow == Slowest(rank=2, own_ns=60, median_ns=25.0, fastest=7, fastest_ns=10)
    assert slow.excess == pytest.approx(1.4)  # 60 / 25 - 1


def test_one_rank_is_slowest_and_fastest_and_no_work_is_no_excess() -> None:
    assert slowest_rank(totals((3, 8))) == Slowest(3, 8, 8.0, 3, 8)
    assert slowest_rank(totals((3, 8))).excess == 0.0
    assert slowest_rank(totals((0, 0), (1, 0), (2, 5))).excess == 0.0
