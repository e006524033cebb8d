"""What all checks of a verification together say about the device."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from samprof.units import digits
from samprof.verify.check import Check
from samprof.verify.groups import conservation, ground_truth

_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Conclusion:
    """The last line of a verification.

    Attributes:
        text: one or two sentences.
        ok: whether no check failed.
        within_percent: how far times were from CUDA events at most; None where none were compared.
    """

    text: str
    ok: bool
    within_percent: float | None = None


def conclusion(checks: Sequence[Check], *, on_gpu: bool) -> Conclusion:
    """What the checks say; of a device only what was checked on one.

    Args:
        checks: all that ran and did not.
        on_gpu: whether they ran on a GPU, or in a dry run on the CPU.
    """
    failed = [check for check in checks if check.ok is False]
    if failed:
        names = "; ".join(f"{check.group}: {check.what}" for check in failed[:_SHOWN])
        more = f" and {len(failed) - _SHOWN} more" if len(failed) > _SHOWN else ""
        where = "on this device" if on_gpu else "in this dry run"
        return Conclusion(f"The numbers {where} are not right: {names}{more}.", ok=False)
    if not on_gpu:
        text = "No check failed in this dry run on the CPU, which says nothing about a GPU."
        return Conclusion(text, ok=True)
    counted = any(check.group == conservation.GROUP and check.ok for check in checks)
    exact = "Every nanosecond is counted once" if counted else "Time accounting was not checked"
    compared = [
        check.figure
        for check in checks
        if check.group == ground_truth.GROUP
        and check.ok
        and check.unit == "%"
        and ground_truth.AGAINST in check.what
        and check.figure is not None
    ]
    if not compared:
        return Conclusion(
            f"{exact} on this device; times were not compared with CUDA events.", True
        )
    within = math.ceil(10 * max(compared)) / 10
    text = (
        f"The numbers on this device are right to within {digits(within, 2)} %: so far are times from "
        f"CUDA events at most. {exact}."
    )
    return Conclusion(text, ok=True, within_percent=within)
