"""How long the timeline of a large trace takes in TensorBoard, from the click to the whole picture.

    python -m bench.tensorboard                       # a million events, three servers each
    python -m bench.tensorboard --events 100000

Real TensorBoard with samprof's tab, a real Chromium without a window. Each server is new; without cache
the cache beside the trace is removed before. The memory is the server's peak, beside that of a process
that prints the layer table of the same trace.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.machine import describe
from samprof.testing import write_trace

NAME = "large.pt.trace.json"
_PATIENCE_MS = 300_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=1_000_000, help="in the trace")
    parser.add_argument("--servers", type=int, default=3, help="how many of each kind")
    options = parser.parse_args()
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        trace = Path(folder, "logs", NAME)
        trace.parent.mkdir()
        write_trace(trace, options.events)
        only = set(trace.parent.iterdir())
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        found: dict[str, list[tuple[float, float]]] = {"without cache": [], "from the cache": []}
        for _ in range(options.servers):
            for kind, measured in found.items():
                if kind == "without cache":
                    _remove_all_but(only, trace.parent)
                measured.append(_first_picture(browser, trace.parent))
        browser.close()
        layers = _peak_of_layers(trace)
    command = " ".join(["python", "-m", "bench.tensorboard", *sys.argv[1:]])
    print(describe(command, ("torch", "samprof", "tensorboard", "playwright")))
    print(f"{options.events:,} events; `samprof layers` takes {layers:.0f} MiB\n")
    print("| timeline | first picture, s: median (least to most) | server, MiB |\n|---|---|---|")
    for kind, measured in found.items():
        seconds = [one for one, _ in measured]
        middle, peak = statistics.median(seconds), max(memory for _, memory in measured)
        print(f"| {kind} | {middle:.1f} ({min(seconds):.1f} to {max(seconds):.1f}) | {peak:.0f} |")


def _first_picture(browser: Any, logs: Path) -> tuple[float, float]:
    """Seconds from the click on the trace to its whole picture, and the server's peak in MiB."""
    with server(logs) as (address, process):
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.set_default_timeout(_PATIENCE_MS)
        page.goto(f"{address}#samprof")
        frame = page.frame_locator("iframe").first
        entry = frame.locator(".entries button").get_by_text(NAME.partition(".")[0]).first
        entry.wait_for()
        start = time.perf_counter()
        entry.click()
        frame.locator("canvas[data-complete=yes]").wait_for()
        took = time.perf_counter() - start
        page.close()
        status = Path(f"/proc/{process.pid}/status").read_text()
    peak = re.search(r"VmHWM:\s*(\d+) kB", status)
    assert peak is not None
    return took, int(peak[1]) / 1024


@contextmanager
def server(logs: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """TensorBoard as anyone starts it, with samprof by its entry point alone: address and process."""
    words = ["--logdir", str(logs), "--host", "127.0.0.1", "--port", "0", "--load_fast", "false"]
    process = subprocess.Popen(
        [sys.executable, "-m", "tensorboard.main", *words],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stderr is not None
        lines = iter(process.stderr.readline, "")
        address = next(one[0] for line in lines if (one := re.search("http://[0-9.:]+/", line)))
        yield address, process
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _remove_all_but(kept: set[Path], folder: Path) -> None:
    for path in set(folder.iterdir()) - kept:
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def _peak_of_layers(trace: Path) -> float:
    """MiB of a process that prints the layer table, without a cache."""
    command = [sys.executable, "-m", "samprof", "layers", "--no-cache", str(trace)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}")
    return usage.ru_maxrss / 1024


if __name__ == "__main__":
    main()
