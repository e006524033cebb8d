"""`samprof view`: a trace in Perfetto, served from this machine."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING

from samprof.cli.open_path import add_trace_arguments, trace_file
from samprof.cli.output import write_out

if TYPE_CHECKING:
    from samprof.integrations.perfetto.serve import TraceServer


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    add_trace_arguments(parser)
    parser.add_argument(
        "--port",
        type=int,
        default=9001,
        metavar="PORT",
        help="where to serve, on this machine only (default: 9001, the port that Perfetto's page "
        "reads from)",
    )
    parser.add_argument(
        "--no-open", action="store_true", help="print the link, and do not open a browser"
    )


def run(options: argparse.Namespace) -> int:
    """Serves the trace until Ctrl-C."""
    from samprof.integrations.perfetto.serve import trace_server

    try:
        with trace_server(trace_file(options), options.port) as server:
            write_out(_instructions(server))
            if not options.no_open and _has_windows():
                import webbrowser

                webbrowser.open_new_tab(server.link)
            server.serve_forever()
    except KeyboardInterrupt:
        write_out("\n")
    return 0


def _instructions(server: TraceServer) -> str:
    from samprof.integrations.perfetto.serve import PAGE, PORT

    lines = [server.link]
    if server.port != PORT:
        lines.append(
            f"Perfetto's page reads from port {PORT} only. Forward that port of the browser's machine to"
            f" this one: ssh -L {PORT}:127.0.0.1:{server.port} HOST"
        )
    lines += [
        f"Serving {server.path} on http://127.0.0.1:{server.port}{server.url_path} until Ctrl-C.",
        "If the browser asks whether the page may reach this device or network, allow it: the page"
        " reads the trace from here, and sends it nowhere.",
        f"No internet here? Copy {server.path.resolve()} to a machine with internet and open it at"
        f" {PAGE}, or load it in Chrome at chrome://tracing (recent versions enable that page on"
        " chrome://chrome-urls).",
    ]
    return "\n".join(lines) + "\n"


def _has_windows() -> bool:
    """Whether a browser would open a window; otherwise it might take over the terminal."""
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
