"""All options at once: clocks, compression and the order of events change nothing in any table."""

import random
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from samprof.testing import TraceOptions, Truth, write_trace
from samprof.trace import Trace, load_trace

EVENTS = 100_000
ALL_OPTIONS = TraceOptions(
    no_launch=0.02,
    lost_share=0.002,
    lost_first={0: 9},
    outside=True,
    backward=True,
    graphs=True,
    two_threads=True,
    launches=("cudaLaunchKernel", "cudaLaunchKernelExC", "cuLaunchKernelEx"),
)
Tables = dict[str, pd.DataFrame]


def tables(trace: Trace) -> Tables:
    """Everything that reading a trace gives; the times of each clock count from its first."""
    kernels = trace.kernels("samprof")
    kernels["ts_ns"] -= kernels["ts_ns"].min()
    kernels["launch_ts_ns"] -= kernels["launch_ts_ns"].min()
    return {
        "kernels": kernels,
        "layers": trace.layers("samprof"),
        "layers by op": trace.layers("op"),
        "memory": trace.memory("samprof"),
        "components": trace.components("samprof"),
        "ops": trace.ops(),
        "check": pd.DataFrame([trace.check("samprof").as_dict()]),
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("same")


@pytest.fixture(scope="module")
def plain(folder: Path) -> tuple[Path, Truth, Tables]:
    path = folder / "plain.json"
    truth = write_trace(path, EVENTS, ALL_OPTIONS, seed=5)
    return path, truth, tables(load_trace(path))


def assert_same(found: Tables, expected: Tables) -> None:
    assert found.keys() == expected.keys()
    for name, table in expected.items():
        pd.testing.assert_frame_equal(found[name], table, obj=name)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"skew_ns": 6_000}, id="device-ahead"),
        pytest.param({"skew_ns": -6_000}, id="device-behind"),
        pytest.param({"start_ns": 1_712_195_495_519_689_123}, id="absolute-times"),
    ],
)
def test_clocks_do_not_matter(
    plain: tuple[Path, Truth, Tables], folder: Path, other: dict[str, int]
) -> None:
    _, truth, expected = plain
    path = folder / "other.json"
    assert write_trace(path, EVENTS, replace(ALL_OPTIONS, **other), seed=5) == truth
    assert_same(tables(load_trace(path)), expected)


def test_a_packed_file_is_the_same(plain: tuple[Path, Truth, Tables], folder: Path) -> None:
    path = folder / "packed.json.gz"
    assert write_trace(path, EVENTS, ALL_OPTIONS, seed=5) == plain[1]
    assert_same(tables(load_trace(path)), plain[2])


def test_the_order_of_events_does_not_matter(
    plain: tuple[Path, Truth, Tables], folder: Path
) -> None:
    head, start, rest = plain[0].read_text().partition('"traceEvents": [\n')
    body, end, tail = rest.rpartition("\n  }\n  ],")
    events = body.split("\n  },\n")
    assert len(events) == plain[1].events
    random.Random(5).shuffle(events)
    path = folder / "shuffled.json"
    path.write_text("".join([head, start, "\n  },\n".join(events), end, tail]))
    assert_same(tables(load_trace(path)), plain[2])
