"""What torch's profiler is asked to record, as far as this version of torch can."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import torch

_ALL_THREADS, _TRACE_ONLY = "profile_all_threads", "trace_only"
"""Experimental settings, which older versions do not have."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the profiler records besides ops and kernels."""

    memory: bool
    shapes: bool
    stacks: bool


def profiler_of(options: Options) -> Any:
    """A profiler that records what is asked for, of the CPU and of what else torch can use."""
    from torch.profiler import ProfilerActivity, profile

    activities = [ProfilerActivity.CPU]
    if torch.cuda.is_available():
        activities.append(ProfilerActivity.CUDA)
    elif torch.accelerator.is_available():
        accelerator = torch.accelerator.current_accelerator()
        kind = accelerator.type.upper() if accelerator is not None else ""
        if kind in ProfilerActivity.__members__:
            activities.append(ProfilerActivity.__members__[kind])
    return profile(
        activities=activities,
        record_shapes=options.shapes,
        profile_memory=options.memory,
        with_stack=options.stacks,
        experimental_config=_config(options),
        acc_events=True,
    )


def _config(options: Options) -> Any:
    """The experimental settings that this version of torch supports.

    Python objects of the events are not needed: samprof reads the exported trace.
    """
    from torch._C._profiler import _ExperimentalConfig

    settings: dict[str, Any] = {}
    if sees_all_threads(options):
        settings[_ALL_THREADS] = True
    if not options.stacks and _is_setting(_TRACE_ONLY):
        settings[_TRACE_ONLY] = True
    return _ExperimentalConfig(**settings)


def sees_all_threads(options: Options) -> bool:
    """Whether the profiler records all threads: not in older versions, and not with memory events.

    The two exclude each other, because allocators report to the profiler of their thread.
    """
    return not options.memory and _is_setting(_ALL_THREADS)


@cache
def _is_setting(name: str) -> bool:
    """Whether this version of torch has an experimental setting of that name."""
    from torch._C._profiler import _ExperimentalConfig

    setting: dict[str, Any] = {name: True}
    try:
        _ExperimentalConfig(**setting)
    except TypeError:
        return False
    return True
