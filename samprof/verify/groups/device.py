"""The device: started before anything is paced, and whether its profiler loses the first kernels.

What starts once in a process (CUDA's context, cuBLAS, CUPTI) is paid for here, so that the first point
of another group does not take it for the pace of its images. Then the same work is recorded in four
sessions: CUPTI of CUDA 12.6 Update 2 to 13.0 loses the first kernels of a session, one more each time,
unless other kernels run first (`samprof.record.start`).
"""

from __future__ import annotations

from collections.abc import Iterator

import torch

from samprof.verify.case import Case
from samprof.verify.check import Check, none_of, shown
from samprof.verify.session import NEEDS_CUDA, VerifySession

GROUP = "device"
_SESSIONS = 4


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
    lost = []
    with torch.inference_mode():
        pixels = session.images(encoder, 1)
        for _ in range(_SESSIONS):
            recording = session.record_steps(encoder, lambda: encoder(pixels), 1)
            lost.append(recording.trace.check("samprof").lost_records)
    note = f"in session 1 to {_SESSIONS}: {', '.join(map(str, lost))}"
    yield none_of(f"kernels lost in {_SESSIONS} sessions", sum(lost), "kernels", note)
