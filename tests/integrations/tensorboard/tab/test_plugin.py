"""What the plugin answers, without TensorBoard around it."""

from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest
from tensorboard.plugins.base_plugin import TBContext
from werkzeug import Request, Response
from werkzeug.test import Client, TestResponse

from samprof.integrations.tensorboard.timeline.window import most_bars
from samprof.tensorboard_plugin import SamprofPlugin
from samprof.testing import write_trace
from samprof.trace import Trace, load_trace

HOSTILE = "<img src=x onerror=alert(1)>.json"
Get = Callable[..., TestResponse]


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("logs")
    write_trace(folder / HOSTILE, 4400)
    (folder / "cut.pt.trace.json").write_text('{"traceEvents": [{"ph": "X", "na')
    return folder


@pytest.fixture(scope="module")
def get(logs: Path) -> Get:
    """Asks the plugin for an address."""
    plugin = SamprofPlugin(TBContext(logdir=str(logs)))
    assert plugin.is_active()
    apps = plugin.get_plugin_apps()

    @Request.application
    def app(request: Request) -> Response:
        return Response.from_app(apps[request.path], request.environ)

    client = Client(app)

    def asked(path: str, method: str = "GET", **values: Any) -> TestResponse:
        return client.open(path, method=method, query_string=values)

    return asked


@pytest.fixture(scope="module")
def keys(get: Get) -> dict[str, str]:
    return {entry["title"]: entry["key"] for entry in get("/entries").json["entries"]}


@pytest.fixture(scope="module")
def trace(logs: Path) -> Trace:
    return load_trace(logs / HOSTILE)


def test_tensorboard_is_told_of_the_plugin_by_the_installation() -> None:
    found = {one.name: one.value for one in entry_points(group="tensorboard_plugins")}
    assert found.get("samprof") == "samprof.tensorboard_plugin:SamprofPlugin", (
        "this installation of samprof is older than its setup.cfg: run pip install -e . again"
    )


def test_tracks_and_a_window_hold_what_is_in_the_trace(
    get: Get, keys: dict[str, str], trace: Trace
) -> None:
    tracks = get("/tracks", trace=keys[HOSTILE]).json
    rows = [row for track in tracks["tracks"] for row in track["levels"]]
    window = {"trace": keys[HOSTILE], "row": rows, "begin": 0, "end": tracks["span"], "width": 300}
    found = get("/window", **window).json
    assert sum(sum(bars["count"]) for bars in found["rows"]) == tracks["slices"]
    assert max(len(bars["part"]) for bars in found["rows"]) <= most_bars(300)
    (device,) = (track for track in tracks["tracks"] if track["title"] == "GPU 0, stream 7")
    kernels = trace.kernels()
    count = sum(sum(bars["count"]) for bars in found["rows"] if bars["row"] in device["levels"])
    assert count == (kernels["stream"] == 7).sum()


def test_a_selection_is_summed_as_the_table_of_kernels_sums_it(
    get: Get, keys: dict[str, str], trace: Trace
) -> None:
    tracks = get("/tracks", trace=keys[HOSTILE]).json
    titles = [track["title"] for track in tracks["tracks"]]
    times = {"begin": 0, "end": tracks["span"], "track": titles.index("GPU 0, stream 7")}
    (sums,) = get("/sums", trace=keys[HOSTILE], **times).json["tracks"]
    kernels = trace.kernels()
    own = kernels[kernels["stream"] == 7]
    assert sums["count"] == len(own)
    assert sum(int(name[1]) for name in sums["names"]) == len(own)


def test_every_match_of_a_search_can_be_reached(get: Get, keys: dict[str, str]) -> None:
    key = keys[HOSTILE]
    first = get("/search", trace=key, text="gemm", place=0).json
    last = get("/search", trace=key, text="gemm", place=first["count"] - 1).json
    again = get("/search", trace=key, text="gemm", place=first["count"]).json
    assert first["hit"]["start"] <= last["hit"]["start"]
    assert again["hit"] == first["hit"]
    found = get("/slice", trace=key, part=last["hit"]["part"]).json
    assert "gemm" in dict(found["facts"])["name"].lower()


def test_a_page_of_a_table_can_load_nothing_and_names_in_it_are_text(
    get: Get, keys: dict[str, str]
) -> None:
    for part in ("layers", "kernels", "ops", "memory"):
        answer = get("/trace_part", trace=keys[HOSTILE], part=part)
        assert answer.status_code == 200, answer.text
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; script-src 'sha256-")
        assert policy.endswith("frame-ancestors 'self'")
        assert f"<h2>{part.capitalize()}</h2>" in answer.text
        assert "<img" not in answer.text


@pytest.mark.parametrize(
    ("path", "values", "said"),
    [
        ("/tracks", {"trace": "../secret"}, "no such trace below the log directory"),
        ("/trace_part", {"trace": "x", "part": "layers"}, "no such trace"),
        ("/trace_part", {"trace": HOSTILE, "part": "../x"}, "no such part"),
        ("/run_part", {"run": "x"}, "no such run"),
        ("/slice", {"trace": HOSTILE, "part": "99999999"}, "no such slice"),
        ("/slice", {"trace": HOSTILE, "part": "-1"}, "not a number"),
        ("/window", {"trace": HOSTILE, "row": "0", "begin": "0"}, "not a number"),
        ("/tracks", {"trace": "cut.pt.trace.json"}, "cut.pt.trace.json"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(
    get: Get, keys: dict[str, str], path: str, values: dict[str, str], said: str
) -> None:
    chosen = values | {"trace": keys.get(values.get("trace", ""), values.get("trace", ""))}
    answer = get(path, **chosen)
    assert answer.status_code == 400
    text = answer.json["error"] if answer.is_json else answer.text
    assert said in text
    assert "\n" not in text


def test_a_link_that_takes_the_place_of_a_trace_is_not_followed(tmp_path: Path) -> None:
    logs, secret = tmp_path / "logs", tmp_path / "secret.json"
    logs.mkdir()
    for path in (logs / "a.json", secret):
        path.write_text('{"traceEvents": []}')
    plugin = SamprofPlugin(TBContext(logdir=str(logs)))
    client = Client(plugin.get_plugin_apps()["/tracks"])
    (entry,) = plugin._all()
    assert client.get("/", query_string={"trace": entry.key}).status_code == 200
    (logs / "a.json").unlink()
    (logs / "a.json").symlink_to(secret)
    assert client.get("/", query_string={"trace": entry.key}).status_code == 400


def test_nothing_but_reading_is_served(get: Get) -> None:
    assert get("/entries", method="POST").status_code == 405


def test_every_file_of_the_page_is_served_from_here(get: Get) -> None:
    static = Path(__file__).parents[4] / "samprof/integrations/tensorboard/tab/static"
    for path in static.iterdir():
        answer = get(f"/{path.name}")
        assert answer.data == path.read_bytes()
        assert "http" not in answer.text.replace("http-equiv", "")


def test_another_directory_stands_before_the_log_directory(logs: Path, tmp_path: Path) -> None:
    (tmp_path / "b.json").write_text('{"traceEvents": []}')
    plugin = SamprofPlugin(TBContext(logdir=str(logs)), also=tmp_path)
    titles = [entry.title for entry in plugin._all()]
    assert titles == ["b.json", HOSTILE, "cut.pt.trace.json"]
