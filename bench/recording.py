"""What recording costs: no profiler, plain torch.profiler and samprof on top of it, side by side.

The ways take turns within one process, round after round, so that a machine that slows down slows all of
them; each ratio is the median over rounds of the ratio within a round, with quartiles. Prints markdown.

    python -m bench.recording              # the small SAM encoder, batch 1, at each granularity
    python -m bench.recording --ranges     # what the ranges add: every second forward has them
    python -m bench.recording --tiny       # the same with 300 tiny modules: the cost of a module call
    python -m bench.recording --options    # shapes, allocator events and stacks, each on and off
    python -m bench.recording --leaving    # from leaving the block to the table, and to the file
"""

import argparse
import gc
import gzip
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

from bench._machine import describe

TINY_MODULES = 300
LEAVING_FORWARDS = 100  # of the tiny encoder: about 100 thousand events
Model = tuple[Any, Any]
"""A module and its input."""


@dataclass(frozen=True, slots=True)
class Way:
    """How forwards are recorded, and what follows.

    Attributes:
        title: the row's name.
        profiled: whether a profiler runs at all.
        granularity: samprof's; None is plain torch.profiler.
        memory: record allocator events.
        shapes: record shapes.
        stacks: record Python stacks.
        then: called with what the block gave, once it is left.
    """

    title: str
    profiled: bool = True
    granularity: Any = None
    memory: bool = True
    shapes: bool = True
    stacks: bool = False
    then: Callable[[Any], Any] | None = None

    def open(self, module: Any) -> AbstractContextManager[Any]:
        """The block."""
        if not self.profiled:
            return nullcontext()
        if self.granularity is None:
            import torch

            return torch.profiler.profile(
                activities=[torch.profiler.ProfilerActivity.CPU],
                profile_memory=self.memory,
                record_shapes=self.shapes,
                with_stack=self.stacks,
            )
        import samprof

        return samprof.profile(
            module,
            granularity=self.granularity,
            memory=self.memory,
            shapes=self.shapes,
            stacks=self.stacks,
        )


NOTHING = Way("no profiler", profiled=False)
TORCH = Way("plain torch.profiler")
BLOCK, LAYER, OP = (
    Way(f"samprof, granularity {name}", granularity=name) for name in ("block", "layer", "op")
)


@dataclass(frozen=True, slots=True)
class Visit:
    """One block.

    Attributes:
        forward: milliseconds of the median forward in it.
        leaving: milliseconds from the end of the last forward until the block is left.
        reached: milliseconds from the end of the last forward until what follows is done.
        outcome: what that gave.
    """

    forward: float
    leaving: float
    reached: float
    outcome: Any


Visits = dict[Way, list[Visit]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    what = parser.add_mutually_exclusive_group()
    for run in (ranges, tiny, options, leaving):
        name = f"--{run.__name__}"
        what.add_argument(name, dest="run", action="store_const", const=run, help=run.__doc__)
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--forwards", type=int, default=8, help="a block")
    given = parser.parse_args()
    command = " ".join(["python", "-m", "bench.recording", *sys.argv[1:]])
    print(describe(command, ("torch", "isal")))
    os.environ.setdefault("KINETO_LOG_LEVEL", "99")  # read when torch loads

    import torch

    with torch.inference_mode():
        (given.run or forwards)(given.rounds, given.forwards)


def forwards(rounds: int, count: int) -> None:
    """The wall time of a real forward."""
    show_forwards(take_turns([NOTHING, TORCH, BLOCK, LAYER, OP], small_encoder(), rounds, count))


def ranges(rounds: int, count: int) -> None:
    """What samprof's ranges add to a forward: a real one, and one that is hardly more than its ops."""
    show_added("small encoder", small_encoder(), [BLOCK, LAYER, OP], rounds, count)
    show_added("tiny encoder", tiny_encoder(), [BLOCK, LAYER, OP], rounds, count, forwards=10)


def tiny(rounds: int, count: int) -> None:
    """What a module call costs."""
    import torch

    module = torch.nn.Sequential(*[torch.nn.Identity() for _ in range(TINY_MODULES)])
    title = f"chain of {TINY_MODULES} modules that do nothing"
    show_added(title, (module, torch.ones(1)), [LAYER], rounds, count, forwards=10)


def options(rounds: int, count: int) -> None:
    """What shapes, allocator events and stacks cost."""
    plain, own = (replace(way, then=size_of_trace) for way in (TORCH, BLOCK))
    ways = [
        replace(way, shapes=shapes, memory=memory)
        for shapes, memory in product((False, True), repeat=2)
        for way in (plain, own)
    ]
    ways += [replace(way, stacks=True) for way in (plain, own)]
    for title, model in (("small", small_encoder()), ("tiny", tiny_encoder())):
        visits = take_turns([NOTHING, *ways], model, rounds, count)
        print(f"The {title} encoder, {count + 1} forwards a block:\n")
        print("| | recorded | forward, ms | to no profiler | leaving, ms | events | trace, MB |")
        print("|---|---|---|---|---|---|---|")
        for way, seen in visits.items():
            kinds = [kind for kind in ("shapes", "memory", "stacks") if getattr(way, kind)]
            sizes = [one.outcome or (0, 0) for one in seen]
            show_row(
                way.title,
                ", ".join(kinds) or "ops only" if way.profiled else "",
                spread(forward_times(seen), 2),
                ratio(forward_times(seen), forward_times(visits[NOTHING])),
                spread([one.leaving for one in seen], 0),
                f"{statistics.median(events for events, _ in sizes):.0f}",
                f"{statistics.median(size for _, size in sizes) / 1e6:.2f}",
            )
        print()


def leaving(rounds: int, count: int) -> None:
    """From leaving the block to the table, and to the file."""
    del count
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "trace.json.gz")
        ways = [
            replace(OP, title="samprof: layers()", then=lambda own: own.layers()),
            replace(OP, title="samprof: save()", then=lambda own: own.save(folder)),
            replace(
                TORCH,
                title="plain torch.profiler: key_averages().table()",
                then=lambda plain: plain.key_averages().table(),
            ),
            replace(
                TORCH,
                title='plain torch.profiler: export_chrome_trace("….json.gz")',
                then=lambda plain: plain.export_chrome_trace(str(file)),
            ),
        ]
        visits = take_turns(ways, tiny_encoder(), rounds, LEAVING_FORWARDS)
        events, size = size_of_file(file)
    print(f"The trace: {events} events, {size / 1e6:.1f} MB of JSON.\n")
    print("| | leaving the block, s | from there to the result, s | together, s | to samprof's |")
    print("|---|---|---|---|---|")
    own = [[one.reached for one in visits[way]] for way in ways[:2]]
    for way, peer in zip(ways, [*own, *own], strict=True):
        seen = visits[way]
        show_row(
            way.title,
            spread([one.leaving / 1e3 for one in seen], 2),
            spread([(one.reached - one.leaving) / 1e3 for one in seen], 2),
            spread([one.reached / 1e3 for one in seen], 2),
            ratio([one.reached for one in seen], peer),
        )


def show_added(
    title: str, model: Model, ways: Sequence[Way], rounds: int, pairs: int, forwards: int = 1
) -> None:
    """Prints what the ranges add, from pairs under one profiler of forwards with and without them."""
    import torch

    module, inputs = model
    other = torch.nn.Identity()
    print(f"The {title}; the last column is the median with its 95% interval:\n")
    print("| | ranges | forward without, ms | added, us | a range, us | of the forward, % |")
    print("|---|---|---|---|---|---|")
    for way in ways:
        with way.open(module) as recording:
            module(inputs)
        entered = int(recording.layers()["calls"].sum())
        without, added = [], []
        for number in range(rounds):
            # Another module's recording: samprof's own profiler, and nothing of it on this module.
            with LAYER.open(other):
                module(inputs)
                order = (way, NOTHING) if number % 2 else (NOTHING, way)
                for _ in range(pairs):
                    times = {one: visit(one, model, forwards).forward for one in order}
                    without.append(times[NOTHING])
                    added.append((times[way] - times[NOTHING]) * 1e3)
        show_row(
            way.title,
            entered,
            spread(without, 2),
            spread(added, 0),
            spread([extra / entered for extra in added], 2),
            certain([extra / one / 10 for extra, one in zip(added, without, strict=True)], 2),
        )
    print()


def take_turns(ways: Sequence[Way], model: Model, rounds: int, count: int) -> Visits:
    """Visits every way once a round; a first round warms up."""
    visits: Visits = {way: [] for way in ways}
    for number in range(rounds + 1):
        for way in ways:
            gc.collect()
            seen = visit(way, model, count)
            if number:
                visits[way].append(seen)
    return visits


def visit(way: Way, model: Model, count: int) -> Visit:
    """So many forwards in a block, and what follows it."""
    module, inputs = model
    times = []
    with way.open(module) as handle:
        if count > 1:  # the first one gets the profiler going
            module(inputs)
        for _ in range(count):
            start = time.perf_counter()
            module(inputs)
            end = time.perf_counter()
            times.append(end - start)
    left = time.perf_counter()
    outcome = way.then(handle) if way.then else None
    reached = time.perf_counter()
    forward = statistics.median(times)
    return Visit(forward * 1e3, (left - end) * 1e3, (reached - end) * 1e3, outcome)


def size_of_trace(handle: Any) -> tuple[int, int]:
    """Events and bytes of what was recorded."""
    with tempfile.TemporaryDirectory() as folder:
        if hasattr(handle, "save"):
            file = handle.save(folder)
        else:
            file = Path(folder, "trace.json.gz")
            handle.export_chrome_trace(str(file))
        return size_of_file(file)


def size_of_file(file: Path) -> tuple[int, int]:
    """Events and plain bytes of a gz trace."""
    text = gzip.decompress(file.read_bytes())
    return text.count(b'"ph":'), len(text)


def show_forwards(visits: Visits) -> None:
    """Prints how the forwards compare."""
    base, plain = forward_times(visits[NOTHING]), forward_times(visits[TORCH])
    print("| | forward, ms | to no profiler | to plain torch.profiler | leaving it, ms |")
    print("|---|---|---|---|---|")
    for way, seen in visits.items():
        own = forward_times(seen)
        leaving_it = spread([one.leaving for one in seen], 0)
        show_row(way.title, spread(own, 2), ratio(own, base), ratio(own, plain), leaving_it)


def show_row(*cells: object) -> None:
    print(f"| {' | '.join(str(cell) for cell in cells)} |")


def forward_times(visits: Sequence[Visit]) -> list[float]:
    return [one.forward for one in visits]


def ratio(own: Sequence[float], other: Sequence[float]) -> str:
    """Median and quartiles of the ratios within the rounds."""
    return spread([one / base for one, base in zip(own, other, strict=True)], 3)


def spread(values: Sequence[float], digits: int) -> str:
    """Median and quartiles."""
    low, middle, high = statistics.quantiles(values, n=4) if len(values) > 1 else [*values] * 3
    return f"{middle:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def certain(values: Sequence[float], digits: int) -> str:
    """Median, and the interval that the true one lies in with 95%: between these ranks (binomial)."""
    ranked = sorted(values)
    middle, half = len(ranked) / 2, 0.98 * len(ranked) ** 0.5
    low, high = (
        ranked[max(round(middle - half) - 1, 0)],
        ranked[min(round(middle + half), len(ranked) - 1)],
    )
    return f"{statistics.median(ranked):.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def small_encoder() -> Model:
    """SAM's image encoder as `samprof sweep` takes it where there is no GPU."""
    import torch

    from samprof.sam.models import build_sam

    encoder = build_sam("small").image_encoder
    return encoder, torch.randn(1, 3, encoder.img_size, encoder.img_size)


def tiny_encoder() -> Model:
    """SAM's image encoder with all its parts, so small that its ops take less than recording them."""
    import torch
    from segment_anything.modeling.image_encoder import ImageEncoderViT

    encoder = ImageEncoderViT(
        img_size=64,
        embed_dim=32,
        depth=2,
        num_heads=2,
        out_chans=16,
        use_rel_pos=True,
        window_size=3,
        global_attn_indexes=(1,),
    )
    return encoder.eval(), torch.randn(1, 3, 64, 64)


if __name__ == "__main__":
    main()
