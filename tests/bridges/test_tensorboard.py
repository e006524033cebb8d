"""A run in TensorBoard: what is in the files, and what a real server and browser make of it."""

import json
import os
import signal
import socket
import struct
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
import torch
from playwright.sync_api import Page
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch_tb_profiler.consts import WORKER_PATTERN

import samprof
from bench.traces import write_trace
from samprof.bridges.plugin import lay_down
from samprof.bridges.serving import serving
from samprof.cli.main import main
from samprof.errors import MissingPackageError, RunError, UsageError
from samprof.sweep.run import Run
from samprof.trace import load_trace
from tests.support.interrupts import heed_interrupts
from tests.support.targets import WIDTH, Net

pytest_plugins = ["tests.support.browser"]

SIZES, VARIANTS = (1, 2), ("eager", "other")
POINTS = {"b0001": 1, "b0002": 2, "b0001-other": 1, "b0002-other": 2}
ON_DEVICE = "b0002"
MS, MIB = 1e6, 2**20
HPARAMS = {"experimentName": "", "startIndex": 0, "sliceSize": 99, "colParams": []}
STATUSES = ["STATUS_UNKNOWN", "STATUS_SUCCESS", "STATUS_FAILURE", "STATUS_RUNNING"]


@dataclass(frozen=True)
class Served:
    """A run that `samprof tensorboard` shows."""

    run: Run
    process: "subprocess.Popen[str]"
    address: str
    lines: list[str]

    @property
    def logdir(self) -> Path:
        return self.run.path / "tensorboard"

    def get(self, path: str, body: dict[str, Any] | None = None, **query: object) -> Any:
        """What the server answers, as JSON."""
        data = None if body is None else json.dumps(body).encode()
        url = f"{self.address}data/{path}?{urllib.parse.urlencode(query)}"
        request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def plugin(self, path: str, point: str, **query: object) -> Any:
        """What the profiler plugin answers about a point."""
        where = {"run": f"plugins/profile/{point}", "worker": "samprof-rank0", "span": 1}
        return self.get(f"plugin/pytorch_profiler/{path}", **where, **query)

    def events(self, variant: str) -> EventAccumulator:
        """The event files of a variant, as TensorBoard reads them."""
        found = EventAccumulator(str(self.logdir / variant))
        return found.Reload()


def eventually(ready: Any) -> Any:
    """What `ready` gives, once that is something: the server reads its files by and by."""
    end = time.monotonic() + 120
    while not (found := ready()):
        assert time.monotonic() < end, "the server has not got that far"
        time.sleep(0.2)
    return found


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Two sizes of two variants; the trace of one point is a device's."""
    out = tmp_path_factory.mktemp("runs") / "one"
    for variant in VARIANTS:
        found = samprof.sweep(
            Net(),
            torch.ones(1, WIDTH),
            SIZES,
            out=out,
            name="net",
            variant=variant,
            repeats=2,
            warmup=1,
        )
    write_trace(found.trace_path(2), 4400, steps=1)
    return Run(out)


@pytest.fixture(scope="module")
def served(run: Run) -> Iterator[Served]:
    """`samprof tensorboard` as a user starts it; one server for all tests."""
    command = [sys.executable, "-m", "samprof.cli.main", "tensorboard", str(run.path)]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, preexec_fn=heed_interrupts
    )
    try:
        assert process.stdout is not None
        lines = []
        while not lines or not lines[-1].startswith("Ctrl-C"):
            lines.append(process.stdout.readline())
            assert lines[-1], "it ended"
        address = lines[1].removeprefix("TensorBoard: ").partition("?")[0]
        yield Served(run, process, address, lines)
    finally:
        process.kill()
        process.wait()


def test_every_number_of_a_curve_is_that_of_the_points(served: Served) -> None:
    points = served.run.points()
    for variant in VARIANTS:
        events = served.events(variant)
        rows = points[points["variant"] == variant]
        expected = {
            "throughput/images_per_s": rows["images_per_s"],
            "latency/wall_ms": rows["wall_ns"] / MS,
            "latency/image_ms": 1e3 / rows["images_per_s"],
            "latency/recorded_cpu_ms": rows["time_ns"] / MS,
            "memory/peak_MiB": rows["peak_memory_bytes"] / MIB,
            "profiler/distortion": rows["distortion"],
        }
        for tag, values in expected.items():
            found = [(event.step, event.value) for event in events.Scalars(tag)]
            assert found == list(zip(SIZES, map(single, values), strict=True)), tag


def test_times_by_role_and_component_are_those_of_the_tables(served: Served) -> None:
    for variant in VARIANTS:
        events = served.events(variant)
        expected = {}
        for row in served.run.roles(variant).to_dict("records"):
            values = [row[f"image_ns_{size}"] / MS for size in SIZES]
            expected[f"role_cpu_ms_per_image/{row['path']}"] = values
        tables = [served.run.components(size, variant) for size in SIZES]
        for row, name in enumerate(tables[0]["component"]):
            values = [table["host_ns"][row] / MS for table in tables]
            expected[f"component_host_ms/{name}"] = values
        for tag, values in expected.items():
            found = [(event.step, event.value) for event in events.Scalars(tag)]
            assert found == list(zip(SIZES, map(single, values), strict=True)), tag
        assert set(expected) <= set(events.Tags()["scalars"])
        assert len(events.Tags()["scalars"]) == len(expected) + 6


def test_texts_hold_the_verdict_and_the_tables(served: Served) -> None:
    for variant in VARIANTS:
        events = served.events(variant)
        found = {
            tag: events.Tensors(tag)[0].tensor_proto.string_val[0].decode()
            for tag in events.Tags()["tensors"]
        }
        assert str(served.run.verdict(variant)) in found["answer/verdict/text_summary"]
        assert "| `net.first` |" in found["tables/scaling/text_summary"]
        assert found["tables/points/text_summary"].count("| ok |") == len(POINTS)
        assert "| Linear |" in found["tables/layer classes/text_summary"]
        assert "| net.second |" in found["tables/components/text_summary"]


def test_pictures_are_the_figures(served: Served) -> None:
    tags = served.events("eager").Tags()["images"]
    assert {"batching", "layers", "modules", "lanes", "components"} <= set(tags)
    assert "components" not in served.events("other").Tags()["images"]  # it is of all variants
    picture = served.events("eager").Images("layers")[0]
    assert picture.encoded_image_string.startswith(b"\x89PNG")
    assert (picture.width, picture.height) > (800, 300)


def test_each_trace_is_a_span_of_its_point_and_takes_no_room(served: Served) -> None:
    profiles = served.logdir / "plugins" / "profile"
    assert {folder.name for folder in profiles.iterdir()} == set(POINTS)
    for point in POINTS:
        (span,) = (profiles / point).iterdir()
        match = WORKER_PATTERN.match(span.name)
        assert match is not None
        assert match[1] == "samprof-rank0"
        assert match[2].removeprefix(".").isdecimal()
        assert span.samefile(served.run.path / "traces" / point / "rank0.pt.trace.json.gz")


def test_the_command_says_what_works_without_internet(served: Served) -> None:
    said = " ".join("".join(served.lines).split())
    assert said.startswith(str(served.logdir))
    assert served.address.startswith("http://127.0.0.1:")
    assert "PYTORCH_PROFILER loads its charts from the internet and stays empty without" in said
    assert "SCALARS, TEXT, IMAGES and HPARAMS need none" in said


def test_the_server_answers_for_curves_texts_and_pictures(served: Served) -> None:
    tags = eventually(
        lambda: {
            run: tags
            for run, tags in served.get("plugin/scalars/tags").items()
            if run in VARIANTS and "profiler/distortion" in tags
        }
    )
    assert set(tags) == set(VARIANTS)
    points = served.run.points()
    for variant in VARIANTS:
        query = {"run": variant, "tag": "throughput/images_per_s"}
        series = served.get("plugin/scalars/scalars", **query)
        values = map(single, points.loc[points["variant"] == variant, "images_per_s"])
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
    points = served.run.points().set_index(["batch_size", "variant"])
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
            "point/images_per_s": single(point["images_per_s"]),
            "point/wall_ms": single(point["wall_ns"] / MS),
            "point/peak_MiB": single(point["peak_memory_bytes"] / MIB),
        }


def test_the_profiler_plugin_shows_the_kernels_of_each_point(served: Served) -> None:
    def runs() -> list[str]:
        found = served.get("plugin/pytorch_profiler/runs")
        return [] if found["loading"] else list(found["runs"])

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
    page.goto(address)
    card = page.locator("tf-scalar-card", has_text="latency/wall_ms").first
    card.wait_for(timeout=120_000)
    assert card.locator("svg").count() > 0
    assert page.locator("#smoothing paper-input, tf-smoothing-input").first.is_visible()
    assert page.evaluate("location.hash").find("_smoothingWeight=0") > 0
    page.goto(f"{served.address}#text")
    page.reload()
    # The verdict comes first, and tables are drawn as tables.
    page.locator("tf-markdown-view", has_text="images/s with").first.wait_for(timeout=120_000)
    page.locator("tf-markdown-view th", has_text="component").first.wait_for()


def test_a_port_that_is_taken_is_one_line(served: Served) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with (
            pytest.raises(UsageError, match=f"127.0.0.1:{port}: .*; choose another --port"),
            serving(served.logdir, "127.0.0.1", port),
        ):
            pytest.fail("two on one port")


def test_ctrl_c_ends_the_server_and_all_that_it_started(served: Served) -> None:
    (server,) = children(served.process.pid)
    assert len(session(server)) > 1
    served.process.send_signal(signal.SIGINT)
    assert served.process.wait(60) == 0
    assert eventually(lambda: not session(server))
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(served.address, timeout=10)


def test_writing_again_replaces_what_is_samprofs_only(tmp_path: Path) -> None:
    run = samprof.sweep(Net(), torch.ones(1, WIDTH), [1], out=tmp_path / "run", repeats=1)
    run.tensorboard(tmp_path / "logs")
    theirs = tmp_path / "logs" / "eager" / "events.out.tfevents.1.host.2.0"
    stale = tmp_path / "logs" / "plugins" / "profile" / "b0009" / "samprof-rank0.1.pt.trace.json.gz"
    stale.parent.mkdir()
    for path in (theirs, stale):
        path.write_bytes(b"")
    assert run.tensorboard(str(tmp_path / "logs")) == tmp_path / "logs"
    ours = [path for path in (tmp_path / "logs").rglob("events.*") if path.suffix == ".samprof"]
    assert sorted(path.parent.name for path in ours) == ["b0001", "eager"]
    assert theirs.exists()
    assert not stale.exists()


def test_where_links_are_not_possible_the_trace_is_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trace = tmp_path / "trace.json"
    trace.write_text('{"traceEvents": []}')

    def no_links(*_: object) -> None:
        raise OSError("another disk")

    monkeypatch.setattr(os, "link", no_links)
    lay_down(trace, tmp_path / "there" / "copy.json")
    assert not trace.samefile(tmp_path / "there" / "copy.json")
    assert load_trace(tmp_path / "there" / "copy.json").metadata == {}
    assert [path.name for path in (tmp_path / "there").iterdir()] == ["copy.json"]


def test_a_directory_that_cannot_be_written_is_one_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said = r"tensorboard: .*file: File exists; free space or choose another directory"
    with pytest.raises(RunError, match=said):
        run.tensorboard(tmp_path / "file")


def test_without_tensorboard_it_says_what_to_install(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(MissingPackageError, match=r"pip install 'samprof\[tensorboard\]'"):
        run.tensorboard(tmp_path)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere"], "load: nowhere: no such file"),
        (["RUN", "--port", "99999"], "tensorboard: --port 99999: no such port; give 0 to 65535"),
        (["RUN", "--port", "many"], "argument --port: invalid int value: 'many'"),
    ],
)
def test_bad_input_is_one_line(
    run: Run, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = [str(run.path) if word == "RUN" else word for word in arguments]
    assert main(["tensorboard", *chosen]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def single(value: float) -> float:
    """The value as event files hold it, in 32 bits."""
    found: float = struct.unpack("f", struct.pack("f", value))[0]
    return found


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
