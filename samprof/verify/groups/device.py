"""The device: started before anything is paced, and whether its profiler loses the first kernels.

What starts once in a process (CUDA's context, cuBLAS, CUPTI) is paid for here, so that the first point
of another group does not take it for the pace of its images. Then the same work is recorded in four
sessions: CUPTI of CUDA 12.6 Update 2 to 13.0 loses the first kernels of a session, one more each time,
unless other kernels run first (`samprof.record.start`). When all groups have run, what held the device
back meanwhile is judged: times of a GPU that heat slowed down are those of another one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import torch

from samprof.record.device.gpu import GpuAtWork
from samprof.sweeps.run.tables.gpu_seen import MOST_SLOWED, SLOWDOWNS
from samprof.verify.case import Case
from samprof.verify.check import Check, Limit, limited, none_of, not_run, shown
from samprof.verify.session import NEEDS_CUDA, VerifySession

if TYPE_CHECKING:
    import pandas as pd

GROUP = "device"
MEANWHILE = "throttling"
_SESSIONS = 4
_QUANTILES = (0.0, 0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 1.0)


def cases(session: VerifySession) -> Iterator[Case]:
    """The start-up, then the sessions."""
    lacking = "" if session.device.is_gpu else NEEDS_CUDA
    yield Case("start-up", lambda: _start(session))
    yield Case(f"kernels in {_SESSIONS} sessions", lambda: _sessions(session), lacking=lacking)


def _start(session: VerifySession) -> Iterator[Check]:
    """A recorded forward of a short encoder, which nobody paces."""
    begun = session.clock()
    encoder = session.short_encoder()
    with torch.inference_mode():
        pixels = session.images(encoder, 1)
        session.record_steps(encoder, lambda: encoder(pixels), 1)
    yield shown("start-up", session.clock() - begun, "s")


def _sessions(session: VerifySession) -> Iterator[Check]:
    encoder = session.short_encoder()
    lost, kernels, delays = [], [], []
    with torch.inference_mode():
        pixels = session.images(encoder, 1)
        for _ in range(_SESSIONS):
            trace = session.record_steps(encoder, lambda: encoder(pixels), 1).trace
            lost.append(trace.check("samprof").lost_records)
            table = trace.kernels("samprof")
            kernels.append(int((table["kind"] == "kernel").sum()))
            delays.append(launch_delays_us(table))
    session.add_details("sessions", {"lost": lost, "kernels": kernels, "launch_delay_us": delays})
    yield from sessions_compared(lost, kernels)


def sessions_compared(lost: Sequence[int], kernels: Sequence[int]) -> Iterator[Check]:
    """Whether every session of the same work recorded the same kernels, and all of them.

    Args:
        lost: launches without a record, per session.
        kernels: kernels in the trace, per session: a launch may be lost with its record.
    """
    count = len(lost)
    note = f"in session 1 to {count}: {_listed(lost)}"
    yield none_of(f"kernels lost in {count} sessions", sum(lost), "kernels", note)
    difference = max(kernels) - min(kernels)
    note = f"in session 1 to {count}: {_listed(kernels)}"
    yield none_of(f"difference in kernels between {count} sessions", difference, "kernels", note)


def launch_delays_us(kernels: pd.DataFrame) -> dict[str, float]:
    """Quantiles of the time from a kernel's launch to its start, which decide what waited for the host.

    Args:
        kernels: as `Trace.kernels` gives it; empty quantiles where none was launched.
    """
    launched = kernels[(kernels["kind"] == "kernel") & kernels["launch_ts_ns"].notna()]
    delay = (launched["ts_ns"] - launched["launch_ts_ns"]).astype(float) / 1e3
    return {f"{q:g}": float(delay.quantile(q)) for q in _QUANTILES if len(delay)}


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers))


def throttling(seen: GpuAtWork | None) -> Iterator[Check]:
    """What held the working GPU back.

    Args:
        seen: what was seen of it while all groups ran; None where it could not be looked at.
    """
    if seen is None or not seen.looks:
        yield not_run(MEANWHILE, "NVML tells nothing of this GPU")
        return
    shares = {name: 100 * share for name, share in seen.throttled.items()}
    slowed = {name: share for name, share in shares.items() if name in SLOWDOWNS}
    note, most = ", ".join(slowed), max(slowed.values(), default=0.0)
    limit = Limit(high=100 * MOST_SLOWED)
    yield limited("slowed down by heat or a fault", most, limit, "% of the time", note)
    for name in shares.keys() - slowed.keys():
        yield shown(f"held back by {name}", shares[name], "% of the time")
