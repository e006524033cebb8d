"""Shares: a planted truth is found again, what tells nothing does not count."""

import os
import subprocess
import sys

import pandas as pd
import pytest

from samprof.prediction.shares import Shares, fit_shares, load_shares
from samprof.prediction.times import op_times
from tests.prediction.works import PLAIN, work
from tests.support.paths import NO_SHARED_TRACES, ROOT, SHARED_TRACES

PLANTED = Shares(
    {"matmul/half": 0.6, "matmul/float32": 0.9}, {"elementwise": 0.7, "norm": 0.3}, floor_ns=2_000
)


def measured() -> pd.DataFrame:
    """Ops of many sizes that take what the planted shares say, and one that has nothing to do."""
    rows = [{"bytes": 8, "flops": 1}]
    for size in (1, 2, 5):
        rows += [{"bytes": size * 10**7}, {"kind": "norm", "bytes": size * 10**7}]
        product = {"kind": "matmul", "flops": size * 10**10, "batch": 1, "m": 1280, "n": 1280}
        rows += [product, product | {"dtype": "bfloat16"}]
    table = work(*rows)
    return table.assign(time_ns=op_times(table, PLAIN, PLANTED)["time_ns"])


def test_planted_shares_are_found() -> None:
    found = fit_shares([(measured(), PLAIN, {"trace": "planted"})])
    assert found.computing == pytest.approx(dict(PLANTED.computing), abs=2e-3)
    assert found.moving == pytest.approx(dict(PLANTED.moving), abs=2e-3)
    assert found.floor_ns == PLANTED.floor_ns
    assert found.sources == [{"trace": "planted"}]


def test_a_program_that_repeats_one_op_does_not_decide() -> None:
    table = measured()
    slow = work({"bytes": 3 * 10**7, "time_ns": 500_000})
    repeated = pd.concat([table, *[slow] * 200], ignore_index=True)
    found = fit_shares([(repeated, PLAIN, {})])
    assert found.moving["elementwise"] == pytest.approx(0.7, abs=2e-3)


def test_short_ops_and_those_of_odd_types_tell_nothing() -> None:
    table = work(
        {"bytes": 8, "time_ns": 2_000},
        {"bytes": 5_000_000, "time_ns": 100_000},  # 5 us at the peak: less than 3 floors
        {"bytes": 10**8, "time_ns": 10**9, "dtype": ""},
        {"bytes": 10**8, "time_ns": 10**9, "kind": "unknown"},
    )
    found = fit_shares([(table, PLAIN, {})])
    assert (found.computing, found.moving) == ({}, {})


def test_a_class_that_no_trace_shows_takes_the_nearest() -> None:
    assert PLANTED.compute("attention", "bfloat16") == 0.6
    assert PLANTED.compute("patch convolution", "float16") == 0.6
    assert PLANTED.memory("batch norm") == 0.3
    assert PLANTED.memory("copy") == 0.7
    assert Shares({}, {}).compute("matmul", "float32") == 0.5


def test_the_shares_that_come_with_samprof_are_shares() -> None:
    shares = load_shares()
    values = [*shares.computing.values(), *shares.moving.values()]
    assert all(0 < value <= 1 for value in values)
    assert shares.computing["matmul/float32"] > 0.9  # an A100 reaches 18.5 of 19.5 TFLOP/s
    assert {source["device"] for source in shares.sources} >= {"A100", "H100", "MI300X"}


@pytest.mark.skipif(not (SHARED_TRACES / "expected.json").exists(), reason=NO_SHARED_TRACES)
def test_shares_errors_and_tables_are_what_the_shared_traces_give() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench.predicted", "--check"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=os.environ | {"SAMPROF_SHARED_TRACES": str(SHARED_TRACES)},
        check=False,
    )
    assert done.stderr == ""
    assert done.returncode == 0
