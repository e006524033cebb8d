"""A real TensorBoard server on a run, and a real browser on its pages."""

import json
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from samprof.cli.commands.tensorboard import PLUGIN
from samprof.errors import UsageError
from samprof.integrations.tensorboard.serving import serving
from samprof.sweeps.run.run import Run
from tests.support.interrupts import heed_interrupts
from tests.support.tensorboard import MIB, MS, ON_DEVICE, POINTS, SIZES, VARIANTS, single

pytest_plugins = ["tests.support.browser"]

HPARAMS = {"experimentName": "", "startIndex": 0, "sliceSize": 99, "colParams": []}

STATUSES = ["STATUS_UNKNOWN", "STATUS_SUCCESS", "STATUS_FAILURE", "STATUS_RUNNING"]


@dataclass(frozen=True)
class Served:
    """A run that `samprof tensorboard` serves."""

    run: Run
    process: "subprocess.Popen[str]"
    address: str
    lines: list[str]

    @property
    def logdir(self) -> Path:
        return self.run.path / "tensorboard"

    def get(self, path: str, body: dict[str, Any] | None = None, **query: object) -> Any:
        """The server's answer, from JSON."""
        data = None if body is None else json.dumps(body).encode()
        url = f"{self.address}data/{path}?{urllib.parse.urlencode(query)}"
        request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def plugin(self, path: str, point: str, **query: object) -> Any:
        """The profiler plugin's answer about a point."""
        where = {"run": f"plugins/profile/{point}", "worker": "samprof-rank0", "span": 1}
        return self.get(f"plugin/pytorch_profiler/{path}", **where, **query)


def eventually(ready: Any) -> Any:
    """What `ready` returns, once that is not empty: the server reads its files little by little."""
    end = time.monotonic() + 120
    while not (found := ready()):
        assert time.monotonic() < end, "the server has not read its files in time"
        time.sleep(0.2)
    return found


@pytest.fixture(scope="module")
def served(run: Run) -> Iterator[Served]:
    """`samprof tensorboard` as a user starts it; one server for all tests."""
    command = [sys.executable, "-m", "samprof", "tensorboard", str(run.path)]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, preexec_fn=heed_interrupts
    )
    try:
        assert process.stdout is not None
        lines = []
        while not lines or not lines[-1].startswith("Press Ctrl-C"):
            lines.append(process.stdout.readline())
            assert lines[-1], "the command ended"
        address = lines[1].removeprefix("TensorBoard: ").partition("?")[0]
        yield Served(run, process, address, lines)
    finally:
        process.kill()
        process.wait()


def test_the_command_says_what_works_without_internet(served: Served) -> None:
    said = " ".join("".join(served.lines).split())
    assert said.startswith(str(served.logdir))
    assert served.address.startswith("http://127.0.0.1:")
    assert served.lines[1].rstrip().endswith("#samprof&_smoothingWeight=0")
    assert "The tab SAMPROF shows runs and traces, and needs no internet." in said
    assert "PYTORCH_PROFILER (torch-tb-profiler) loads its charts from the internet" in said


def test_the_tab_shows_the_run_itself_and_its_new_points(served: Served) -> None:
    def titles() -> list[str]:
        return [entry["title"] for entry in served.get("plugin/samprof/entries")["entries"]]

    points = [f"batch {size}, {name}" for name in VARIANTS for size in SIZES]
    assert titles() == [served.run.path.name, *points]
    hidden = served.run.path / "points" / "b0002.json"
    hidden.rename(hidden.with_suffix(".away"))
    try:
        assert eventually(lambda: len(titles()) == len(points))
    finally:
        hidden.with_suffix(".away").rename(hidden)
    assert eventually(lambda: len(titles()) == len(points) + 1)


def test_the_server_answers_for_curves_texts_and_pictures(served: Served) -> None:
    tags = eventually(
        lambda: {
            run: tags
            for run, tags in served.get("plugin/scalars/tags").items()
            if run in VARIANTS and "profiler/profiler_overhead" in tags
        }
    )
    assert set(tags) == set(VARIANTS)
    points = served.run.points()
    for variant in VARIANTS:
        query = {"run": variant, "tag": "throughput/images_per_s"}
        series = served.get("plugin/scalars/scalars", **query)
        values = map(single, points.loc[points["variant"] == variant, "units_per_s"])
        assert [(step, value) for _, step, value in series] == list(zip(SIZES, values, strict=True))
    query = {"run": "eager", "tag": "answer/verdict/text_summary"}
    texts = eventually(lambda: served.get("plugin/text/text", **query))
    assert served.run.verdict().sentences[0].split(":")[0] in texts[0]["text"]
    query = {"run": "eager", "tag": "batching", "sample": 0}
    (picture,) = eventually(lambda: served.get("plugin/images/images", **query))
    with urllib.request.urlopen(
        f"{served.address}data/plugin/images/individualImage?{picture['query']}", timeout=60
    ) as answer:
        assert answer.read().startswith(b"\x89PNG")


def test_each_point_is_a_row_of_the_hparams(served: Served) -> None:
    def rows() -> list[Any]:
        body = HPARAMS | {"allowedStatuses": STATUSES}
        found = served.get("plugin/hparams/session_groups", body)["sessionGroups"]
        return found if sum(len(row["metricValues"]) for row in found) == 3 * len(POINTS) else []

    served.get("plugin/hparams/experiment", {"experimentName": ""})
    found = {row["name"].removeprefix("points/"): row for row in eventually(rows)}
    points = served.run.points().set_index(["size", "variant"])
    assert set(found) == set(POINTS)
    for name, size in POINTS.items():
        variant = "other" if name.endswith("other") else "eager"
        point, row = points.loc[(size, variant)], found[name]
        assert row["hparams"] == {
            "model": "net",
            "variant": variant,
            "dtype": "float32",
            "batch-size": size,
        }
        assert {value["name"]["tag"]: value["value"] for value in row["metricValues"]} == {
            "point/images_per_s": single(point["units_per_s"]),
            "point/wall_ms": single(point["wall_ns"] / MS),
            "point/peak_MiB": single(point["peak_memory_bytes"] / MIB),
        }


def test_the_profiler_plugin_shows_the_kernels_of_each_point(served: Served) -> None:
    def runs() -> list[str]:
        found = served.get("plugin/pytorch_profiler/runs")
        # It can stop loading in between and go on later.
        whole = not found["loading"] and len(found["runs"]) >= len(POINTS)
        return list(found["runs"]) if whole else []

    assert eventually(runs) == [f"plugins/profile/{point}" for point in sorted(POINTS)]
    assert "Kernel" not in served.plugin("views", "b0001")
    assert {"Overview", "Operator", "Kernel", "Trace"} <= set(served.plugin("views", ON_DEVICE))
    steps = served.plugin("overview", ON_DEVICE)["steps"]["rows"]
    assert {row[0] for row in steps} == {"0"}
    table = served.plugin("kernel/table", ON_DEVICE, group_by="Kernel")["data"]
    columns = [column["name"] for column in table["columns"]]
    name, calls = columns.index("Name"), columns.index("Calls")
    kernels = served.run.trace(2).kernels()
    own = kernels[kernels["kind"] == "kernel"].groupby("name")["dur_ns"]
    assert {row[name]: row[calls] for row in table["rows"]} == own.count().to_dict()
    total = columns.index("Total Duration (us)")
    for row in table["rows"]:
        # The plugin shows whole microseconds.
        assert abs(row[total] * 1000 - own.sum()[row[name]]) <= 500


def test_a_browser_shows_curves_and_text_without_smoothing(served: Served, page: Page) -> None:
    address = served.lines[1].removeprefix("TensorBoard: ").strip()
    page.goto(address.replace("#samprof", "#scalars"))
    card = page.locator("tf-scalar-card", has_text="latency/wall_ms").first
    card.wait_for(timeout=120_000)
    assert card.locator("svg").count() > 0
    assert page.locator("#smoothing paper-input, tf-smoothing-input").first.is_visible()
    assert page.evaluate("location.hash").find("_smoothingWeight=0") > 0
    page.goto(f"{served.address}#text")
    page.reload()
    # The verdict comes first, and tables are drawn as tables.
    page.locator("tf-markdown-view", has_text="In what was measured").first.wait_for(
        timeout=120_000
    )
    page.locator("tf-markdown-view th", has_text="component").first.wait_for()


def test_a_port_that_is_taken_is_one_line(served: Served) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with (
            pytest.raises(UsageError, match=f"127.0.0.1:{port}: .*; choose another --port"),
            serving(served.logdir, "127.0.0.1", port, plugin=PLUGIN),
        ):
            pytest.fail("two servers on one port")


def test_ctrl_c_ends_the_server_and_all_that_it_started(served: Served) -> None:
    (server,) = children(served.process.pid)
    assert len(session(server)) > 1
    served.process.send_signal(signal.SIGINT)
    assert served.process.wait(60) == 0
    assert eventually(lambda: not session(server))
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(served.address, timeout=10)


def children(parent: int) -> list[int]:
    """The processes that this one started."""
    return [pid for pid, fields in _statuses() if int(fields[1]) == parent]


def session(leader: int) -> list[int]:
    """The processes of a session that have not ended."""
    return [pid for pid, fields in _statuses() if int(fields[3]) == leader and fields[0] != "Z"]


def _statuses() -> Iterator[tuple[int, list[str]]]:
    """Each process with its state, parent, group and session."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                text = (folder / "stat").read_text()
            except OSError:
                continue
            yield int(folder.name), text.rpartition(")")[2].split()
