"""Ground truth: do samprof's times of blocks agree with CUDA events around the same blocks?

Events are put into the stream before and after every block of an encoder that nobody profiles. What
lies between two events is the time from the end of what came before to the end of the block's last
kernel: the kernels and the device's own gaps between them, of which no sum of kernels can know. So
each block's events are compared with its span in samprof's trace, from the start of its first kernel
to the end of its last, kernels known by their owner; at the largest batch, where gaps are small
against kernels, with the sum of its kernels as well. The whole forward likewise.

Time in which the device waited for the host would be in the events and in no kernel. So the device is
kept busy first (`torch.cuda._sleep`) while forwards queue up behind; and a block counts only if the
device had not reached its start when its end was already queued. SAM's encoder makes index tensors on
the host and copies them, waiting for the device each time, in every block: here, in both runs, they
are made on the device (torch's default device), or no queue would ever hold a block.
"""

from __future__ import annotations

import statistics
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn

from bench.gpu.check import Check, Limit, not_run, shown, within
from bench.gpu.device import Cpu
from bench.gpu.kit import Case, Kit
from samprof.trace import Trace
from samprof.trace.window import split_steps

GROUP = "truth"
WHOLE = ""
_SHORTEST_NS = 100_000
_PATIENCE = 3  # how much longer than the host needs the device is held; a profiled host needs more
_PROFILED_PATIENCE = 8
_LONGEST_S = 0.1  # of the host a forward: where it waits for room in the queue, that is full anyway

Times = Mapping[str, list[float]]
"""Name below the encoder -> nanoseconds, one a forward; `WHOLE` is the encoder."""


def cases(kit: Kit) -> Iterator[Case]:
    """One a point."""
    for model, mode, batch in kit.scale.truth:
        label = f"{model} {mode} batch {batch}"
        forwards = 4 * kit.scale.truth_rounds
        yield kit.paced(
            label,
            (model, mode, batch),
            forwards,
            lambda point=(label, model, mode, batch): _point(kit, *point),  # type: ignore[misc]
        )


@dataclass
class Marks:
    """Marks around pieces in one forward.

    Attributes:
        around: piece -> its first and last mark.
        behind: piece -> whether the device had still to reach it when all of it was queued.
    """

    around: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    behind: dict[str, bool] = field(default_factory=dict)


def pieces_of(encoder: Any) -> dict[str, nn.Module]:
    """The parts of an encoder that follow each other."""
    blocks = {f"blocks.{number}": block for number, block in enumerate(encoder.blocks)}
    return {"patch_embed": encoder.patch_embed, **blocks, "neck": encoder.neck}


def _point(kit: Kit, label: str, model: str, mode: str, batch: int) -> Iterator[Check]:
    encoder, device, rounds = kit.encoder(model, mode), kit.device, kit.scale.truth_rounds
    with kit.mode(mode), kit.default_device():
        pixels = kit.images(encoder, batch)
        host_s = min(_host_seconds(device, encoder, pixels), _LONGEST_S)
        before, proven = by_events(device, encoder, pixels, rounds, _PATIENCE * host_s)

        def run() -> None:
            device.hold(_PROFILED_PATIENCE * host_s)
            encoder(pixels)

        recording = kit.record_steps(encoder, run, rounds)
        after, proven_after = by_events(device, encoder, pixels, rounds, _PATIENCE * host_s)
    events = {name: before[name] + after[name] for name in {*before} & {*after}}
    share = 100 * (proven + proven_after) / 2
    trace = recording.trace
    spans, sums = by_samprof(trace, tuple(pieces_of(encoder)))
    kit.keep(label, {"events_ns": events, "span_ns": spans, "sum_ns": sums, "proven": share})
    yield within(f"{label}: pieces timed with the queue full", share, kit.limits.proven, "%")
    root = trace.layers("samprof").iloc[0]
    if "launch_gap_ns" in root:
        waited = 100 * root["launch_gap_ns"] / max(root["device_total_ns"], 1)
        yield shown(f"{label}: waiting for launches while recorded", waited, "% of device time")
    largest = batch == max(b for one, _, b in kit.scale.truth if one == model)
    for what, found, held in (("span", spans, True), ("kernels summed", sums, largest)):
        yield from _compared(kit, f"{label}: {what} against events", found, events, held=held)


def _compared(kit: Kit, what: str, found: Times, events: Times, *, held: bool) -> Iterator[Check]:
    """Median over the blocks, and the whole forward; limits count where the figure is held to them."""
    block, forward = kit.limits.block_time, kit.limits.forward_time
    off = differences(found, events)
    whole = off.pop(WHOLE, None)
    if not off:
        yield not_run(f"{what}, blocks", "none over 100 us whose queue was full")
    else:
        middle = statistics.median(map(abs, off.values()))
        note = f"{len(off)} pieces, {min(off.values()):+.2f} to {max(off.values()):+.2f}"
        yield within(f"{what}, blocks", middle, _if(held, block), "%", note)
    if whole is None:
        yield not_run(f"{what}, forward", "its queue ran empty")
    else:
        yield within(f"{what}, forward", abs(whole), _if(held, forward), "%", f"{whole:+.2f}")


def _if(held: bool, limit: Limit | None) -> Limit | None:
    return limit if held else None


def differences(found: Times, events: Times) -> dict[str, float]:
    """Piece -> percent by which the median found differs from that of the events, where over 100 us."""
    off = {}
    for name, times in events.items():
        true = statistics.median(times)
        if name in found and true >= _SHORTEST_NS:
            off[name] = 100 * (statistics.median(found[name]) - true) / true
    return off


def by_events(
    device: Cpu, encoder: Any, pixels: Tensor, rounds: int, hold_s: float
) -> tuple[dict[str, list[float]], float]:
    """Times between events, nobody profiling; and the share of pieces whose queue was full."""
    times: dict[str, list[float]] = defaultdict(list)
    behind = total = 0
    for _ in range(rounds):
        marks = Marks()
        with _marked(device, encoder, marks):
            device.synchronize()
            device.hold(hold_s)
            start = device.mark()
            encoder(pixels)
            end = device.mark()
            device.synchronize()
        for name, (first, last) in marks.around.items():
            if marks.behind[name]:
                times[name].append(device.ns_between(first, last))
        behind, total = behind + sum(marks.behind.values()), total + len(marks.behind)
        if all(marks.behind.values()):
            times[WHOLE].append(device.ns_between(start, end))
    return times, behind / total


@contextmanager
def _marked(device: Cpu, encoder: Any, marks: Marks) -> Iterator[None]:
    """Marks around every piece, until the block ends."""
    with ExitStack() as undo:
        starts = {}
        for name, piece in pieces_of(encoder).items():

            def before(*_: Any, name: str = name) -> None:
                starts[name] = device.mark()

            def after(*_: Any, name: str = name) -> None:
                marks.around[name] = (starts[name], device.mark())
                marks.behind[name] = not device.passed(starts[name])

            undo.callback(piece.register_forward_pre_hook(before).remove)
            undo.callback(piece.register_forward_hook(after).remove)
        yield


def by_samprof(trace: Trace, names: tuple[str, ...]) -> tuple[Times, Times]:
    """Span and sum of the kernels of each piece and of the whole, one a recorded forward.

    Without a device both are the time that the piece's range took on the host.
    """
    spans: dict[str, list[float]] = defaultdict(list)
    sums: dict[str, list[float]] = defaultdict(list)
    root = trace.recorded["roots"][0]
    paths = {WHOLE: root, **{name: f"{root}.{name}" for name in names}}
    if not trace.has_device_time:
        for number, step in split_steps(trace):
            if number > 0:
                host = step.layers("samprof").set_index("path")["cpu_total_ns"]
                for name, path in paths.items():
                    if path in host:
                        spans[name].append(float(host[path]))
        return spans, spans
    kernels = trace.kernels("samprof")
    kernels["end_ns"] = kernels["ts_ns"] + kernels["dur_ns"]
    owner = kernels["owner"]
    for name, path in paths.items():
        mine = kernels[(owner == path) | owner.str.startswith(f"{path}.")]
        for step, group in mine.groupby("step"):
            if step > 0:
                spans[name].append(float(group["end_ns"].max() - group["ts_ns"].min()))
                sums[name].append(float(group["dur_ns"].sum()))
    return spans, sums


def _host_seconds(device: Cpu, encoder: Any, pixels: Tensor) -> float:
    """What the host needs to queue a forward; a held device makes it wait for room, so none is held."""
    for _ in range(2):
        device.synchronize()
        start = time.perf_counter()
        encoder(pixels)
        queued = time.perf_counter() - start
    device.synchronize()
    return queued
