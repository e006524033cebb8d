"""What a generated trace contains, known because it was put there."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LayerTruth:
    """What a layer contains, with the layers inside it, over all steps.

    Attributes:
        kernels: the number of kernels, copies and fills.
        device_ns: the sum of their durations.
        busy_ns: the time in which at least one of them runs.
        gap_ns: the time right before them in which nothing ran on the device, within a step.
        launch_gap_ns: the part of that before kernels that started as soon as they were launched.
        flops, matrix_flops, bytes: of the forward's ops.
    """

    kernels: int
    device_ns: int
    busy_ns: int
    gap_ns: int
    launch_gap_ns: int
    flops: int
    matrix_flops: int
    bytes: int


@dataclass(frozen=True, slots=True)
class LayerMemory:
    """What a layer needs, in bytes.

    Attributes:
        allocations, allocated, freed: by the layer itself, without the layers inside it.
        peak: the most that is allocated while inside.
        rise: the most above the level on entry, in the call where that is highest.
        kept: what is left of it when that call ends.
    """

    allocations: int
    allocated: int
    freed: int
    peak: int
    rise: int
    kept: int


@dataclass(frozen=True, slots=True)
class Truth:
    """What a trace contains.

    Attributes:
        events: the number of entries in traceEvents.
        steps: the number of ProfilerStep annotations on the host.
        activities: the number of kernels, copies and fills.
        device_ns: the sum of their durations.
        busy_ns: the time in which at least one of them runs.
        device_self_ns: path of a range -> device time launched in it and in no range inside it.
        outside_ns: device time launched outside of every range.
        no_launch_ns: device time whose launch is not in the trace.
        lost: per step, the number of single-kernel launches whose kernel is not in the trace.
        kernels: per step, the number of kernels that are in the trace together with their launch.
        captured: the number of launches that were captured into graphs.
        peak_bytes: the most that is allocated at once.
        outside_memory: allocations, allocated and freed bytes outside of every range.
        layers: path of a range -> what it contains.
        memory: path of a range -> what memory it needs.
    """

    events: int
    steps: int
    activities: int
    device_ns: int
    busy_ns: int
    device_self_ns: dict[str, int]
    outside_ns: int
    no_launch_ns: int
    lost: tuple[int, ...]
    kernels: tuple[int, ...]
    captured: int
    peak_bytes: int
    outside_memory: tuple[int, int, int]
    layers: dict[str, LayerTruth]
    memory: dict[str, LayerMemory]
