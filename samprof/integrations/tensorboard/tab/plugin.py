"""The plugin that TensorBoard loads: what it serves under which address.

Everything that the page needs comes from here. An address names an entry of the list that `entries`
gives, never a file, so that nothing but runs and traces below the log directory can be read through it.
Answers are data, or pages of the report: their texts are escaped, and by their policy they load nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from importlib.resources import files
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Any

import msgspec
from tensorboard.backend import http_util
from tensorboard.plugins import base_plugin
from werkzeug import Request, Response

from samprof.errors import SamprofError, UsageError
from samprof.integrations.tensorboard.tab.contents import (
    Entry,
    RunKind,
    entries_below,
    is_below,
)
from samprof.integrations.tensorboard.tab.opened import Opened, OpenTraces
from samprof.integrations.tensorboard.tab.shown import (
    search_data,
    slice_data,
    sums_data,
    tracks_data,
    window_data,
)
from samprof.integrations.tensorboard.tab.trace_parts import trace_part
from samprof.printable import printable

NAME = "samprof"
_SCRIPTS = ("dom", "facts", "index", "picture", "timeline")
_STATIC = {f"/{name}.js": "text/javascript" for name in _SCRIPTS} | {"/style.css": "text/css"}
_SCAN_SECONDS = 2.0
_WIDEST = 20_000
_POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)"')
_Answer = Callable[[Request], Response]


class TabPlugin(base_plugin.TBPlugin):  # type: ignore[misc]
    """samprof's tab.

    Args:
        context: TensorBoard's, with the log directory.
        runs: how run directories are known and read.
        page: run directories and names of sections -> a page of the report.
        also: another directory to show, before the log directory.
    """

    plugin_name = NAME

    def __init__(
        self,
        context: base_plugin.TBContext,
        runs: RunKind,
        page: Callable[[Sequence[Path], Sequence[str]], str],
        also: Path | None = None,
    ) -> None:
        self._runs, self._page = runs, page
        logdir = Path(context.logdir) if context.logdir else None
        self._roots = [root for root in (also, logdir) if root is not None]
        self._traces = OpenTraces()
        self._lock = Lock()
        self._scanned: tuple[float, list[Entry]] = (-_SCAN_SECONDS, [])

    def get_plugin_apps(self) -> dict[str, Any]:
        """Address -> what answers to it."""
        answers: dict[str, _Answer] = {
            "/entries": self._entries,
            "/tracks": self._of_trace(lambda opened, _: tracks_data(opened)),
            "/window": self._of_trace(_window),
            "/search": self._of_trace(_search),
            "/slice": self._of_trace(
                lambda opened, asked: slice_data(opened, _number(asked, "part"))
            ),
            "/sums": self._of_trace(_sums),
            "/trace_part": self._trace_part,
            "/run_part": self._run_part,
        }
        answers |= dict.fromkeys(_STATIC, self._file)
        return {address: _served(answer) for address, answer in answers.items()}

    def is_active(self) -> bool:
        """Whether there is anything to show."""
        return bool(self._all())

    def frontend_metadata(self) -> base_plugin.FrontendMetadata:
        """What the tab is called, and the module that draws it."""
        return base_plugin.FrontendMetadata(
            es_module_path="/index.js", tab_name="samprof", disable_reload=False
        )

    def _all(self) -> list[Entry]:
        """The entries as they were a moment ago."""
        with self._lock:
            if monotonic() - self._scanned[0] > _SCAN_SECONDS:
                self._scanned = (monotonic(), entries_below(self._roots, self._runs))
            return self._scanned[1]

    def _entry(self, key: str, *, is_run: bool) -> Entry:
        """The entry of a key.

        Raises:
            UsageError: there is none of this kind.
        """
        found = next((one for one in self._all() if one.key == key and one.is_run == is_run), None)
        # Looked at again: since the list was made, a link may have taken its place.
        if found is None or not is_below(found.path, self._roots):
            cause = f"no such {'run' if is_run else 'trace'} below the log directory"
            raise UsageError("tensorboard", printable(key[:200]), cause, "load the page again")
        return found

    def _entries(self, request: Request) -> Response:
        fields = ("key", "title", "run", "is_run", "message")
        found = [{name: _shown(getattr(one, name)) for name in fields} for one in self._all()]
        return _json(request, {"entries": found})

    def _file(self, request: Request) -> Response:
        name = request.path.rpartition("/")[2]
        text = (files(__package__) / "static" / name).read_bytes()
        return _respond(request, text, _STATIC[f"/{name}"])

    def _of_trace(self, answer: Callable[[Opened, Request], dict[str, Any]]) -> _Answer:
        def answered(request: Request) -> Response:
            entry = self._entry(_text(request, "trace"), is_run=False)
            return _json(request, answer(self._traces.get(entry.path), request))

        return answered

    def _trace_part(self, request: Request) -> Response:
        entry = self._entry(_text(request, "trace"), is_run=False)
        return _html(
            request, trace_part(self._traces.get(entry.path).trace, _text(request, "part"))
        )

    def _run_part(self, request: Request) -> Response:
        keys = [_text(request, "run"), *request.args.getlist("against")]
        paths = [self._entry(key, is_run=True).path for key in keys]
        return _html(request, self._page(paths, request.args.getlist("section")))


def _window(opened: Opened, asked: Request) -> dict[str, Any]:
    rows = [row for row in _numbers(asked, "row") if row < len(opened.timeline.bounds) - 1]
    return window_data(opened.timeline, rows, *_times(asked), min(_number(asked, "width"), _WIDEST))


def _search(opened: Opened, asked: Request) -> dict[str, Any]:
    return search_data(opened.timeline, _text(asked, "text"), _number(asked, "place"))


def _sums(opened: Opened, asked: Request) -> dict[str, Any]:
    tracks = [one for one in _numbers(asked, "track") if one < len(opened.timeline.tracks)]
    return sums_data(opened.timeline, tracks, *_times(asked))


def _served(answer: _Answer) -> Any:
    """The answer as WSGI: what is wrong with a request, or cannot be read, is said in a line."""

    @Request.application
    def served(request: Request) -> Response:
        if request.method not in ("GET", "HEAD"):
            return Response("only GET", 405, content_type="text/plain")
        is_page = request.path.endswith("_part")
        try:
            return answer(request)
        except SamprofError as error:
            message, code = str(error), 400
        except OSError as error:
            message, code = f"tensorboard: {error.strerror or type(error).__name__}", 404
        message = printable(message)
        if is_page:
            return _respond(request, message.encode(), "text/plain", code)
        return _json(request, {"error": message}, code)

    return served


def _json(request: Request, data: dict[str, Any], code: int = 200) -> Response:
    return _respond(request, msgspec.json.encode(data), "application/json", code)


def _html(request: Request, page: str) -> Response:
    """A page of the report; TensorBoard wants the policy that stands in it as a header, too."""
    policy = _POLICY.search(page)
    assert policy is not None
    response = _respond(request, page.encode(), "text/html")
    response.headers["Content-Security-Policy"] = f"{policy[1]}; frame-ancestors 'self'"
    return response


def _respond(request: Request, content: bytes, kind: str, code: int = 200) -> Response:
    answer: Response = http_util.Respond(request, content, kind, code)
    return answer


def _text(request: Request, name: str) -> str:
    return request.args.get(name, "")


def _number(request: Request, name: str) -> int:
    return _numbers(request, name)[0]


def _numbers(request: Request, name: str) -> list[int]:
    """The whole numbers, not below zero, of one name.

    Raises:
        UsageError: there is none, or something else.
    """
    given = request.args.getlist(name)
    if not given or not all(re.fullmatch(r"[0-9]{1,18}", one) for one in given):
        raise UsageError("tensorboard", name, "not a number", "load the page again")
    return list(map(int, given))


def _times(request: Request) -> tuple[int, int]:
    begin, end = _number(request, "begin"), _number(request, "end")
    return begin, max(end, begin + 1)


def _shown(value: object) -> object:
    return printable(value) if isinstance(value, str) else value
