"""One sample of a sweep: what one process measured of one size, as it was taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from samprof.errors import RunError
from samprof.sweeps.run.stored.schema import check_table

if TYPE_CHECKING:
    import pandas as pd

Status = Literal["ok", "oom", "failed", "interrupted"]


@dataclass(frozen=True, slots=True)
class Sample:
    """What one process measured of one size of one variant.

    A sample is timed (forwards without the profiler), recorded (forwards with it), or both.

    Attributes:
        size, variant: of which point.
        status: ok; oom (the memory was not enough); failed (the model raised, or crashed);
            interrupted (something else ended it: no result, it is to be measured again).
        message: why it is not ok.
        dtype: what the matrix products ran in.
        round: number of the round; samples of one round are compared with each other.
        allocator: the memory allocator of the process: system, tcmalloc or jemalloc.
        units: units of work in one forward: images, prompts, whatever the sweep's axis counts.
        setup_ns: set-up time of a variant: compiling, capturing and the like, with its first forward.
        relative_error: of a variant's results against eager; missing where nothing was changed.
        error_limit: the largest relative error that counts as the same result.
        warmup_ns: forwards before anything is measured.
        wall_ns: forwards without the profiler.
        reference_ns: the reference work before and after each of them, one more than forwards; two for
            each of forwards taken in turns; empty where it was not done. See
            `samprof.sweeps.measure.reference`.
        latency_ns: cross-core latency before and after each of them, two for each forward; empty where
            they were not taken in turns.
        usage: of these forwards: minor_faults, user_s, system_s, involuntary_switches.
        energy: joules and seconds of a forward; empty where no counter tells.
        energy_source: which counter: NVML of the GPU, RAPL of the CPU packages.
        turns: how many the forwards took, as many in each; 0 where the processes of the round took none.
            See `samprof.sweeps.measure.turns`.
        recorded_wall_ns: forwards under the profiler.
        recorded_reference_ns, recorded_latency_ns: the same around those.
        time_source: device, or cpu where no device was active.
        time_ns: time of the root module in each recorded forward.
        kernels: device activities in each recorded forward.
        peak_memory_bytes: most memory allocated during the measured forwards.
        memory_source: where that number comes from.
        machine: state of the machine before, after and meanwhile; see `MachineMonitor`.
        check: the time accounting of the trace file; of what times come from, where that is not exact.
        trace: the trace file, relative to the run directory. On a CPU it may hold a forward of its own,
            with shapes and memory; see `samprof.sweeps.measure.recorded`.
        layers: the layer table of each recorded forward, column -> values.
        components: the component table of each forward in the trace file, column -> values.
        paging: page faults by layer in unrecorded forwards, column -> values.
        ops: ops inside each layer, per recorded forward, column -> values; see `ops_by_layer`.
        largest: what is counted of the ops' inputs -> the most of it, and the op; see
            `samprof.trace.tables.largest_inputs`.
        is_profiled: whether `wall_ns` were taken under the profiler, as those of traces are.
        span_ns: start and end of a forward in the trace file, where that holds more than this sample.
        cpu_s: CPU time of the whole process, and its part of what the process took that forked it.
        notes: what a reader of the times should know.
    """

    size: int
    variant: str
    status: Status
    message: str = ""
    dtype: str = ""
    round: int = 0
    allocator: str = ""
    units: float = 0.0
    setup_ns: int | None = None
    relative_error: float | None = None
    error_limit: float | None = None
    warmup_ns: list[int] = field(default_factory=list)
    wall_ns: list[int] = field(default_factory=list)
    reference_ns: list[int] = field(default_factory=list)
    latency_ns: list[float] = field(default_factory=list)
    turns: int = 0
    usage: Mapping[str, float] = field(default_factory=dict)
    energy: Mapping[str, float] = field(default_factory=dict)
    energy_source: str = ""
    recorded_wall_ns: list[int] = field(default_factory=list)
    recorded_reference_ns: list[int] = field(default_factory=list)
    recorded_latency_ns: list[float] = field(default_factory=list)
    time_source: str = ""
    time_ns: list[int] = field(default_factory=list)
    kernels: list[int] = field(default_factory=list)
    peak_memory_bytes: int = 0
    memory_source: str = ""
    machine: Mapping[str, Any] = field(default_factory=dict)
    check: Mapping[str, Any] = field(default_factory=dict)
    trace: str = ""
    layers: Mapping[str, list[Any]] = field(default_factory=dict)
    components: Mapping[str, list[Any]] = field(default_factory=dict)
    paging: Mapping[str, list[Any]] = field(default_factory=dict)
    ops: Mapping[str, list[Any]] = field(default_factory=dict)
    largest: Mapping[str, list[Any]] = field(default_factory=dict)
    is_profiled: bool = False
    span_ns: list[int] = field(default_factory=list)
    cpu_s: float = 0.0
    notes: list[str] = field(default_factory=list)

    @property
    def is_timed(self) -> bool:
        """Whether it holds forwards without the profiler."""
        return bool(self.wall_ns)

    @property
    def is_recorded(self) -> bool:
        """Whether it holds forwards under the profiler."""
        return bool(self.recorded_wall_ns)

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for JSON; what is empty is left out."""
        plain: dict[str, Any] = msgspec.to_builtins(self)
        return {key: value for key, value in plain.items() if value not in ("", [], {}, None)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], source: object) -> Sample:
        """The sample in plain data.

        Raises:
            RunError: the data is not that of a sample.
        """
        known = {entry.name for entry in fields(cls)}
        try:
            given = {key: value for key, value in data.items() if key in known}
            sample: Sample = msgspec.convert(given, cls)
            for name in ("layers", "components", "paging", "ops"):
                check_table(name, getattr(sample, name))
        except msgspec.ValidationError as error:
            remedy = "delete the file and resume the sweep"
            raise RunError("read", source, f"not a sample ({error})", remedy) from None
        return sample

    def frame(self, columns: Mapping[str, list[Any]]) -> pd.DataFrame:
        """One of the tables with size, variant and round before its columns."""
        import pandas as pd

        table = pd.DataFrame(dict(columns))
        for place, name in enumerate(("size", "variant", "round")):
            table.insert(place, name, getattr(self, name))
        return table
