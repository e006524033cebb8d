"""A recorded forward as another device would run it: the same ops and layers, with predicted times."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from samprof.errors import RunError, UsageError
from samprof.prediction.launches import HostCosts
from samprof.prediction.timeline import device_starts, host_times
from samprof.prediction.times import op_times
from samprof.prediction.trace_file import Host, Kernels, write_trace
from samprof.trace.model.data import TraceData
from samprof.trace.model.events import Ints, Kind, Mask
from samprof.trace.model.outwards import nearest

if TYPE_CHECKING:
    import pandas as pd

    from samprof.prediction.devices import Device
    from samprof.prediction.shares import Shares

PREDICTED = "predicted"
_HOST = (Kind.OP, Kind.RANGE, Kind.ANNOTATION, Kind.MODULE)
_MARK = "samprof_predicted"


def device_title(device: Device) -> str:
    """What runs and traces call a device that nothing was measured on.

    Example:
        >>> from samprof.prediction.devices import device_named
        >>> device_title(device_named("L4"))
        'NVIDIA L4, predicted'
    """
    return f"{device.title}, {PREDICTED}"


def write_predicted(
    path: Path,
    trace: TraceData,
    work: pd.DataFrame,
    device: Device,
    shares: Shares,
    costs: HostCosts,
    more: Mapping[str, Any] | None = None,
) -> None:
    """Writes the trace that a forward would leave on a device.

    Args:
        path: the file, `.json.gz`.
        trace: the forward, recorded anywhere, with shapes.
        work: its ops that run on the device, in the order of time; see `work_of`.
        device: which one.
        shares: what classes of ops reach of its peaks.
        costs: of the host.
        more: what else the file says about the prediction.

    Raises:
        UsageError: nothing in the trace runs on a device, or a dtype does not run on this one.
        RunError: the file cannot be written.
    """
    host, kernels = predicted_kernels(trace, work, device, shares, costs)
    about = {_MARK: {"device": device.name, **(more or {})}}
    try:
        write_trace(path, trace, host, kernels, device_title(device), about)
    except OSError as error:
        cause = error.strerror or str(error)
        raise RunError("predict", path, cause, "free space or choose another directory") from None


def predicted_kernels(
    trace: TraceData, work: pd.DataFrame, device: Device, shares: Shares, costs: HostCosts
) -> tuple[Host, Kernels]:
    """Both sides of a forward on a device; arguments and errors as those of `write_predicted`."""
    if work.empty:
        cause = "no shapes were recorded, so nothing is known of its ops"
        raise UsageError("predict", "the trace", cause, "record it with shapes=True")
    times = op_times(work, device, shares)
    events = trace.events
    rows = events.of(*_HOST)
    own = np.where(events.kind[rows] == Kind.OP, costs.other, 0).astype(np.int64)
    launching = np.isin(rows, work["row"].to_numpy())
    own[launching] = costs.launch
    own[_inside(trace, work, rows)] = 0
    clock = host_times(events.ts[rows], events.ts[rows] + events.dur[rows], own)
    place = {row: index for index, row in enumerate(rows.tolist())}
    launched = np.array([int(clock.start[place[row]]) for row in work["row"].tolist()], np.int64)
    launched += costs.launch // 2
    return Host(rows, clock.start, clock.end), _kernels(work, times, launched)


def _inside(trace: TraceData, work: pd.DataFrame, rows: Ints) -> Mask:
    """Which events are ops inside one that launches: how it computes is not dispatched again."""
    ops = trace.launches().ops
    launching = np.isin(ops.rows, work["row"].to_numpy())
    around = nearest(ops.parent, launching)
    # The nearest launching op of an op is itself where it launches.
    parents = np.where(ops.parent >= 0, around[np.maximum(ops.parent, 0)], -1)
    found: Mask = np.isin(rows, ops.rows[parents >= 0])
    return found


def _kernels(work: pd.DataFrame, times: pd.DataFrame, launched: Ints) -> Kernels:
    order = np.argsort(launched, kind="stable")
    durations = times["time_ns"].to_numpy(np.int64)[order]
    names = [
        f"{kind}{f' {dtype}' if dtype else ''}, {bound} bound ({PREDICTED})"
        for kind, dtype, bound in zip(work["kind"], work["dtype"], times["bound"], strict=True)
    ]
    return Kernels(
        row=work["row"].to_numpy(np.int64)[order],
        name=[names[place] for place in order.tolist()],
        launch=launched[order],
        start=device_starts(launched[order], durations),
        duration=durations,
    )
