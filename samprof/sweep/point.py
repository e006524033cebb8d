"""One measured point of a sweep: raw numbers, kept as they were taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any, Literal

from samprof.errors import RunError

if TYPE_CHECKING:
    import pandas as pd

Status = Literal["ok", "oom", "failed"]
SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Point:
    """One batch size of one variant.

    Attributes:
        batch_size, variant: which point.
        status: ok; oom (the memory was not enough); failed (the model raised).
        message: why it is not ok; or what a reader of an ok point should know.
        clock: device, or cpu where no device was active.
        wall_ns: one forward each, without the profiler.
        recorded_wall_ns: one forward each, under the profiler.
        time_ns: time of the root module in each recorded forward, on `clock`.
        kernels: device activities of each recorded forward.
        peak_memory_bytes: most memory allocated during the measured forwards.
        memory_source: where that number comes from.
        state: clocks and temperature of the device before and after.
        check: the conservation check of the recorded trace.
        trace: the trace file, relative to the run directory.
        layers: the layer table of each recorded forward, column -> values.
    """

    batch_size: int
    variant: str
    status: Status
    message: str = ""
    clock: str = ""
    wall_ns: list[int] = field(default_factory=list)
    recorded_wall_ns: list[int] = field(default_factory=list)
    time_ns: list[int] = field(default_factory=list)
    kernels: list[int] = field(default_factory=list)
    peak_memory_bytes: int = 0
    memory_source: str = ""
    state: Mapping[str, Any] = field(default_factory=dict)
    check: Mapping[str, Any] = field(default_factory=dict)
    trace: str = ""
    layers: Mapping[str, list[Any]] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The name of the point's files."""
        return point_key(self.batch_size, self.variant)

    def as_dict(self) -> dict[str, Any]:
        """Plain data for the point's file."""
        return {"schema": SCHEMA, **asdict(self)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], source: object) -> Point:
        """The point in a file's data.

        Raises:
            RunError: the data is not that of a point.
        """
        known = {entry.name for entry in fields(cls)}
        try:
            return cls(**{key: value for key, value in data.items() if key in known})
        except TypeError as error:
            remedy = "delete the file and resume the sweep"
            raise RunError("read", source, f"not a point ({error})", remedy) from None

    def layers_frame(self) -> pd.DataFrame:
        """The layer tables of all recorded forwards, long form; columns as in `Run.layers`."""
        import pandas as pd

        frame = pd.DataFrame(dict(self.layers))
        frame.insert(0, "batch_size", self.batch_size)
        frame.insert(1, "variant", self.variant)
        return frame


def point_key(batch_size: int, variant: str) -> str:
    """The name of a point's file and trace folder.

    Example:
        >>> point_key(4, "eager"), point_key(16, "bf16")
        ('b0004', 'b0016-bf16')
    """
    return f"b{batch_size:04d}" + ("" if variant == "eager" else f"-{variant}")
