"""The limits that figures are held to."""

from __future__ import annotations

from dataclasses import dataclass

from samprof.verify.check import Limit

EXACT = Limit(0, 0)


@dataclass(frozen=True, slots=True)
class Limits:
    """Where figures must lie; None where they are only shown.

    Attributes:
        accounting: nanoseconds by which sums may differ.
        queued: percent of the parts of an encoder that were timed with a full queue.
        block_time: percent; median over blocks, samprof's time against CUDA events.
        forward_time: percent; the whole forward.
        encoder_share: percent of the time of `SamPredictor` with one prompt.
        speedup: images per second at `Scale.speedup_batch` over those at batch 1, eager float32.
        memory: bytes per image over the published ones, eager float32.
    """

    accounting: Limit
    queued: Limit
    block_time: Limit | None = None
    forward_time: Limit | None = None
    encoder_share: Limit | None = None
    speedup: Limit | None = None
    memory: Limit | None = None


LIMITS = Limits(
    accounting=EXACT,
    queued=Limit(low=50),
    block_time=Limit(0, 2),
    forward_time=Limit(0, 1),
    encoder_share=Limit(low=50),
    speedup=Limit(0.8, 1.4),
    memory=Limit(0.5, 2),
)
DRY_LIMITS = Limits(accounting=EXACT, queued=Limit(low=50))
