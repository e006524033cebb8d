"""Pointers outwards, checked against walking them one by one."""

import numpy as np
import numpy.typing as npt
import pytest

from samprof.trace.model import outwards
from samprof.trace.model.outwards import behind, climb, depths, nearest, wider_of

DEEP = 5_000


def parents(seed: int, count: int) -> npt.NDArray[np.int32]:
    """Parents of intervals in order: each is the one before it, or one around that, or none."""
    rng = np.random.default_rng(seed)
    parent = [-1]
    for row in range(1, count):
        above = row - 1
        for _ in range(int(rng.integers(0, 4))):
            above = parent[above] if above >= 0 else -1
        parent.append(above)
    return np.array(parent, np.int32)


def around(parent: npt.NDArray[np.int32], row: int) -> list[int]:
    """The row and all around it, from the inside out."""
    found = []
    while row >= 0:
        found.append(row)
        row = int(parent[row])
    return found


@pytest.mark.parametrize("seed", range(5))
def test_the_pointers_lead_where_walking_does(seed: int) -> None:
    parent = parents(seed, 200)
    rows = range(len(parent))
    assert depths(parent).tolist() == [len(around(parent, row)) - 1 for row in rows]
    inside = [[other for other in rows if row in around(parent, other)] for row in rows]
    assert behind(parent).tolist() == [found[-1] + 1 for found in inside]
    assert [found == [*range(found[0], found[-1] + 1)] for found in inside] == [True] * len(parent)
    wanted = np.random.default_rng(seed).random(len(parent)) < 0.1
    assert nearest(parent, wanted).tolist() == [
        next((one for one in around(parent, row) if wanted[one]), -1) for row in rows
    ]


@pytest.mark.parametrize("walked", [0, 1, 32])
def test_leaps_land_where_walking_does(walked: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outwards, "_WALKED", walked)
    rng = np.random.default_rng(walked)
    end, thread = rng.integers(0, 100, 300), np.sort(rng.integers(0, 3, 300)).astype(np.int32)
    wider = wider_of(thread, end)
    assert wider.tolist() == [
        max((o for o in range(row) if thread[o] == thread[row] and end[o] > end[row]), default=-1)
        for row in range(300)
    ]
    candidate, time = rng.integers(-1, 300, 500), rng.integers(0, 110, 500)
    assert climb(candidate, time, end, wider).tolist() == [
        next((one for one in around(wider, start) if end[one] > moment), -1)
        for start, moment in zip(candidate.tolist(), time.tolist(), strict=True)
    ]


def test_a_deep_chain_is_climbed_from_the_innermost_to_the_outermost() -> None:
    chain = np.arange(-1, DEEP - 1, dtype=np.int32)
    end = np.arange(DEEP, 0, -1)
    assert depths(chain)[-1] == DEEP - 1
    assert set(behind(chain).tolist()) == {DEEP}
    time = np.arange(0, DEEP + 1)
    innermost = np.full(len(time), DEEP - 1)
    assert climb(innermost, time, end, chain).tolist() == [*range(DEEP - 1, -1, -1), -1]
