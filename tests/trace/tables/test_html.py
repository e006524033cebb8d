"""What a notebook shows of a trace and a recording."""

import html
from pathlib import Path

import torch

import samprof
from samprof.trace import load_trace
from tests.support.targets import Net
from tests.support.tracefile import TraceFile

MS = 1_000_000


def test_a_trace_shows_books_and_layers_with_names_as_text(tmp_path: Path) -> None:
    file = TraceFile()
    file.range("net.<b>", 0, 10 * MS)
    file.launch(1, 2 * MS)
    file.launch(2, 20 * MS)
    file.kernel(1, 30 * MS, 4 * MS)
    file.kernel(2, 40 * MS, 2 * MS)
    page = load_trace(file.write(tmp_path / "trace.json"))._repr_html_()
    assert "Device time 6.00 ms: in layers 4.00 ms, outside 2.00 ms, no launch 0 ns." in page
    assert html.escape("net.<b>") in page
    assert "<b>" not in page


def test_of_many_layers_the_outermost_are_shown_and_the_others_counted(tmp_path: Path) -> None:
    file = TraceFile()
    file.range("net", 0, 1_000 * MS)
    for number in range(100):
        file.range(f"net.{number}", number * 10 * MS, 5 * MS)
    page = load_trace(file.write(tmp_path / "trace.json"))._repr_html_()
    assert page.count("<tr>") == 1 + 2  # headers; net and (outside)
    assert "100 rows further inside: layers()." in page


def test_a_recording_shows_its_trace_once_it_is_closed() -> None:
    net = Net()
    with torch.inference_mode(), samprof.profile(net, name="net") as recording:
        net(torch.ones(1, 16))
        assert "still recording" in recording._repr_html_()
    assert recording._repr_html_() == recording.trace._repr_html_()
    assert "&nbsp;&nbsp;first" in recording._repr_html_()
