"""What recording costs: no profiler, plain torch.profiler and samprof on top of it, side by side.

The setups take turns within one process, round after round, so that a machine that slows down affects
all of them; each ratio is the median over rounds of the ratio within a round, with quartiles. Prints
markdown.

    python -m bench.recording              # the small SAM encoder, batch 1, at each granularity
    python -m bench.recording --ranges     # what the ranges add: every second forward has them
    python -m bench.recording --tiny       # the same with 300 tiny modules: the cost of a module call
    python -m bench.recording --options    # shapes, allocator events and stacks, each on and off
    python -m bench.recording --leaving    # from leaving the context to the table, and to the file
"""

import argparse
import os
import statistics
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path

from bench.encoders import Model, small_encoder, tiny_encoder
from bench.machine import describe
from bench.recording_tables import forward_times, interval, ratio, show_row, spread
from bench.recording_visits import (
    BLOCK,
    LAYER,
    NOTHING,
    OP,
    TORCH,
    Setup,
    Visits,
    size_of_file,
    size_of_trace,
    take_turns,
    visit,
)

TINY_MODULES = 300
LEAVING_FORWARDS = 100  # of the tiny encoder: about 100 thousand events


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    what = parser.add_mutually_exclusive_group()
    for run in (ranges, tiny, options, leaving):
        name = f"--{run.__name__}"
        what.add_argument(name, dest="run", action="store_const", const=run, help=run.__doc__)
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--forwards", type=int, default=8, help="per visit")
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
    """What samprof's ranges add to a real forward, and to one that takes hardly more than its ops."""
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
    plain, own = (replace(setup, then=size_of_trace) for setup in (TORCH, BLOCK))
    setups = [
        replace(setup, shapes=shapes, memory=memory)
        for shapes, memory in product((False, True), repeat=2)
        for setup in (plain, own)
    ]
    setups += [replace(setup, stacks=True) for setup in (plain, own)]
    for title, model in (("small", small_encoder()), ("tiny", tiny_encoder())):
        visits = take_turns([NOTHING, *setups], model, rounds, count)
        print(f"The {title} encoder, {count + 1} forwards a block:\n")
        print("| | recorded | forward, ms | to no profiler | leaving, ms | events | trace, MB |")
        print("|---|---|---|---|---|---|---|")
        for setup, seen in visits.items():
            kinds = [kind for kind in ("shapes", "memory", "stacks") if getattr(setup, kind)]
            sizes = [one.outcome or (0, 0) for one in seen]
            show_row(
                setup.title,
                ", ".join(kinds) or "ops only" if setup.profiled else "",
                spread(forward_times(seen), 2),
                ratio(forward_times(seen), forward_times(visits[NOTHING])),
                spread([one.leaving for one in seen], 0),
                f"{statistics.median(events for events, _ in sizes):.0f}",
                f"{statistics.median(size for _, size in sizes) / 1e6:.2f}",
            )
        print()


def leaving(rounds: int, count: int) -> None:
    """The time from leaving the context to the table, and to the file."""
    del count
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "trace.json.gz")
        setups = [
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
        visits = take_turns(setups, tiny_encoder(), rounds, LEAVING_FORWARDS)
        events, size = size_of_file(file)
    print(f"The trace: {events} events, {size / 1e6:.1f} MB of JSON.\n")
    print("| | leaving the block, s | from there to the result, s | together, s | to samprof's |")
    print("|---|---|---|---|---|")
    own = [[one.reached for one in visits[setup]] for setup in setups[:2]]
    for setup, peer in zip(setups, [*own, *own], strict=True):
        seen = visits[setup]
        show_row(
            setup.title,
            spread([one.leaving / 1e3 for one in seen], 2),
            spread([(one.reached - one.leaving) / 1e3 for one in seen], 2),
            spread([one.reached / 1e3 for one in seen], 2),
            ratio([one.reached for one in seen], peer),
        )


def show_added(
    title: str, model: Model, setups: Sequence[Setup], rounds: int, pairs: int, forwards: int = 1
) -> None:
    """Prints what the ranges add: pairs of forwards with and without them under one profiler."""
    import torch

    module, inputs = model
    other = torch.nn.Identity()
    print(f"The {title}; the last column is the median with its 95% interval:\n")
    print("| | ranges | forward without, ms | added, us | per range, us | of the forward, % |")
    print("|---|---|---|---|---|---|")
    for setup in setups:
        with setup.open(module) as recording:
            module(inputs)
        entered = int(recording.layers()["calls"].sum())
        without, added = [], []
        for number in range(rounds):
            # A recording of another module: samprof's profiler runs, and this module is left alone.
            with LAYER.open(other):
                module(inputs)
                order = (setup, NOTHING) if number % 2 else (NOTHING, setup)
                for _ in range(pairs):
                    times = {one: visit(one, model, forwards).forward for one in order}
                    without.append(times[NOTHING])
                    added.append((times[setup] - times[NOTHING]) * 1e3)
        show_row(
            setup.title,
            entered,
            spread(without, 2),
            spread(added, 0),
            spread([extra / entered for extra in added], 2),
            interval([extra / one / 10 for extra, one in zip(added, without, strict=True)], 2),
        )
    print()


def show_forwards(visits: Visits) -> None:
    """Prints how the forwards compare."""
    base, plain = forward_times(visits[NOTHING]), forward_times(visits[TORCH])
    print("| | forward, ms | to no profiler | to plain torch.profiler | leaving it, ms |")
    print("|---|---|---|---|---|")
    for setup, seen in visits.items():
        own = forward_times(seen)
        leaving_it = spread([one.leaving for one in seen], 0)
        show_row(setup.title, spread(own, 2), ratio(own, base), ratio(own, plain), leaving_it)


if __name__ == "__main__":
    main()
