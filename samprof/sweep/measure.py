"""One point measured in this process: wall time without the profiler, layers with it."""

import gc
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from samprof.errors import ModelError, SamprofError
from samprof.record.environment import device_state
from samprof.record.patches import around
from samprof.record.profile import Profile
from samprof.record.recording import Recording
from samprof.record.session import synchronize
from samprof.sweep.plan import Plan
from samprof.sweep.point import Point, Status, point_key
from samprof.sweep.prepare import DeviatesError, prepare
from samprof.sweep.target import Target
from samprof.trace.components import component_steps
from samprof.trace.events import DEVICE_KINDS
from samprof.trace.trace import Trace
from samprof.trace.window import split_steps, within

_OUT_OF_MEMORY = ("out of memory", "can't allocate memory", "cannot allocate memory")


def measure(
    target: Target, plan: Plan, batch_size: int, out: Path, progress: Callable[[int], None]
) -> Point:
    """The point of one batch size; its trace is written below `out`.

    Args:
        target: the module and its inputs.
        plan: how often, and how finely.
        batch_size: which point.
        out: the run directory.
        progress: told the number of forwards done since it was last told.

    Returns:
        A point that is ok, or says that the memory was not enough or what the model raised.

    Raises:
        SamprofError: the trace could not be written.
    """
    try:
        return _measure(target, plan, batch_size, out, progress)
    except (DeviatesError, ModelError) as error:  # the module cannot be this variant here
        return Point(batch_size, plan.variant, "failed", str(error))
    except SamprofError:
        raise
    except Exception as error:  # whatever the model raises is a result of this point
        status: Status = "oom" if is_out_of_memory(error) else "failed"
        message = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        return Point(batch_size, plan.variant, status, message)
    finally:
        _release_memory()


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an exception says that the memory of the host or a device was not enough."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    text = str(error).lower()
    return isinstance(error, RuntimeError) and any(words in text for words in _OUT_OF_MEMORY)


def _measure(
    target: Target, plan: Plan, batch_size: int, out: Path, progress: Callable[[int], None]
) -> Point:
    target = target.at(batch_size) if target.at is not None else target
    call = target.call or target.module
    with torch.inference_mode():
        inputs = target.inputs(batch_size)
        prepared = prepare(target, call, inputs)
        result: Any = None

        def forward(run: Callable[..., Any] = call) -> int:
            nonlocal result
            result = None
            start = time.perf_counter_ns()
            result = run(*inputs)
            synchronize()
            elapsed = time.perf_counter_ns() - start
            progress(1)
            return elapsed

        device = module_device(target.module)
        synchronize()
        warmup = [forward() for _ in range(plan.warmup)]
        before = device_state(device)
        _reset_peak(device)
        wall = [forward() for _ in range(plan.repeats)]
        peak = _peak(device)
        result = None  # freed while recording, it would count as memory that was given back
        recording, recorded_wall = _record(target, plan, forward)
        notes = [*target.notes, *([target.outcome(result)] if target.outcome else [])]
    trace = recording.trace
    steps = dict(split_steps(trace))
    frames, clock = [], trace.clock
    for repeat in range(plan.repeats):
        layers = steps[repeat + 1].layers("samprof")  # step 0 is the recorded warm-up
        layers.insert(0, "repeat", repeat)
        layers.insert(0, "step", repeat + 1)
        frames.append(layers)
    table = pd.concat(frames, ignore_index=True)
    components = component_steps(trace, "samprof")
    components = components[components["step"] > 0]
    root = table[table["path"] == trace.recorded["roots"][0]]
    saved = recording.save(out / "traces" / point_key(batch_size, plan.variant))
    host_peak, source = _host_peak(trace, target, inputs)
    return Point(
        batch_size=batch_size,
        variant=plan.variant,
        status="ok",
        clock=clock,
        units=target.units(batch_size) if target.units else plan.axis.amount(batch_size),
        prepare_ns=prepared.time_ns if prepared else None,
        deviation=prepared.deviation if prepared else None,
        warmup_ns=warmup,
        wall_ns=wall,
        recorded_wall_ns=recorded_wall,
        time_ns=root[f"{clock}_total_ns"].tolist(),
        kernels=[_activities(steps[repeat + 1]) for repeat in range(plan.repeats)],
        peak_memory_bytes=peak or host_peak,
        memory_source="device allocator" if peak else source,
        state={"before": before, "after": device_state(device)},
        check=_measured_part(trace).check("samprof").as_dict(),
        trace=saved.relative_to(out).as_posix(),
        layers={name: table[name].tolist() for name in table.columns},
        components={name: components[name].tolist() for name in components.columns},
        notes=notes,
    )


def _record(target: Target, plan: Plan, forward: Callable[..., int]) -> tuple[Recording, list[int]]:
    """One session with a step a repeat: several sessions in a process can lose kernels."""
    profile = Profile(
        target.module,
        granularity=plan.granularity,
        knowledge=target.knowledge,
        whole=target.call is not None,
    )
    wall = []
    with profile as recording:
        run = around(target.call, recording.root) if target.call else target.module
        for _ in range(plan.repeats + 1):
            wall.append(forward(run))
            recording.step()
    return recording, wall[1:]


def _measured_part(trace: Trace) -> Trace:
    """The trace from the first measured step on: without the one that got the profiler going."""
    (_, start, _), *_, (_, _, end) = trace.steps()[1:]
    return within(trace, start, end)


def _activities(trace: Trace) -> int:
    return len(trace.events.of(*DEVICE_KINDS))


def module_device(module: torch.nn.Module) -> torch.device:
    """Where the module's first parameter is; the CPU for a module without any."""
    tensor = next(module.parameters(), None)
    return tensor.device if tensor is not None else torch.device("cpu")


def _reset_peak(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)


def _peak(device: torch.device) -> int:
    return torch.cuda.max_memory_allocated(device) if device.type == "cuda" else 0


def _host_peak(trace: Trace, target: Target, inputs: tuple[Any, ...]) -> tuple[int, str]:
    """Weights and inputs, and the most that was allocated on top of them during a forward."""
    tensors = [*target.module.parameters(), *target.module.buffers()]
    tensors += [value for value in inputs if isinstance(value, torch.Tensor)]
    held = sum(tensor.numel() * tensor.element_size() for tensor in tensors)
    on_host = trace.allocations.device < 0
    peak = int(trace.allocations.total[on_host].max(initial=0))
    return held + peak, "weights, inputs and allocator events"


def _release_memory() -> None:
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
