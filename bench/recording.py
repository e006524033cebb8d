"""What recording costs: no profiler, plain torch.profiler, and samprof on top of it, side by side.

Each way runs in a fresh process, the ways interleaved over several rounds, so that a machine that slows
down slows all of them. Prints a markdown table; figures are medians over rounds of a process's median.

    python bench/recording.py                 # the small SAM encoder, batch 1
    python bench/recording.py --tiny          # 300 tiny modules: the cost of a module call
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

WAYS = ("none", "torch", "block", "layer", "op")
NAMES = {
    "none": "no profiler",
    "torch": "plain torch.profiler",
    "block": "samprof, granularity block",
    "layer": "samprof, granularity layer",
    "op": "samprof, granularity op",
}
TINY_MODULES = 300


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--tiny", action="store_true", help="300 tiny modules instead of SAM")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--forwards", type=int, default=10)
    parser.add_argument("--no-memory", action="store_true", help="without allocator events")
    parser.add_argument("--no-shapes", action="store_true", help="without shapes")
    options = parser.parse_args()
    if options.way:
        print(json.dumps(measure(options)))
    else:
        compare(options)


def compare(options: argparse.Namespace) -> None:
    """Runs all ways in turn, and prints the table."""
    results: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
    for _ in range(options.rounds):
        for way in WAYS:
            command = [sys.executable, __file__, "--way", way, *sys.argv[1:]]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            results[way].append(json.loads(done.stdout.splitlines()[-1]))
    medians = {
        way: {key: statistics.median(row[key] for row in rows) for key in rows[0]}
        for way, rows in results.items()
    }
    base, plain = medians["none"]["forward_ms"], medians["torch"]["forward_ms"]
    print(
        "| | forward, ms (range over rounds) | to no profiler | to plain torch.profiler | stop, ms |"
    )
    print("|---|---|---|---|---|")
    for way in WAYS:
        times = [row["forward_ms"] for row in results[way]]
        now = medians[way]
        print(
            f"| {NAMES[way]} | {now['forward_ms']:.2f} ({min(times):.2f} to {max(times):.2f}) "
            f"| {now['forward_ms'] / base:.3f} | {now['forward_ms'] / plain:.3f} "
            f"| {now['stop_ms']:.0f} |"
        )
    if options.tiny:
        extra = (medians["layer"]["forward_ms"] - plain) / (TINY_MODULES + 1) * 1000
        print(f"\nA module call costs {extra:.2f} us more than under plain torch.profiler.")


def measure(options: argparse.Namespace) -> dict[str, float]:
    """Median time of a forward within one recording, and the time that leaving it takes."""
    import torch

    torch.set_num_threads(2)
    module, inputs = _tiny() if options.tiny else _small_encoder()
    with torch.inference_mode():
        for _ in range(3):
            module(inputs)
        manager = _manager(options.way, module, not options.no_memory, not options.no_shapes)
        times = []
        with manager as handle:
            step: Callable[[], None] = getattr(handle, "step", lambda: None)
            for _ in range(options.forwards):
                start = time.perf_counter()
                module(inputs)
                times.append(time.perf_counter() - start)
                step()
            start = time.perf_counter()
        stop = time.perf_counter() - start
    return {"forward_ms": statistics.median(times) * 1e3, "stop_ms": stop * 1e3}


def _manager(way: str, module: Any, memory: bool, shapes: bool) -> AbstractContextManager[Any]:
    if way == "none":
        return nullcontext()
    if way == "torch":
        from torch.profiler import ProfilerActivity, profile

        return profile(
            activities=[ProfilerActivity.CPU],
            profile_memory=memory,
            record_shapes=shapes,
            acc_events=True,
        )
    import samprof

    return samprof.profile(module, granularity=way, memory=memory, shapes=shapes)


def _small_encoder() -> tuple[Any, Any]:
    import torch

    from samprof.sam.models import build_sam

    encoder = build_sam("small").image_encoder
    return encoder, torch.randn(1, 3, encoder.img_size, encoder.img_size)


def _tiny() -> tuple[Any, Any]:
    import torch

    layers = [torch.nn.Identity() for _ in range(TINY_MODULES)]
    return torch.nn.Sequential(*layers), torch.ones(1)


if __name__ == "__main__":
    main()
