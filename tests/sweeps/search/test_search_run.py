"""The search for the largest batch, from Python."""

from pathlib import Path

import pytest
import torch

import samprof
from samprof.errors import UsageError
from samprof.sweeps.execute_all import run_sweeps
from samprof.sweeps.measure.engines import ThisProcess
from samprof.sweeps.plan import Plan
from samprof.sweeps.progress import Progress
from samprof.sweeps.search.search_run import SearchProgress, search_largest
from tests.support.targets import WIDTH, Net, net

# Weights 2 * (16 * 16 + 16), and for each example an input and two activations of 16, four bytes each.
FIXED, EACH = 2176, 192


def test_a_sweep_with_a_memory_limit_searches_and_keeps_to_it(tmp_path: Path) -> None:
    inputs = torch.ones(1, WIDTH)
    limit = FIXED + 3 * EACH + EACH // 2
    run = samprof.sweep(
        Net(),
        inputs,
        [1, 2],
        rounds=1,
        repeats=1,
        warmup=0,
        out=tmp_path / "run",
        memory_limit=limit,
    )
    found = run.largest()
    assert found is not None
    assert (found["size"], found["exact"], found["limit_bytes"]) == (3, True, limit)
    assert run.summary().limits.memory_bytes == limit
    with pytest.raises(UsageError, match="memory_limit=0: not a count"):
        samprof.sweep(Net(), inputs, [1], rounds=1, repeats=1, warmup=0, memory_limit=0)


def test_each_variant_is_measured_and_searched_once(tmp_path: Path) -> None:
    plans = [
        Plan({}, sizes=(1, 2), rounds=1, repeats=1, warmup=0, variant=variant)
        for variant in ("eager", "same")
    ]
    measured: list[tuple[str, int]] = []
    tried: list[SearchProgress] = []

    def note(plan: Plan, step: Progress) -> None:
        if step.sample is not None and step.sample.is_timed:
            measured.append((plan.variant, step.size))

    engine = ThisProcess(net)
    run = run_sweeps(plans, lambda _: engine, tmp_path / "run", progress=note)
    assert sorted(measured) == [("eager", 1), ("eager", 2), ("same", 1), ("same", 2)]
    limit = FIXED + 3 * EACH + EACH // 2
    found = search_largest(run, plans, lambda _: engine, limit, tried.append)
    assert {variant: one.size for variant, one in found.items()} == {"eager": 3, "same": 3}
    assert [(step.plan.variant, step.size, step.probe is None) for step in tried[:2]] == [
        ("eager", tried[0].size, True),
        ("eager", tried[0].size, False),
    ]
    count = len(tried)
    assert search_largest(run, plans, lambda _: engine, limit, tried.append) == found
    assert len(tried) == count
