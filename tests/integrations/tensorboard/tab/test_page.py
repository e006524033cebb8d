"""The tab as a person sees it: TensorBoard with the installed plugin, and Chromium without network."""

import re
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import torch
from playwright.sync_api import Browser, FrameLocator, Page, Request, expect

from bench.tensorboard import server
from samprof.markup import printable
from samprof.report.page.tables import tree
from samprof.report.text.layers import layers_columns
from samprof.sweeps.run.run import Run
from samprof.testing import write_trace
from samprof.trace import load_trace

pytest_plugins = ["tests.support.browser"]

TRACE = "<b>made.json.gz"
PATIENCE_MS = 120_000
ACCENT = [181, 74, 24]
BOX = """(canvas, [red, green, blue]) => {
  const { width, height } = canvas, ratio = width / canvas.clientWidth;
  const { data } = canvas.getContext("2d").getImageData(0, 0, width, height), found = [];
  for (let at = 0; at < data.length; at += 4)
    if (data[at] === red && data[at + 1] === green && data[at + 2] === blue) found.push(at / 4 % width);
  return [Math.min(...found) / ratio, (Math.max(...found) + 1) / ratio];
}"""


@dataclass
class Tab:
    """The tab in a browser, and what went wrong there.

    Attributes:
        page: the browser's.
        trouble: console errors, and requests that left the server.
    """

    page: Page
    trouble: list[str] = field(default_factory=list)

    @property
    def frame(self) -> FrameLocator:
        return self.page.frame_locator("iframe").first

    def open(self, entry: str, tab: str) -> None:
        self.frame.locator(".entries button").get_by_text(entry, exact=True).first.click()
        self.frame.get_by_role("tab", name=tab, exact=True).click()

    @property
    def part(self) -> FrameLocator:
        """The page of the report that is shown."""
        return self.frame.frame_locator("iframe")

    def drawn(self) -> dict[str, float]:
        """What the timeline shows once it is all there: begin and end in ns, left and width in px."""
        canvas = self.frame.locator("canvas[data-complete=yes]")
        canvas.wait_for()
        found: dict[str, str] = canvas.evaluate("canvas => ({ ...canvas.dataset })")
        return {key: float(found[key]) for key in ("begin", "end", "left", "width")}


@pytest.fixture(scope="module")
def logs(logdir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a run wrote, a generated trace, and one that torch's own handler wrote."""
    root = tmp_path_factory.mktemp("all")
    shutil.copytree(logdir, root / "sweep")
    write_trace(root / TRACE, 4400, steps=2)
    handler = torch.profiler.tensorboard_trace_handler(str(root / "torchs"), "worker")
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as profiler:
        torch.ones(2, 2) @ torch.ones(2, 2)
    handler(profiler)
    return root


@pytest.fixture(scope="module")
def address(logs: Path) -> Iterator[str]:
    with server(logs) as (found, _):
        yield found


@pytest.fixture(scope="module")
def opened(browser: Browser, address: str) -> Tab:
    """The page, opened once."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    tab = Tab(page)
    page.on("console", lambda said: tab.trouble.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: tab.trouble.append(str(error)))
    page.on("requestfailed", lambda asked: tab.trouble.extend(failures(asked)))
    page.on(
        "request",
        lambda asked: None if asked.url.startswith(address) else tab.trouble.append(asked.url),
    )
    page.goto(f"{address}#samprof")
    tab.frame.locator(".entries button").first.wait_for()
    return tab


def failures(request: Request) -> list[str]:
    """Why it failed, if it did: whoever leaves a page before it is there aborts its request."""
    why = str(request.failure)
    return [] if why == "net::ERR_ABORTED" else [f"{request.url}: {why}"]


@pytest.fixture
def tab(opened: Tab) -> Iterator[Tab]:
    """The page; nothing that a test does there is an error, or leaves the server."""
    yield opened
    assert opened.trouble == []


def test_the_tab_lists_runs_with_their_points_and_other_traces(tab: Tab) -> None:
    titles = tab.frame.locator(".entries button").all_inner_texts()
    points = [f"batch {size}, {name}" for name in ("eager", "other") for size in (1, 2)]
    assert titles[:5] == ["sweep/one", *points]
    assert titles[5] == TRACE
    assert re.fullmatch(r"torchs/worker, [0-9-]+ [0-9:]+", titles[6])
    assert len(titles) == 7


def test_a_range_is_where_its_start_and_duration_say(tab: Tab, logs: Path) -> None:
    tab.open(TRACE, "Trace")
    whole = tab.drawn()
    kernels = load_trace(logs / TRACE).kernels()
    name = kernels["name"].iloc[0]
    tab.frame.get_by_placeholder("Search names").fill(name)
    found = tab.frame.locator(".tools output")
    same = kernels[kernels["name"] == name]
    expect(found).to_contain_text(f"1 of {len(same)}, ")
    expect(tab.frame.locator(".facts dd").first).to_have_text(name)
    start, end = times_in(tab)
    kernel = same.sort_values("ts_ns").iloc[0]
    assert end - start == kernel["dur_ns"]
    near = tab.drawn()
    assert near["end"] - near["begin"] < (whole["end"] - whole["begin"]) / 10
    assert_drawn_at(tab, start, end)
    # Nearer, and moved.
    tab.frame.locator("canvas").press("w")
    tab.frame.locator("canvas").press("d")
    assert_drawn_at(tab, start, end)
    # The next one is later.
    tab.frame.get_by_placeholder("Search names").press("Enter")
    expect(found).to_contain_text(f"2 of {len(same)}, ")
    expect(tab.frame.locator(".facts")).not_to_contain_text(f"({start:,} ns)")
    assert times_in(tab)[0] - start == same["ts_ns"].sort_values().iloc[1] - kernel["ts_ns"]


def test_the_wheel_zooms_at_the_pointer_and_a_drag_moves(tab: Tab) -> None:
    tab.open(TRACE, "Trace")
    before = tab.drawn()
    box = tab.frame.locator("canvas").bounding_box()
    assert box is not None
    x, y = box["x"] + before["left"] + before["width"] / 4, box["y"] + 60
    tab.page.mouse.move(x, y)
    tab.page.keyboard.down("Control")
    tab.page.mouse.wheel(0, -120)
    tab.page.keyboard.up("Control")
    expect(tab.frame.locator("canvas")).not_to_have_attribute("data-begin", f"{before['begin']:g}")
    zoomed = tab.drawn()
    span = zoomed["end"] - zoomed["begin"]
    assert span < 0.8 * (before["end"] - before["begin"])
    under = (before["begin"] * 3 + before["end"]) / 4
    assert (zoomed["begin"] * 3 + zoomed["end"]) / 4 == pytest.approx(under, abs=span / 100)
    tab.page.mouse.down()
    tab.page.mouse.move(x - before["width"] / 10, y, steps=3)
    tab.page.mouse.up()
    tab.page.wait_for_timeout(100)
    moved = tab.drawn()
    assert moved["begin"] - zoomed["begin"] == pytest.approx(span / 10, rel=0.02)


def test_a_selection_shows_summed_times(tab: Tab, logs: Path) -> None:
    tab.open(TRACE, "Trace")
    drawn = tab.drawn()
    box = tab.frame.locator("canvas").bounding_box()
    assert box is not None
    tab.page.keyboard.down("Shift")
    tab.page.mouse.move(box["x"] + drawn["left"] + 1, box["y"] + 40)
    tab.page.mouse.down()
    tab.page.mouse.move(box["x"] + box["width"] - 2, box["y"] + box["height"] - 2, steps=2)
    tab.page.mouse.up()
    tab.page.keyboard.up("Shift")
    expect(tab.frame.locator(".facts .selected")).to_contain_text("Selected: ")
    table = tab.frame.locator(".facts section", has_text="GPU 0, stream 7").last
    assert (
        table.locator("tbody tr").count()
        == load_trace(logs / TRACE).kernels().query("stream == 7")["name"].nunique()
    )


def test_the_layer_table_is_that_of_the_trace(tab: Tab, logs: Path) -> None:
    tab.open(TRACE, "Layers")
    rows = tab.part.locator("table.tree tbody tr")
    rows.first.wait_for(state="attached")
    found = rows.evaluate_all(
        """rows => rows.map(
            (row) => [row.dataset.path, ...[...row.cells].slice(1).map((cell) => cell.textContent)]
        )"""
    )
    trace = load_trace(logs / TRACE)
    layers = trace.layers()
    expected = tree(layers, layers_columns(layers, layers, trace.time_source))
    assert found == [[printable(row.path), *map(printable, row.cells)] for row in expected.rows]
    assert [row[0] for row in found] == layers["path"].tolist()


def test_the_verdict_of_a_run_stands_above_its_batching_charts(tab: Tab, run: Run) -> None:
    tab.open("sweep/one", "Verdict")
    tab.part.locator(".chart svg").first.wait_for()
    assert tab.part.locator(".verdict p").all_inner_texts() == list(run.verdict().sentences)
    titles = [*tab.part.locator("h2").all_inner_texts()]
    assert titles == [run.axis.subject, "Points and profiler overhead"]
    assert tab.part.locator(".chart svg").count() == 4


def test_the_variants_of_a_run_are_compared(tab: Tab) -> None:
    tab.open("sweep/one", "Compare")
    expect(tab.part.locator("#comparison h4").last).to_have_text("other against eager")


def test_a_trace_of_torchs_own_handler_has_its_ops(tab: Tab) -> None:
    tab.frame.locator(".entries button", has_text="torchs/worker").click()
    tab.frame.get_by_role("tab", name="Trace", exact=True).click()
    tab.drawn()
    tab.frame.get_by_placeholder("Search names").fill("aten::mm")
    expect(tab.frame.locator(".tools output")).to_contain_text("1 of 1, ")
    tab.frame.get_by_role("tab", name="Layers", exact=True).click()
    expect(tab.part.locator("table.tree")).to_contain_text("aten::mm")


def test_a_new_trace_is_listed_after_a_reload(tab: Tab, logs: Path) -> None:
    write_trace(logs / "later.json", 600, steps=1)
    time.sleep(2)  # the list may be two seconds old
    tab.page.reload()
    tab.frame.locator(".entries").get_by_text("later.json").wait_for()


def times_in(tab: Tab) -> tuple[int, int]:
    """Start and end of the slice that is described, in nanoseconds."""
    facts = " ".join(tab.frame.locator(".facts dd").all_inner_texts())
    start, dur, *_ = (int(one.replace(",", "")) for one in re.findall(r"\(([0-9,]+) ns\)", facts))
    return start, start + dur


def assert_drawn_at(tab: Tab, start: int, end: int) -> None:
    """The frame around the chosen slice is at its times, to a pixel."""
    view = tab.drawn()
    scale = view["width"] / (view["end"] - view["begin"])
    expected = [view["left"] + (time - view["begin"]) * scale for time in (start, end)]
    left, right = tab.frame.locator("canvas").evaluate(BOX, ACCENT)
    # The frame is two pixels thick, one of them outside.
    assert left == pytest.approx(expected[0] - 1, abs=1)
    assert right == pytest.approx(expected[1] + 1, abs=1)
