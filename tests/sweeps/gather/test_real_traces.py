"""Traces of the real torch.profiler: what each kind of range says of the same forwards."""

from pathlib import Path

import pandas as pd
import pytest
import torch
from torch.profiler import ProfilerActivity, profile

import samprof
from samprof.errors import UsageError
from samprof.sweeps.run.run import Run
from tests.support.targets import WIDTH, Net

SIZES = (1, 2, 4)


@pytest.fixture(scope="module")
def recording() -> samprof.Recording:
    """All sizes in one recording, with Python stacks as well."""
    net = Net()
    with samprof.profile(net, name="net", granularity="layer", stacks=True) as recording:
        for size in SIZES:
            net(torch.ones(size, WIDTH))
    return recording


def layers_of(run: Run) -> pd.DataFrame:
    table = run.layers()
    return table[~table["path"].str.startswith("(")]


def test_stacks_and_ranges_show_the_same_layers(recording: samprof.Recording) -> None:
    own, stacks = (samprof.scaling(recording, by=kind) for kind in ("samprof", "module"))
    one, other = layers_of(own), layers_of(stacks)
    assert one["size"].tolist() == other["size"].tolist()
    assert one["depth"].tolist() == other["depth"].tolist()
    assert one["type"].tolist() == other["type"].tolist()
    # A module's event begins before samprof's range inside it and ends after it.
    assert (other["cpu_total_ns"].to_numpy() > one["cpu_total_ns"].to_numpy()).all()


def test_ops_alone_do_not_tell_the_forwards_of_one_step_apart(recording: samprof.Recording) -> None:
    with pytest.raises(UsageError, match="nothing to compare"):
        samprof.scaling(recording, by="op")


def test_plain_traces_of_three_sizes(tmp_path: Path) -> None:
    net, names = Net(), {}
    for stacks in (True, False):
        folder = tmp_path / str(stacks)
        folder.mkdir()
        for size in SIZES:
            with profile(
                activities=[ProfilerActivity.CPU], record_shapes=True, with_stack=stacks
            ) as trace:
                net(torch.ones(size, WIDTH))
            trace.export_chrome_trace(str(folder / f"net{size}.json.gz"))
        run = samprof.scaling(folder)
        assert run.points()["size"].tolist() == list(SIZES)
        assert "size by the shapes of the first op" in str(run.verdict())
        assert all(check["ok"] for check in run.checks().values())
        names[stacks] = run.scaling()["path"].tolist()
    assert names[True][:2] == ["Net_0", "Net_0 > Linear_0"]
    assert names[False][:3] == ["ops", "ops > aten::ones", "ops > aten::linear"]
