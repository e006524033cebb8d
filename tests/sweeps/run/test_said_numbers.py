"""Every number that a verdict says is one of the run's own tables, and no claim contradicts another."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samprof.sweeps.run.run import Run
from tests.support.random_runs import Drawn, random_run
from tests.sweeps.run.said_numbers import differing

drawn_runs = st.builds(
    Drawn,
    seed=st.integers(0, 2**32),
    sizes=st.sampled_from([(1,), (1, 8), (2, 4), (1, 2, 4), (1, 2, 4, 8)]),
    rounds=st.integers(1, 6),
    noise=st.sampled_from([0.0, 0.005, 0.02, 0.1]),
    on_device=st.booleans(),
    overhead=st.sampled_from([1.0, 1.0, 0.5, 1.3, 4.0]),
    peaks=st.booleans(),
    paging=st.sampled_from([False, False, False, True]),
    busy=st.sampled_from([False, False, False, True]),
    energy=st.booleans(),
    oom=st.booleans(),
)


@pytest.mark.filterwarnings("ignore:Precision loss")  # of rounds that are exactly alike
@settings(max_examples=15)
@given(drawn=drawn_runs)
def test_every_number_is_that_of_a_table_and_no_claim_contradicts_another(drawn: Drawn) -> None:
    with tempfile.TemporaryDirectory() as folder:
        run = random_run(Path(folder) / "run", drawn)
        assert list(differing(run)) == []
        assert_consistent(run)


def assert_consistent(run: Run) -> None:
    verdict, points = run.verdict(), run.points()
    smallest, text = points["size"].min(), str(verdict)
    assert (verdict.claim == "undecided") == (verdict.recommended is None)
    assert ("Run batch" in text) == (verdict.claim != "undecided")
    if verdict.claim == "helps":
        assert verdict.recommended > smallest
        assert "no fixed cost" not in text
    if verdict.claim in ("no gain", "hurts"):
        assert verdict.recommended == smallest
    if verdict.claim == "hurts":
        assert "a larger batch can share" not in text
    scaling = run.scaling().set_index("path")
    if scaling["time_source"].iloc[0] == "cpu":
        opposite = {"helps": "loses", "hurts": "gains"}.get(verdict.claim)
        assert scaling.loc["net", "class"] != opposite
    rows = run.roofline()
    limited = rows[rows["bound"].isin(("compute", "memory"))]
    assert (limited[["flops_share", "bytes_share"]].max(axis=1) >= 0.5).all()
