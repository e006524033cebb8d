"""HTA's figures beside samprof's as text."""

from pathlib import Path

from samprof.integrations.hta.text import figures_text
from tests.support.hta import figure, figures
from tests.support.tracefile import TraceFile


def test_one_kernel_has_no_idle_time_and_nothing_to_explain(tmp_path: Path) -> None:
    file = TraceFile()
    file.launch(1, 1_000, 500)
    file.kernel(1, 50_000, 1_234)
    table = figures(file.write(tmp_path / "trace.json"))
    both = table[table["difference"].notna()]
    assert (both["hta"] == both["samprof"]).all()
    assert figure(table, "launch statistics", "from launch to start")["hta"] == 48_500
    for width in (80, None):
        text = figures_text(table, width)
        assert f"{len(both)} of {len(both)} figures are the same." in text
        assert "1234" in text
