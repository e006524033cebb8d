"""What every hard case does: record it, check its time accounting, and look for what it must show."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import torch
from torch import nn

from samprof.trace import Trace
from samprof.verify.accounting import accounting_of
from samprof.verify.check import Check, failed, not_run
from samprof.verify.session import NEEDS_CUDA, VerifySession


def recorded(
    session: VerifySession,
    label: str,
    module: nn.Module,
    run: Callable[[], Any],
    *,
    around: AbstractContextManager[Any] | None = None,
    **options: Any,
) -> tuple[list[Check], Trace]:
    """The checks of a case's time accounting, and its trace.

    Args:
        session: what all groups share.
        label: the case.
        module: the module to record.
        run: one step.
        around: the context in which everything runs; by default without gradients.
        options: of `samprof.profile`.
    """
    with around or torch.inference_mode(), tempfile.TemporaryDirectory() as folder:
        run()
        recording = session.record(module, run, **options)
        accounting = accounting_of(recording.save(folder))
        trace: Trace = recording.trace
    session.add_details(
        label, {"kernels": dict(accounting.kernels), "time_ns": accounting.events_ns}
    )
    return list(accounting.checks(label, session.limits, on_gpu=session.device.is_gpu)), trace


def device_check(
    session: VerifySession, what: str, trace: Trace, check: Callable[[Trace, str], Check]
) -> Check:
    """A check of a case's kernels; on a CPU there are none, and it is not run."""
    if trace.has_device_time:
        return check(trace, what)
    if session.device.is_gpu:
        return failed(what, "the trace holds no kernels")
    return not_run(what, NEEDS_CUDA)
