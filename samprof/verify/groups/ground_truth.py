"""Ground truth: do samprof's times of blocks agree with CUDA events around the same blocks?

Events are put into the stream before and after every block of an encoder that is not profiled. Between
two events lies the time from the end of what came before to the end of the block's last kernel: the
kernels, and the device's own gaps between them, which no sum of kernels contains. So each block's events
are compared with its span in samprof's trace, from the start of its first kernel to the end of its last;
at the largest batch, where gaps are small against kernels, also with the sum of its kernels. The same is
done for the whole forward.

If the device waited for the host, that time would be in the events and in no kernel. So the device is
kept busy first (`torch.cuda._sleep`) while forwards queue up behind it, and a block counts only if all
of it was queued before the device reached it. In every block, SAM's encoder makes index tensors on the
host and copies them, waiting for the device each time. In both runs they are made on the device here
(with torch's default device), or a queue would never hold a whole block.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterator

from samprof.trace import Trace
from samprof.trace.model.slicing import split_steps
from samprof.verify.case import Case
from samprof.verify.check import Check, Limit, limited, not_run, shown
from samprof.verify.event_timing import WHOLE, Times, by_events, host_seconds, parts_of
from samprof.verify.session import VerifySession

GROUP = "ground truth"
AGAINST = "against events"
_SHORTEST_NS = 100_000
_HOLD = 3  # how long the device is held, in times of the host; a profiled host is slower
_PROFILED_HOLD = 8
_LONGEST_S = (
    0.1  # of the host per forward: if it waits for room in the queue, the queue is full anyway
)


def cases(session: VerifySession) -> Iterator[Case]:
    """One per point."""
    for model, precision, batch in session.scale.ground_truth:
        label = f"{model} {precision} batch {batch}"
        forwards = 4 * session.scale.ground_truth_rounds + 2
        yield session.timed_case(
            label,
            (model, precision, batch),
            forwards,
            lambda point=(label, model, precision, batch): _point(session, *point),  # type: ignore[misc]
        )


def _point(
    session: VerifySession, label: str, model: str, precision: str, batch: int
) -> Iterator[Check]:
    encoder, device, rounds = (
        session.encoder(model, precision),
        session.device,
        session.scale.ground_truth_rounds,
    )
    with session.precision(precision), session.default_device():
        pixels = session.images(encoder, batch)
        session.warm_up(encoder, pixels, model, precision)
        host_s = min(host_seconds(device, encoder, pixels), _LONGEST_S)
        before, queued = by_events(device, encoder, pixels, rounds, _HOLD * host_s)

        def run() -> None:
            device.hold(_PROFILED_HOLD * host_s)
            encoder(pixels)

        recording = session.record_steps(encoder, run, rounds)
        after, queued_after = by_events(device, encoder, pixels, rounds, _HOLD * host_s)
    events = {name: before[name] + after[name] for name in {*before} & {*after}}
    share = 100 * (queued + queued_after) / 2
    trace = recording.trace
    spans, sums = by_samprof(trace, tuple(parts_of(encoder)))
    session.add_details(
        label, {"events_ns": events, "span_ns": spans, "sum_ns": sums, "queued": share}
    )
    yield limited(f"{label}: parts timed with the queue full", share, session.limits.queued, "%")
    root = trace.layers("samprof").iloc[0]
    if "launch_gap_ns" in root:
        waited = 100 * root["launch_gap_ns"] / max(root["device_total_ns"], 1)
        yield shown(f"{label}: waiting for launches while recording", waited, "% of device time")
    largest = batch == max(b for one, _, b in session.scale.ground_truth if one == model)
    for what, found, held in (("span", spans, True), ("kernels summed", sums, largest)):
        yield from _compared(session, f"{label}: {what} {AGAINST}", found, events, held=held)


def _compared(
    session: VerifySession, what: str, found: Times, events: Times, *, held: bool
) -> Iterator[Check]:
    """Median over the blocks, and the whole forward; `held` says whether the limits apply."""
    block, forward = session.limits.block_time, session.limits.forward_time
    percent = differences(found, events)
    whole = percent.pop(WHOLE, None)
    if not percent:
        yield not_run(f"{what}, blocks", "none over 100 us that was timed with the queue full")
    else:
        middle = statistics.median(map(abs, percent.values()))
        note = f"{len(percent)} parts, {min(percent.values()):+.2f} to {max(percent.values()):+.2f}"
        yield limited(f"{what}, blocks", middle, _if(held, block), "%", note)
    if whole is None:
        yield not_run(f"{what}, forward", "the queue ran empty")
    else:
        yield limited(f"{what}, forward", abs(whole), _if(held, forward), "%", f"{whole:+.2f}")


def _if(held: bool, limit: Limit | None) -> Limit | None:
    return limit if held else None


def differences(found: Times, events: Times) -> dict[str, float]:
    """Part -> percent by which its median differs from that of the events; only parts over 100 us."""
    percent = {}
    for name, times in events.items():
        true = statistics.median(times)
        if name in found and true >= _SHORTEST_NS:
            percent[name] = 100 * (statistics.median(found[name]) - true) / true
    return percent


def by_samprof(trace: Trace, names: tuple[str, ...]) -> tuple[Times, Times]:
    """Span and sum of the kernels of each part and of the whole, one per recorded forward.

    Without a device both are the time that the part's range took on the host.
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
