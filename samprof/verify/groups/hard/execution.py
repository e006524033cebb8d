"""Hard cases of how a model is run: a backward, two streams, two threads, out of memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from threading import Thread

import torch
from torch import nn

from samprof.sweeps.measure.measure import is_out_of_memory
from samprof.trace import Trace
from samprof.verify.case import Case
from samprof.verify.check import Check, is_true, none_of, shown
from samprof.verify.groups.hard.recorded import device_check, recorded
from samprof.verify.session import VerifySession


def cases(session: VerifySession) -> Iterator[Case]:
    """Each with the seconds that it takes."""
    yield Case("backward", lambda: _backward(session), lambda: 3.0)
    yield Case("two streams", lambda: _two_streams(session), lambda: 3.0)
    yield Case("two threads", lambda: _two_threads(session), lambda: 3.0)
    yield Case("out of memory", lambda: _out_of_memory(session), lambda: 6.0)


def _backward(session: VerifySession) -> Iterator[Check]:
    encoder = session.short_encoder()
    pixels = session.images(encoder, 1)

    def step() -> None:
        encoder.zero_grad(set_to_none=True)
        encoder(pixels).sum().backward()

    found, trace = recorded(session, "backward", encoder, step, around=nullcontext())
    yield from found
    what = "backward: kernels of the backward belong to their blocks"
    yield device_check(session, what, trace, backward_in_blocks)


def backward_in_blocks(trace: Trace, what: str) -> Check:
    """Whether kernels of the backward belong to blocks."""
    kernels = trace.kernels("samprof")
    kernels = kernels[kernels["phase"] == "backward"]
    blocks = kernels["owner"].str.contains(".blocks.", regex=False)
    share = 100 * kernels.loc[blocks, "dur_ns"].sum() / max(kernels["dur_ns"].sum(), 1)
    note = f"{share:.0f}% of the backward's time is in blocks"
    return is_true(what, true=bool(blocks.any()), note=note)


def _two_streams(session: VerifySession) -> Iterator[Check]:
    encoder, device = (
        session.short_encoder(),
        session.device,
    )
    pixels = session.images(encoder, 1)

    def step() -> None:
        for stream in device.streams(2):
            with stream:
                encoder(pixels)
        device.synchronize()

    found, trace = recorded(session, "two streams", encoder, step)
    yield from found
    what = "two streams: the encoder owns kernels of both"
    yield device_check(session, what, trace, both_streams)


def both_streams(trace: Trace, what: str) -> Check:
    """Whether the encoder owns kernels of two streams."""
    kernels = trace.kernels("samprof")
    owned = kernels[kernels["owner"].str.startswith(trace.recorded["roots"][0])]
    streams = owned.groupby("stream")["dur_ns"].sum()
    note = ", ".join(f"{number}: {time} ns" for number, time in streams.items())
    return is_true(what, true=len(streams) >= 2, note=note)


def _two_threads(session: VerifySession) -> Iterator[Check]:
    names = ("one", "other")
    pair = nn.ModuleDict({name: session.short_encoder() for name in names})
    pixels = session.images(pair["one"], 1)
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
        session.device.synchronize()
        if errors:
            raise errors[0]

    found, trace = recorded(session, "two threads", pair, step, name="pair", granularity="layer")
    yield from found
    table = trace.layers("samprof").set_index("path")[f"{trace.time_source}_total_ns"]
    times = {path: int(table.get(path, 0)) for path in (f"pair.{name}.blocks.0" for name in names)}
    note = ", ".join(f"{path}: {ns} ns" for path, ns in times.items())
    what = "two threads: the layers of both are recorded"
    yield is_true(what, true=all(times.values()), note=note)


def _out_of_memory(session: VerifySession) -> Iterator[Check]:
    """A batch that fits nowhere fails inside a recording; the next recording is as good as the last."""
    encoder, batch = session.short_encoder(), session.scale.oom_batch
    pixels = session.images(encoder, 1)
    counts = {}
    for when in ("before", "after"):
        if when == "after":
            yield from _fails(session, encoder, pixels, batch)
            session.device.release()
        label = f"out of memory: recording {when}"
        found, trace = recorded(session, label, encoder, lambda: encoder(pixels))
        yield from found
        calls = trace.layers("samprof").set_index("path")["calls"]
        counts[when] = (len(trace.kernels("samprof")), calls.to_dict())
    note = f"{counts['before'][0]} and {counts['after'][0]} activities"
    same = counts["before"] == counts["after"]
    yield is_true(
        "out of memory: the same layers and kernels before and after", true=same, note=note
    )


def _fails(
    session: VerifySession, encoder: nn.Module, pixels: torch.Tensor, batch: int
) -> Iterator[Check]:
    many = pixels.expand(batch, *pixels.shape[1:])
    fits = True
    with torch.inference_mode(), session.profile(encoder) as recording:
        try:
            encoder(many)
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            fits = False  # the error itself is not stored: it holds the forward's tensors
    yield is_true(f"out of memory: batch {batch} does not fit", true=not fits)
    lost = recording.trace.check("samprof").lost_records
    yield none_of("out of memory: lost records of the forward that failed", lost, "launches")
    rows = len(recording.layers())
    yield shown("out of memory: rows of the forward that failed", rows, "rows")
