"""Setups of a profiler, and how they take turns: one visit is some forwards in one context."""

import gc
import gzip
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.encoders import Model


@dataclass(frozen=True, slots=True)
class Setup:
    """How forwards are recorded, and what happens afterwards.

    Attributes:
        title: the row's name.
        profiled: whether there is a profiler at all.
        granularity: samprof's; None for plain torch.profiler.
        memory: record allocator events.
        shapes: record shapes.
        stacks: record Python stacks.
        then: called with what the context gave, after it is left.
    """

    title: str
    profiled: bool = True
    granularity: Any = None
    memory: bool = True
    shapes: bool = True
    stacks: bool = False
    then: Callable[[Any], Any] | None = None

    def open(self, module: Any) -> AbstractContextManager[Any]:
        """The context in which forwards are recorded."""
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


NOTHING = Setup("no profiler", profiled=False)
TORCH = Setup("plain torch.profiler")
BLOCK, LAYER, OP = (
    Setup(f"samprof, granularity {name}", granularity=name) for name in ("block", "layer", "op")
)


@dataclass(frozen=True, slots=True)
class Visit:
    """Forwards in one context.

    Attributes:
        forward: milliseconds of the median forward.
        leaving: milliseconds from the end of the last forward until the context is left.
        reached: milliseconds from the end of the last forward until `then` is done.
        outcome: what `then` returned.
    """

    forward: float
    leaving: float
    reached: float
    outcome: Any


Visits = dict[Setup, list[Visit]]


def take_turns(setups: Sequence[Setup], model: Model, rounds: int, count: int) -> Visits:
    """Visits every setup once per round, after a round that warms up."""
    visits: Visits = {setup: [] for setup in setups}
    for number in range(rounds + 1):
        for setup in setups:
            gc.collect()
            seen = visit(setup, model, count)
            if number:
                visits[setup].append(seen)
    return visits


def visit(setup: Setup, model: Model, count: int) -> Visit:
    """The given number of forwards in one context, and what happens afterwards."""
    module, inputs = model
    times = []
    with setup.open(module) as handle:
        if count > 1:  # the first one starts the profiler
            module(inputs)
        for _ in range(count):
            start = time.perf_counter()
            module(inputs)
            end = time.perf_counter()
            times.append(end - start)
    left = time.perf_counter()
    outcome = setup.then(handle) if setup.then else None
    reached = time.perf_counter()
    forward = statistics.median(times)
    return Visit(forward * 1e3, (left - end) * 1e3, (reached - end) * 1e3, outcome)


def size_of_trace(handle: Any) -> tuple[int, int]:
    """Events and uncompressed bytes of what was recorded."""
    with tempfile.TemporaryDirectory() as folder:
        if hasattr(handle, "save"):
            file = handle.save(folder)
        else:
            file = Path(folder, "trace.json.gz")
            handle.export_chrome_trace(str(file))
        return size_of_file(file)


def size_of_file(file: Path) -> tuple[int, int]:
    """Events and uncompressed bytes of a gz trace."""
    text = gzip.decompress(file.read_bytes())
    return text.count(b'"ph":'), len(text)
