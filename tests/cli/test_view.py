"""`samprof view`: one file, for Perfetto's page, on loopback; Ctrl-C is the way to end it."""

import gzip
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.client import HTTPResponse
from pathlib import Path

import pytest

from samprof.cli.main import main
from samprof.integrations.perfetto.serve import TraceServer, trace_server
from tests.support.interrupts import heed_interrupts

PAGE = "https://ui.perfetto.dev"
DATA = gzip.compress(b'{"traceEvents": [\n' + b'{"ph": "X"},\n' * 20_000 + b"{}]}", mtime=0)


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    path = tmp_path / "sam b4.json.gz"
    path.write_bytes(DATA)
    (tmp_path / "other.json").write_text('{"traceEvents": []}')
    return path


@pytest.fixture
def server(trace: Path) -> Iterator[TraceServer]:
    with trace_server(trace, 0) as found:
        serving = threading.Thread(target=found.serve_forever, kwargs={"poll_interval": 0.01})
        serving.start()
        yield found
        found.shutdown()
        serving.join()


def ask(
    server: TraceServer, path: str, method: str = "GET", **headers: str
) -> tuple[HTTPResponse, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, headers={"Origin": PAGE, **named})
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response, body


def test_the_page_may_read_the_file_and_gets_it_as_it_is(server: TraceServer) -> None:
    response, body = ask(server, "/trace.json.gz")
    assert body == DATA
    assert response.status == 200
    assert response.headers.get_all("Access-Control-Allow-Origin") == [PAGE]
    assert response.headers["Content-Length"] == str(len(DATA))
    assert response.headers["Cache-Control"] == "no-store"
    # Perfetto unpacks it; the browser must not.
    assert response.headers["Content-Encoding"] is None
    assert server.link == f"{PAGE}/#!/?url=http://127.0.0.1:9001/trace.json.gz"


def test_a_name_that_needs_no_escaping_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "b0004.pt.trace.json"
    path.write_text("[]")
    with trace_server(path, 0) as server:
        assert server.link.endswith("/b0004.pt.trace.json")


def test_head_is_get_without_the_file(server: TraceServer) -> None:
    response, body = ask(server, "/trace.json.gz", "HEAD")
    assert (response.status, body) == (200, b"")
    assert response.headers["Content-Length"] == str(len(DATA))
    assert response.headers["Access-Control-Allow-Origin"] == PAGE


def test_a_browser_that_asks_first_is_allowed(server: TraceServer) -> None:
    asking = {"Access_Control_Request_Method": "GET"}
    private = {"Access_Control_Request_Private_Network": "true"}
    response, _ = ask(server, "/trace.json.gz", "OPTIONS", **asking, **private)
    assert response.status == 204
    assert response.headers["Access-Control-Allow-Origin"] == PAGE
    assert response.headers["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"
    assert response.headers["Access-Control-Allow-Private-Network"] == "true"
    response, _ = ask(server, "/trace.json.gz", "OPTIONS", **asking)
    assert response.headers["Access-Control-Allow-Private-Network"] is None


@pytest.mark.parametrize(
    "path", ["/", "/other.json", "/../other.json", "/trace.json.gz/", "/status"]
)
def test_nothing_else_is_served(server: TraceServer, path: str) -> None:
    for method in ("GET", "HEAD", "OPTIONS", "POST"):
        response, body = ask(server, path, method)
        assert (response.status, body) == (404, b"")


def test_no_other_page_gets_it_under_a_name_of_its_own(server: TraceServer) -> None:
    assert ask(server, "/trace.json.gz", Host=f"evil.example:{server.port}")[0].status == 421
    assert ask(server, "/trace.json.gz", Host="localhost:9001")[0].status == 200
    # Another origin is not named in the answer, so a browser keeps it from that page.
    response, _ = ask(server, "/trace.json.gz", Origin="https://evil.example")
    assert response.headers["Access-Control-Allow-Origin"] == PAGE


def test_it_listens_on_loopback_only(server: TraceServer) -> None:
    assert server.server_address[0] == "127.0.0.1"


def test_a_file_that_is_gone_is_not_found(server: TraceServer, trace: Path) -> None:
    trace.unlink()
    assert ask(server, "/trace.json.gz")[0].status == 404


def test_a_browser_that_goes_away_is_no_error(
    server: TraceServer, capfd: pytest.CaptureFixture[str]
) -> None:
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        connection.sendall(b"GET /trace.json.gz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    assert ask(server, "/trace.json.gz")[0].status == 200
    assert capfd.readouterr().err == ""


def test_it_serves_until_ctrl_c_and_says_how_to_look(trace: Path) -> None:
    code = "import sys; from samprof.cli.main import main; sys.exit(main())"
    command = [sys.executable, "-c", code, "view", str(trace), "--port", "0", "--no-open"]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=heed_interrupts,
    ) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(5)]
        port = int(re.findall(r"http://127\.0\.0\.1:(\d+)/", lines[2])[0])
        assert lines[0] == f"{PAGE}/#!/?url=http://127.0.0.1:9001/trace.json.gz\n"
        assert f"ssh -L 9001:127.0.0.1:{port} HOST" in lines[1]
        assert str(trace.resolve()) in lines[4]
        assert "chrome://tracing" in lines[4]
        connection = http.client.HTTPConnection("127.0.0.1", port)
        connection.request("GET", "/trace.json.gz", headers={"Origin": PAGE})
        assert connection.getresponse().read() == DATA
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a browser was asked to open; it presses Ctrl-C, as no window can here."""
    import webbrowser

    links: list[str] = []

    def remember(link: str) -> None:
        links.append(link)
        raise KeyboardInterrupt

    monkeypatch.setattr(webbrowser, "open_new_tab", remember)
    monkeypatch.setenv("DISPLAY", ":0")
    return links


def test_the_browser_opens_at_the_link(
    trace: Path, opened: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["view", str(trace), "--port", "0"]) == 0
    assert opened == [capsys.readouterr().out.splitlines()[0]]


def test_a_port_that_is_taken_is_one_line(trace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert main(["view", str(trace), "--port", str(port), "--no-open"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == (
        f"samprof: view: port {port}: already in use; end what uses it (another samprof view,"
        " trace_processor), or give another --port\n"
    )


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("missing.json", None, "no such file"),
        ("empty.json", b"", "the file is empty"),
        ("cut.json.gz", DATA[:200], "broken gzip stream"),
        ("text.json", b"hello", "no traceEvents list where a trace has one"),
        ("run.json", b'{"asked": {}}', "no traceEvents list where a trace has one"),
    ],
)
def test_what_is_no_trace_is_not_served(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, data: bytes | None, words: str
) -> None:
    if data is not None:
        (tmp_path / name).write_bytes(data)
    assert main(["view", str(tmp_path / name), "--no-open"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert words in captured.err
    assert os.fspath(tmp_path / name) in captured.err


@pytest.mark.parametrize("port", ["-1", "65536"])
def test_a_port_that_does_not_exist_is_one_line(
    trace: Path, capsys: pytest.CaptureFixture[str], port: str
) -> None:
    assert main(["view", str(trace), f"--port={port}", "--no-open"]) == 2
    assert capsys.readouterr().err == (
        f"samprof: view: port {port}: no such port; give one up to 65535\n"
    )
