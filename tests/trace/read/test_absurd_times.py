"""Times that do not fit together: as few events as possible are left out, whatever their order."""

import numpy as np

from samprof.trace.model.events import ABSENT, Events
from samprof.trace.read.absurd_times import times_add_up, without_absurd_times

YEAR_NS = 365 * 24 * 3600 * 10**9


def events(*times: tuple[int, int]) -> Events:
    """Ops of these starts and durations."""
    columns = {name: np.zeros(len(times), dtype) for name, dtype in Events.dtypes().items()}
    ts, dur = np.array(times, np.int64).reshape(-1, 2).T
    return Events(**columns | {"kind": columns["kind"] + 1, "ts": ts, "dur": dur})


def kept(*times: tuple[int, int]) -> tuple[list[tuple[int, int]], list[str]]:
    found, notes = without_absurd_times(events(*times))
    return list(zip(found.ts.tolist(), found.dur.tolist(), strict=True)), notes


def test_what_adds_up_is_unchanged() -> None:
    whole = events((0, 5), (100 * YEAR_NS, 7))
    assert without_absurd_times(whole) == (whole, [])
    assert times_add_up(events())


def test_times_far_from_the_others_are_left_out() -> None:
    usual = [(0, 5), (3, 5), (9, 5)]
    for far in ([(145 * YEAR_NS, 20 * YEAR_NS)], [(-140 * YEAR_NS, 1), (140 * YEAR_NS, 1)]):
        count = f"{len(far)} event{'s' if len(far) > 1 else ''}"
        assert kept(*far, *usual) == (usual, [f"{count} 36 years and more from the others"])


def test_the_longest_are_left_out_equal_ones_together() -> None:
    # 30 + 30 + 90 + 90 years are too many; 30 + 30 are more than 36.
    long, usual = [(0, 90 * YEAR_NS), (1, 90 * YEAR_NS)], [(2, 30 * YEAR_NS), (3, 7)]
    assert kept(*long, *usual) == (usual, ["2 events too long to add up with the others"])
    assert kept(*usual, *long) == (usual, ["2 events too long to add up with the others"])


def test_what_is_left_adds_up() -> None:
    rng = np.random.default_rng(0)
    most = 2**62 - 1
    for _ in range(50):
        count = int(rng.integers(1, 40))
        whole = events(
            *zip(
                rng.integers(-most, most, count).tolist(),
                (rng.integers(0, most, count) >> rng.integers(0, 62, count)).tolist(),
                strict=True,
            )
        )
        found, notes = without_absurd_times(whole)
        assert times_add_up(found)
        assert len(found) or notes
        assert ABSENT not in found.ts
