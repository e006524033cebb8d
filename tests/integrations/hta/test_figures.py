"""Every difference between HTA's figures and samprof's has its cause."""

from pathlib import Path

import pytest

from samprof.integrations.hta.text import figures_text
from samprof.trace import load_trace
from tests.support.hta import figure, figures, odd_trace
from tests.support.paths import SHARED_TRACES


def test_every_difference_has_its_cause(tmp_path: Path) -> None:
    table = figures(odd_trace(tmp_path / "trace.json"))
    # By HTA 1001 + 32003 twice + the wait 64007; in fact 1001 + 8009 + 16001 + 32003.
    computation = figure(table, "kernel breakdown", "computation")
    assert (computation["hta"], computation["samprof"]) == (129_014, 57_014)
    assert computation["reason"].split("; ") == [
        "HTA leaves out 1 (8009 ns): launched after the last marked step",
        "HTA leaves out 1 (16001 ns): their launch is not in the trace",
        "HTA counts 1 more (64007 ns): not device activity (cuda_sync)",
        "HTA counts 1 more (32003 ns): again, because several launch records share the correlation id",
    ]
    memory = figure(table, "kernel breakdown", "memory")
    assert (memory["hta"], memory["samprof"], memory["reason"]) == (2_003, 2_003, "")
    other = figure(table, "kernel breakdown", "other")
    assert (other["hta"], other["samprof"]) == (0, 4_007)
    assert other["reason"] == "HTA's breakdown skips names like mySyncThing"
    whole = figure(table, "kernel breakdown", "all")
    assert (whole["hta"], whole["samprof"]) == (131_017, 63_024)
    launches = figure(table, "launch statistics", "launches")
    assert launches["samprof"] == 5
    assert "HTA ignores" in launches["reason"]
    assert not table["reason"].str.contains("not explained").any()
    text = " ".join(figures_text(table, 80).split())
    assert "(a) HTA leaves out 1 (8009 ns): launched after the last marked step; HTA" in text
    assert "the others explained" in text


@pytest.mark.parametrize("name", ["alexnet-a100", "graph-launch-modules", "triton-a100"])
def test_real_traces_leave_nothing_unexplained(name: str) -> None:
    path = SHARED_TRACES / f"{name}.json.gz"
    if not path.exists():
        pytest.skip("the real traces are not here")
    table = figures(path)
    both = table[table["difference"].notna()]
    assert len(both) > 10
    assert (both["reason"] == "").tolist() == (both["difference"] == 0).tolist()
    assert not table["reason"].str.contains("not explained").any()
    total = figure(table, "kernel breakdown", "all")["samprof"]
    assert total == load_trace(path).kernels()["dur_ns"].sum()
