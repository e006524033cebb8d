"""The machine's state before and after a point, read by a program of its own.

`python -m samprof.sweeps.measure.machine.state PARENT [GPU]` answers each line on its input by a line on
its output, both JSON. A program of its own because the probe binds its thread to CPUs, and because NVML
and the probe's memory have no place in a process that is measured; it imports nothing heavy.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from types import TracebackType
from typing import Any

from samprof import processes
from samprof.record.device.gpu import Gpu, GpuAtWork, GpuReading, at_work
from samprof.sweeps.measure.machine.cpu_counters import (
    CpuCounters,
    Spent,
    cpu_counters,
    shares,
    usable_cpus,
)
from samprof.sweeps.measure.machine.latency import cross_core_latency_ns

_PROGRAM = "samprof.sweeps.measure.machine.state"
_ANSWER_S = 10.0
_LOOK_S = 1.0
_GPU_LOOK_S = 0.1
"""NVML tells nothing new more often than this, and each look takes the helper a millisecond."""
SWITCH = "SAMPROF_MACHINE_STATE"
"""Environment variable: off takes every sample as it comes, whatever else runs on the machine."""
_SWITCHED_OFF = f"the machine's state is not read: {SWITCH} is off"
_NOT_STARTED = "the machine's state is not read: its helper program cannot run here"
_ENDED = "the machine's state is not read: its helper program has ended or does not answer"


@dataclass(frozen=True, slots=True)
class MachineReading:
    """The machine at one moment; what could not be read is None.

    Attributes:
        latency_ns: see `samprof.sweeps.measure.machine.latency`.
        opening, closing: the CPUs' counters before and after the probe ran: between two readings,
            from the closing ones of the first to the opening ones of the second, it did not run.
        gpu: the state of the GPU that the monitor was made for.
        gpu_meanwhile: what was seen of it since the reading before: now it may idle already.
    """

    latency_ns: float | None = None
    opening: CpuCounters | None = None
    closing: CpuCounters | None = None
    gpu: GpuReading | None = None
    gpu_meanwhile: GpuAtWork | None = None


class MachineMonitor:
    """Reads the machine's state while it is entered, from a helper program that ends with it.

    The CPUs are those that this process may use when the monitor is entered.

    Args:
        gpu_uuid: which GPU to read, as `samprof.record.device.environment.gpu_uuid` gives it.

    Attributes:
        note: one line on what cannot be read; empty where all can.

    Example:
        >>> with MachineMonitor() as monitor:
        ...     before, after = monitor.read(), monitor.read()
        >>> shares_of_idling = spent(before, after, own_cpu_s=0.0)
    """

    def __init__(self, gpu_uuid: str | None = None) -> None:
        self.note = ""
        self._gpu_uuid = gpu_uuid
        self._helper: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> MachineMonitor:
        self.note = ""
        arguments = [str(os.getpid()), *([self._gpu_uuid] if self._gpu_uuid else [])]
        if is_switched_off():
            self.note = _SWITCHED_OFF
            return self
        try:
            if not processes.can_start():
                raise OSError
            self._helper = processes.start(_PROGRAM, arguments)
        except OSError:
            self.note = _NOT_STARTED
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    def read(self, own_pids: Collection[int] = ()) -> MachineReading:
        """The machine's state now, in 20 to 80 ms; empty where the helper program cannot run.

        Args:
            own_pids: processes that do not count as others on the GPU.
        """
        answer = self._ask({"own_pids": sorted({os.getpid(), *own_pids})})
        if answer is None:
            return MachineReading()
        self.note = answer["note"]
        return _reading(answer["reading"])

    def _ask(self, request: Mapping[str, Any]) -> dict[str, Any] | None:
        helper = self._helper
        if helper is None:
            return None
        assert helper.stdin is not None
        assert helper.stdout is not None
        with suppress(OSError, ValueError):
            helper.stdin.write(json.dumps(request).encode() + b"\n")
            helper.stdin.flush()
            if select.select([helper.stdout], [], [], _ANSWER_S)[0]:
                answer: dict[str, Any] = json.loads(helper.stdout.readline())
                return answer
        self.note = _ENDED
        self._end()
        return None

    def _end(self) -> None:
        if self._helper is not None:
            helper, self._helper = self._helper, None
            processes.end(helper)


def is_switched_off() -> bool:
    """Whether samples are taken as they come, whatever else runs on the machine."""
    return os.environ.get(SWITCH) == "off"


def spent(before: MachineReading, after: MachineReading, own_cpu_s: float) -> Spent:
    """The shares of time that others took between two readings; None where not readable.

    Args:
        before: the reading at the start.
        after: the reading at the end.
        own_cpu_s: CPU seconds, user and system, that our own processes used between the two.
    """
    if before.closing is None or after.opening is None:
        return Spent(None, None, None)
    return shares(before.closing, after.opening, own_cpu_s)


def _reading(values: Mapping[str, Any]) -> MachineReading:
    """The reading in a helper's answer."""
    gpu = values["gpu"]
    if gpu is not None:
        gpu = GpuReading(**gpu)
        if gpu.throttle_reasons is not None:
            gpu = replace(gpu, throttle_reasons=tuple(gpu.throttle_reasons))
    return MachineReading(
        values["latency_ns"],
        CpuCounters(**values["opening"]),
        CpuCounters(**values["closing"]),
        gpu,
        GpuAtWork(**values["gpu_meanwhile"]) if values["gpu_meanwhile"] is not None else None,
    )


def _measured(
    cpus: list[int], gpu: Gpu | None, looks: list[GpuReading], own_pids: Collection[int]
) -> MachineReading:
    opening = cpu_counters(cpus)
    gpu_reading = gpu.read(own_pids) if gpu is not None else None  # first: an idle GPU slows down
    latency = cross_core_latency_ns(cpus)
    meanwhile = at_work(looks) if gpu is not None else None
    return MachineReading(latency, opening, cpu_counters(cpus), gpu_reading, meanwhile)


def _note(reading: MachineReading, cpus: list[int], gpu_note: str) -> str:
    """One line on what the reading lacks."""
    lacks = []
    counters = reading.closing
    if reading.latency_ns is None and len(cpus) != 1:
        lacks.append("the cross-core latency")
    if counters is None or counters.busy_s is None:
        lacks.append("other processes' CPU time")
    if counters is None or counters.pressure_s is None:
        lacks.append("the CPU pressure")
    parts = [f"could not be read: {', '.join(lacks)}"] if lacks else []
    return "; ".join([*parts, *([gpu_note] if gpu_note else [])])


def main() -> None:
    """Answers until the input ends or the process that started this one is gone."""
    with suppress(ValueError):
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that started this
    parent, gpu, gpu_note = int(sys.argv[1]), None, ""
    cpus = usable_cpus()
    if len(sys.argv) > 2:
        try:
            gpu = Gpu(sys.argv[2])
        except OSError as error:
            gpu_note = str(error)
    looks: list[GpuReading] = []
    # A child that the client forked holds the pipe open after the client was killed: look for it.
    while os.getppid() == parent:
        if not select.select([sys.stdin], [], [], _LOOK_S if gpu is None else _GPU_LOOK_S)[0]:
            if gpu is not None:
                looks.append(gpu.read(()))
            continue
        line = sys.stdin.readline()
        if not line:
            break
        reading = _measured(cpus, gpu, looks, json.loads(line)["own_pids"])
        looks.clear()
        answer = {"reading": asdict(reading), "note": _note(reading, cpus, gpu_note)}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
