"""Hard cases: what a profiler may lose or count twice, each on a short encoder.

In every case the books of the recording must be exact and nothing lost; then comes what the case
itself promises. Promises on kernels (phase, streams) can be kept only where there are kernels.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from threading import Thread
from typing import Any

import torch
from torch import nn

import samprof
from bench.gpu.books import books_of
from bench.gpu.check import Check, failed, holds, none_of, not_run, shown
from bench.gpu.kit import NEEDS_CUDA, Case, Kit
from samprof.sweep.measure import is_out_of_memory
from samprof.trace import Trace

GROUP = "hard cases"
Forward = Callable[[], Any]


def cases(kit: Kit) -> Iterator[Case]:
    """All of them; those whose compilers take long come last."""
    from bench.gpu import hard_attention, hard_compiled

    yield Case("backward", lambda: _backward(kit), lambda: 4.0)
    yield Case("two streams", lambda: _two_streams(kit), lambda: 4.0)
    yield Case("two threads", lambda: _two_threads(kit), lambda: 4.0)
    yield Case("out of memory", lambda: _out_of_memory(kit), lambda: 6.0)
    yield from hard_attention.cases(kit)
    yield from hard_compiled.cases(kit)


def recorded(
    kit: Kit,
    label: str,
    module: nn.Module,
    run: Forward,
    *,
    around: AbstractContextManager[Any] | None = None,
    **options: Any,
) -> tuple[list[Check], Trace]:
    """The checks of a case's books, and its trace.

    Args:
        kit: the kit.
        label: the case.
        module: what is recorded.
        run: one step.
        around: what everything runs in; without gradients if not given.
        options: of `samprof.profile`.
    """
    with around or torch.inference_mode(), tempfile.TemporaryDirectory() as folder:
        run()
        recording = kit.record(module, run, **options)
        books = books_of(recording.save(folder))
        trace: Trace = recording.trace
    kit.keep(label, {"kernels": dict(books.kernels), "time_ns": books.events_ns})
    return list(books.checks(label, kit.limits)), trace


def promised(kit: Kit, what: str, trace: Trace, promise: Callable[[Trace, str], Check]) -> Check:
    """What a case promises of its kernels; on a CPU there are none to hold it to."""
    if trace.has_device_time:
        return promise(trace, what)
    if kit.device.is_gpu:
        return failed(what, "the trace holds no kernels")
    return not_run(what, NEEDS_CUDA)


def _backward(kit: Kit) -> Iterator[Check]:
    encoder = kit.fresh(kit.scale.main, kit.scale.cut)
    pixels = kit.images(encoder, 1)

    def step() -> None:
        encoder.zero_grad(set_to_none=True)
        encoder(pixels).sum().backward()

    found, trace = recorded(kit, "backward", encoder, step, around=nullcontext())
    yield from found
    what = "backward: kernels of the backward are their blocks'"
    yield promised(kit, what, trace, backward_in_blocks)


def backward_in_blocks(trace: Trace, what: str) -> Check:
    """Whether kernels of the backward belong to blocks."""
    kernels = trace.kernels("samprof")
    kernels = kernels[kernels["phase"] == "backward"]
    blocks = kernels["owner"].str.contains(".blocks.", regex=False)
    share = 100 * kernels.loc[blocks, "dur_ns"].sum() / max(kernels["dur_ns"].sum(), 1)
    note = f"{share:.0f}% of the backward's time is in blocks"
    return holds(what, true=bool(blocks.any()), note=note)


def _two_streams(kit: Kit) -> Iterator[Check]:
    encoder, device = kit.fresh(kit.scale.main, kit.scale.cut), kit.device
    pixels = kit.images(encoder, 1)

    def step() -> None:
        for stream in device.streams(2):
            with stream:
                encoder(pixels)
        device.synchronize()

    found, trace = recorded(kit, "two streams", encoder, step)
    yield from found
    what = "two streams: both are there, owned by the encoder"
    yield promised(kit, what, trace, both_streams)


def both_streams(trace: Trace, what: str) -> Check:
    """Whether the encoder owns kernels of two streams."""
    kernels = trace.kernels("samprof")
    owned = kernels[kernels["owner"].str.startswith(trace.recorded["roots"][0])]
    streams = owned.groupby("stream")["dur_ns"].sum()
    note = ", ".join(f"{number}: {time} ns" for number, time in streams.items())
    return holds(what, true=len(streams) >= 2, note=note)


def _two_threads(kit: Kit) -> Iterator[Check]:
    names = ("one", "other")
    pair = nn.ModuleDict({name: kit.fresh(kit.scale.main, kit.scale.cut) for name in names})
    pixels = kit.images(pair["one"], 1)
    errors: list[BaseException] = []

    def forward(name: str) -> None:
        try:
            with torch.inference_mode():  # of this thread
                pair[name](pixels)
        except Exception as error:
            errors.append(error)

    def step() -> None:
        threads = [Thread(target=forward, args=(name,)) for name in names]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        kit.device.synchronize()
        if errors:
            raise errors[0]

    found, trace = recorded(kit, "two threads", pair, step, name="pair", granularity="layer")
    yield from found
    table = trace.layers("samprof").set_index("path")[f"{trace.clock}_total_ns"]
    times = {path: int(table.get(path, 0)) for path in (f"pair.{name}.blocks.0" for name in names)}
    note = ", ".join(f"{path}: {ns} ns" for path, ns in times.items())
    what = "two threads: the layers of both are there"
    yield holds(what, true=all(times.values()), note=note)


def _out_of_memory(kit: Kit) -> Iterator[Check]:
    """A batch that fits nowhere fails inside a recording; the one after it is as good as before."""
    encoder, batch = kit.fresh(kit.scale.main, kit.scale.cut), kit.scale.oom_batch
    pixels = kit.images(encoder, 1)
    counts = {}
    for when in ("before", "after"):
        if when == "after":
            yield from _fails(encoder, pixels, batch)
            kit.device.release()
        label = f"out of memory: recording {when}"
        found, trace = recorded(kit, label, encoder, lambda: encoder(pixels))
        yield from found
        calls = trace.layers("samprof").set_index("path")["calls"]
        counts[when] = (len(trace.kernels("samprof")), calls.to_dict())
    note = f"{counts['before'][0]} and {counts['after'][0]} activities"
    same = counts["before"] == counts["after"]
    yield holds("out of memory: the same layers and kernels after it", true=same, note=note)


def _fails(encoder: nn.Module, pixels: torch.Tensor, batch: int) -> Iterator[Check]:
    many = pixels.expand(batch, *pixels.shape[1:])
    fits = True
    with torch.inference_mode(), samprof.profile(encoder) as recording:
        try:
            encoder(many)
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            fits = False  # and not the error itself: it holds the forward's tensors
    yield holds(f"out of memory: batch {batch} does not fit", true=not fits)
    lost = recording.trace.check("samprof").lost_records
    yield none_of("out of memory: lost records of the forward that failed", lost, "launches")
    rows = len(recording.layers())
    yield shown("out of memory: rows of the forward that failed", rows, "rows")
