"""What recording costs: no profiler, plain torch.profiler, and samprof on top of it, side by side.

The ways take turns within one process, round after round, so that a machine that slows down slows all of
them; each ratio is the median over rounds of the ratio within a round. Prints a markdown table.

    python bench/recording.py                 # the small SAM encoder, batch 1
    python bench/recording.py --tiny          # 300 tiny modules: the cost of a module call
"""

import argparse
import statistics
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

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
    parser.add_argument("--tiny", action="store_true", help="300 tiny modules instead of SAM")
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--forwards", type=int, default=8)
    parser.add_argument("--no-memory", action="store_true", help="without allocator events")
    parser.add_argument("--no-shapes", action="store_true", help="without shapes")
    options = parser.parse_args()

    import torch

    module, inputs = _tiny() if options.tiny else _small_encoder()
    forwards: dict[str, list[float]] = {way: [] for way in NAMES}
    stops: dict[str, list[float]] = {way: [] for way in NAMES}
    with torch.inference_mode():
        for number in range(options.rounds + 1):
            for way in NAMES:
                manager = _manager(way, module, not options.no_memory, not options.no_shapes)
                forward, stop = measure(manager, module, inputs, options.forwards)
                if number:  # the first round warms up
                    forwards[way].append(forward)
                    stops[way].append(stop)
    show(forwards, stops, options.tiny)


def measure(
    manager: AbstractContextManager[Any], module: Any, inputs: Any, count: int
) -> tuple[float, float]:
    """Milliseconds of the median forward inside the context, and of leaving it."""
    times = []
    with manager as handle:
        step: Callable[[], None] = getattr(handle, "step", lambda: None)
        module(inputs)
        for _ in range(count):
            start = time.perf_counter()
            module(inputs)
            times.append(time.perf_counter() - start)
            step()
        start = time.perf_counter()
    return statistics.median(times) * 1e3, (time.perf_counter() - start) * 1e3


def show(forwards: dict[str, list[float]], stops: dict[str, list[float]], tiny: bool) -> None:
    """Prints the table."""
    print("| | forward, ms | to no profiler | to plain torch.profiler | leaving it, ms |")
    print("|---|---|---|---|---|")
    for way, times in forwards.items():
        print(
            f"| {NAMES[way]} | {statistics.median(times):.2f} | {_ratio(times, forwards['none'])} "
            f"| {_ratio(times, forwards['torch'])} | {statistics.median(stops[way]):.0f} |"
        )
    if tiny:
        extra = [
            (own - plain) / (TINY_MODULES + 1) * 1e3
            for own, plain in zip(forwards["layer"], forwards["torch"], strict=True)
        ]
        print(
            f"\nA module call costs {statistics.median(extra):.2f} us more than under plain "
            "torch.profiler (median over rounds)."
        )


def _ratio(times: list[float], base: list[float]) -> str:
    """Median and quartiles of the ratios within the rounds."""
    ratios = [own / other for own, other in zip(times, base, strict=True)]
    low, middle, high = statistics.quantiles(ratios, n=4)
    return f"{middle:.3f} ({low:.3f} to {high:.3f})"


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
