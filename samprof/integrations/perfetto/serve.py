"""Serves one trace file on loopback, for Perfetto's page to fetch.

The page, https://ui.perfetto.dev, opens the address in `#!/?url=`; its content security policy lets it
fetch from this machine at http://127.0.0.1:9001 only. The browser passes the answer on if the answer
allows the page's origin. Browsers that first check whether a public page may reach a private address
send OPTIONS.

Nobody else gets the file: only one path is served, on loopback only, and under this machine's names
only, so that no other page can read it through a host name that it made point here.
"""

from __future__ import annotations

import errno
import os
import re
import socketserver
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from shutil import copyfileobj
from typing import Any

from samprof.errors import SamprofError, TraceError, UsageError
from samprof.trace.read.gzip_stream import BROKEN_GZIP, is_gzip, open_plain
from samprof.trace.read.load import refuse_special
from samprof.trace.read.scan import LONGEST_BYTES
from samprof.trace.read.split import list_start

PAGE = "https://ui.perfetto.dev"
PORT = 9001
"""The one port of this machine that the page may fetch from."""
_HOST = "127.0.0.1"
_HIGHEST_PORT = 65535
_CUT_SHORT: tuple[type[Exception], ...] = (EOFError, *BROKEN_GZIP)
_PLAIN_NAME = re.compile(r"[A-Za-z0-9._-]+")


class TraceServer(socketserver.ThreadingTCPServer):
    """Serves one file until it is shut down.

    Attributes:
        port: where it listens.
        link: opens the file in Perfetto's page.
    """

    allow_reuse_address = sys.platform != "win32"  # on Windows, two servers could then share a port
    daemon_threads = True

    def __init__(self, path: Path, port: int) -> None:
        self.path = path
        self.url_path = f"/{_served_name(path)}"
        super().__init__((_HOST, port), _Handler)
        self.port = int(self.server_address[1])
        # The page always fetches from port 9001; any other port has to be forwarded.
        self.link = f"{PAGE}/#!/?url=http://{_HOST}:{PORT}{self.url_path}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignores browsers that closed the connection; reports anything else as usual."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def trace_server(path: str | Path, port: int = PORT) -> Iterator[TraceServer]:
    """A server for this trace, bound but not yet serving; call its `serve_forever`.

    Args:
        path: a trace file.
        port: on this machine; 0 for a free one.

    Raises:
        TraceError: there is no such file, or it holds no trace.
        SamprofError: the port cannot be used.
    """
    path = Path(path)
    _check(path)
    if not 0 <= port <= _HIGHEST_PORT:
        raise UsageError("view", f"port {port}", "no such port", f"give one up to {_HIGHEST_PORT}")
    try:
        server = TraceServer(path, port)
    except OSError as error:
        cause = (
            "already in use" if error.errno == errno.EADDRINUSE else error.strerror or str(error)
        )
        remedy = "end what uses it (another samprof view, trace_processor), or give another --port"
        raise SamprofError("view", f"port {port}", cause, remedy) from None
    with server:
        yield server


class _Handler(BaseHTTPRequestHandler):
    """Answers for one path."""

    server: TraceServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answers with the file."""
        self._answer(body=True)

    def do_HEAD(self) -> None:
        """Answers with the headers of the file."""
        self._answer(body=False)

    def do_OPTIONS(self) -> None:
        """Tells a browser that the page may fetch from this private address."""
        if not self._is_ours():
            return
        self.send_response(HTTPStatus.NO_CONTENT)
        self._allow_page()
        self.send_header("Access-Control-Allow-Methods", "GET, HEAD, OPTIONS")
        if self.headers.get("Access-Control-Request-Private-Network") == "true":
            self.send_header("Access-Control-Allow-Private-Network", "true")
        self.end_headers()

    def do_POST(self) -> None:
        """Refuses: Perfetto checks like this whether its own trace processor is listening here."""
        self.close_connection = True  # the body of the request is not read
        self._refuse(HTTPStatus.NOT_FOUND)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the base class
        """Logs nothing: the command does the printing."""

    def _answer(self, *, body: bool) -> None:
        if not self._is_ours():
            return
        try:
            file = self.server.path.open("rb")
        except OSError:
            self._refuse(HTTPStatus.NOT_FOUND)
            return
        with file:
            self.send_response(HTTPStatus.OK)
            self._allow_page()
            self.send_header("Content-Type", "application/octet-stream")
            self.send_header("Content-Length", str(os.fstat(file.fileno()).st_size))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            if body:
                copyfileobj(file, self.wfile)

    def _is_ours(self) -> bool:
        """Whether the request is for the file; refuses it if not."""
        host = self.headers.get("Host") or _HOST
        if host.partition(":")[0] not in (_HOST, "localhost"):
            self._refuse(HTTPStatus.MISDIRECTED_REQUEST)
            return False
        if self.path.partition("?")[0] != self.server.url_path:
            self._refuse(HTTPStatus.NOT_FOUND)
            return False
        return True

    def _refuse(self, status: HTTPStatus) -> None:
        self.send_response(status)
        self._allow_page()
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _allow_page(self) -> None:
        self.send_header("Access-Control-Allow-Origin", PAGE)
        self.send_header("Vary", "Origin")


def _served_name(path: Path) -> str:
    """The name of the file in the link: its own, if that needs no escaping."""
    if _PLAIN_NAME.fullmatch(path.name):
        return path.name
    return "trace.json.gz" if is_gzip(path) else "trace.json"


def _check(path: Path) -> None:
    """Reads the beginning of the file.

    Raises:
        TraceError: it does not begin as a trace does, or cannot be read.
    """
    again = "copy or export the trace again"
    try:
        refuse_special(path, "view")
        with open_plain(path) as plain:
            head = plain.read(LONGEST_BYTES)
    except FileNotFoundError:
        raise TraceError("view", path, "no such file", "check the path") from None
    except _CUT_SHORT as error:
        raise TraceError("view", path, f"broken gzip stream ({error})", again) from None
    except OSError as error:
        raise TraceError("view", path, error.strerror or str(error), "check the path") from None
    if not head.strip():
        raise TraceError("view", path, "the file is empty", again)
    if list_start(head, b"traceEvents") is None:
        remedy = "give a trace that torch.profiler or samprof wrote"
        raise TraceError("view", path, "no traceEvents list where a trace has one", remedy)
