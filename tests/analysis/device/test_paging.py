"""Paging: when it is named, and what is said of it."""

import pandas as pd
import pytest

from samprof.analysis.device.paging import REMEDIES, Paging, is_paging, paging_of


@pytest.mark.parametrize(
    ("share", "faults", "named"),
    [
        (0.06, 100.0, True),
        (0.05, 33_000.0, False),
        (0.35, 99.0, False),  # system time of another kind
        (float("nan"), 33_000.0, False),
        (0.35, float("nan"), False),
    ],
)
def test_paging_takes_system_time_and_faults(share: float, faults: float, named: bool) -> None:
    assert is_paging(share, faults) == named
    points = pd.DataFrame({"system_share": [0.0, share], "faults_per_unit": [0.0, faults]})
    assert (paging_of(points) is not None) == named


def test_the_size_that_loses_the_most_is_told() -> None:
    points = pd.DataFrame({"system_share": [0.1, 0.35], "faults_per_unit": [19e3, 33e3]})
    found = paging_of(points, speedup=1.724)
    assert found == Paging(0.35, 33e3, REMEDIES["tcmalloc"], 1.724)
    assert found.reason("image") == (
        "Paging: the operating system spends 35% of the time handing out memory anew "
        "(33,000 page faults per image)."
    )
    assert found.advice() == (
        "To avoid it, install tcmalloc (Debian and Ubuntu: apt install libtcmalloc-minimal4) and "
        "preload it: LD_PRELOAD=libtcmalloc_minimal.so.4 "
        "TCMALLOC_RELEASE_RATE=0 (measured here: 1.72x)."
    )


def test_what_was_not_measured_is_not_named() -> None:
    assert paging_of(pd.DataFrame({"size": [1]})) is None


def test_an_allocator_that_was_in_use_is_not_recommended() -> None:
    points = pd.DataFrame(
        {"system_share": [0.6], "faults_per_unit": [4e3], "allocator": ["tcmalloc"]}
    )
    found = paging_of(points)
    assert found is not None
    assert found.remedy == "find what maps memory past tcmalloc, which was in use"
    again = paging_of(points.assign(allocator="system"))
    assert again is not None
    assert again.remedy == REMEDIES["tcmalloc"]
