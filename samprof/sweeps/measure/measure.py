"""One sample taken in this process: forwards timed without the profiler, layers recorded with it."""

from __future__ import annotations

import gc
from contextlib import suppress
from dataclasses import replace
from math import isfinite
from typing import Any

import torch

from samprof.errors import ModelError, SamprofError
from samprof.record.device.environment import environment
from samprof.record.device.verified import cached_verified
from samprof.record.session import synchronize
from samprof.sweeps.about import About
from samprof.sweeps.inputs import Arguments, wrong_arguments_named
from samprof.sweeps.measure.ended import is_of_surroundings, says_out_of_memory
from samprof.sweeps.measure.forwards import Advance, Forwards, warm_up
from samprof.sweeps.measure.job import Job
from samprof.sweeps.measure.machine.allocators import current_allocator
from samprof.sweeps.measure.machine.device_memory import peak_bytes, reset_peak
from samprof.sweeps.measure.machine.energy import Metered, meter_of
from samprof.sweeps.measure.machine.peaks import peaks_of
from samprof.sweeps.measure.machine.state import is_switched_off
from samprof.sweeps.measure.machine.usage import Usage, own_usage
from samprof.sweeps.measure.page_faults import paging_by_layer
from samprof.sweeps.measure.prepare import DeviatesError, prepare
from samprof.sweeps.measure.recorded import record
from samprof.sweeps.measure.reference import Reference
from samprof.sweeps.measure.turns import HandOn
from samprof.sweeps.run.stored.sample import Sample, Status
from samprof.sweeps.run.tables.verdict_notes import CPU_TIME_ONLY
from samprof.sweeps.target import Target

_LONGEST_MESSAGE = 2000


def about(target: Target) -> About:
    """What is measured, and where."""
    device = module_device(target.module)
    where = environment(device)
    with suppress(SamprofError):  # no product or copy runs there: its layers have no bound then
        where["peaks"] = peaks_of(device).as_dict()
    verified = cached_verified(where["device_name"])
    if verified is not None:
        where["verified"] = verified.as_dict()
    return About(target.description(), where, target.labels.colors)


def measure(
    target: Target, job: Job, advance: Advance = lambda _: None, turn: HandOn | None = None
) -> Sample:
    """The sample that a job asks for; a trace is written below the job's directory.

    Args:
        target: the module and its inputs.
        job: which sample.
        advance: told the number of forwards done since it was last told.
        turn: hands the turn on, where processes take turns; see `samprof.sweeps.measure.turns`.

    Returns:
        A sample that is ok, or says that the memory was not enough, what the model raised, or what
        the machine lacks.

    Raises:
        UsageError: the module does not take the arguments that it is called with.
        SamprofError: the trace could not be written.
    """
    empty = Sample(job.size, job.plan.variant, "ok", round=job.round)
    try:
        sample = _measure(target, job, empty, advance, turn)
    except DeviatesError as error:
        off = error.error if isfinite(error.error) else None
        sample = replace(empty, status="failed", message=str(error))
        sample = replace(sample, relative_error=off, error_limit=error.limit)
    except ModelError as error:  # the module cannot be this variant here
        sample = replace(empty, status="failed", message=str(error))
    except SamprofError:
        raise
    except Exception as error:  # whatever the model raises is a result of this point
        message = " ".join(f"{type(error).__name__}: {error}".split())[:_LONGEST_MESSAGE]
        sample = replace(empty, status=_status(error), message=message)
    return replace(sample, allocator=current_allocator() or "")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an exception says that the memory of the host or a device was not enough."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and says_out_of_memory(str(error))


def _status(error: Exception) -> Status:
    """Of a sample whose forward raised."""
    if is_out_of_memory(error):
        return "oom"
    return "interrupted" if is_of_surroundings(error) else "failed"


def module_device(module: torch.nn.Module) -> torch.device:
    """Where the module's first parameter is; the CPU for a module without any."""
    tensor = next(module.parameters(), None)
    return tensor.device if tensor is not None else torch.device("cpu")


def _measure(
    target: Target, job: Job, sample: Sample, advance: Advance, turn: HandOn | None
) -> Sample:
    target = target.at(job.size) if target.at is not None else target
    with torch.inference_mode():
        arguments = target.arguments(job.size)
        with wrong_arguments_named("sweep", target.call or target.module, arguments):
            return _filled(target, arguments, job, sample, advance, turn)


def _filled(
    target: Target,
    arguments: Arguments,
    job: Job,
    sample: Sample,
    advance: Advance,
    turn: HandOn | None,
) -> Sample:
    """The sample with what was measured."""
    plan = job.plan
    call = target.call or target.module
    device = module_device(target.module)
    prepared = prepare(target, call, arguments, device)
    minds_speed = device.type == "cpu" and not is_switched_off()
    reference = Reference() if minds_speed else None
    forward = Forwards(call, arguments, advance, reference, turn)
    synchronize()
    counts_faults = job.recorded and job.paging and device.type == "cpu"
    warmup = warm_up(forward, plan, all_of_it=job.timed or counts_faults)
    sample = replace(
        sample,
        dtype=target.dtype,
        units=target.units(job.size) if target.units else plan.axis.amount(job.size),
        setup_ns=prepared.time_ns if prepared else None,
        relative_error=prepared.error if prepared else None,
        error_limit=prepared.limit if prepared else None,
        warmup_ns=warmup,
        notes=[*target.notes, *_inputs_note(target, job.size)],
    )
    if job.timed:
        held_bytes = prepared.held_bytes if prepared else 0
        sample = _timed(sample, forward, job, device, held_bytes)
    if job.recorded:
        if counts_faults:
            sample = replace(sample, paging=_paging(target, forward))
        sample = record(target, job, sample, forward, on_host=device.type == "cpu")
        if device.type == "cuda" and sample.time_source == "cpu":
            sample = replace(sample, notes=[*sample.notes, CPU_TIME_ONLY])
    if target.outcome is not None and forward.result is not None:
        sample = replace(sample, notes=[*sample.notes, target.outcome(forward.result)])
    return sample


def _inputs_note(target: Target, size: int) -> list[str]:
    """What is said of the inputs of this size, if anything is."""
    note = target.inputs_note(size) if target.inputs_note is not None else ""
    return [note] if note else []


def _timed(
    sample: Sample, forward: Forwards, job: Job, device: torch.device, held_bytes: int
) -> Sample:
    """The sample with forwards without the profiler, and what the process used for them."""
    reset_peak(device)
    start = own_usage()
    meter = meter_of(device)
    metered = Metered(forward, meter) if meter is not None else None
    wall = forward.series(job.plan.repeats, job.slowest_ns, metered, in_turns=True)
    end = own_usage()
    energy = metered.energy() if metered is not None else {}
    return replace(
        sample,
        wall_ns=wall,
        reference_ns=forward.reference_ns,
        latency_ns=forward.latency_ns,
        turns=forward.turns,
        usage=_per_forward(end.since(start), len(wall)) if start and end else {},
        energy=energy,
        energy_source=meter.source if meter is not None and energy else "",
        peak_memory_bytes=max(peak_bytes(device), held_bytes),
        memory_source="device allocator" if device.type == "cuda" else "",
    )


def _paging(target: Target, forward: Forwards) -> dict[str, list[Any]]:
    """Page faults by layer in a few forwards without the profiler."""
    whole = target.call is not None
    forwards = 1 if forward.is_slow else 2
    table = paging_by_layer(
        target.module, forward, labels=target.labels, whole=whole, forwards=forwards
    )
    return {str(name): table[name].tolist() for name in table.columns}


def _per_forward(used: Usage, forwards: int) -> dict[str, float]:
    return {
        "minor_faults": used.minor_faults / forwards,
        "user_s": used.user_s / forwards,
        "system_s": used.system_s / forwards,
        "involuntary_switches": used.involuntary_switches / forwards,
    }


def release_memory() -> None:
    """Gives back what a sample held; needless in a process that ends after it."""
    gc.collect()
    # After an error of a kernel every call of CUDA raises it again: the sample says so already.
    with suppress(RuntimeError):
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
