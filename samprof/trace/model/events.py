"""The columns of a trace as numpy arrays: one row per event that attribution needs."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from enum import IntEnum
from typing import Any, Self, TypeVar

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
SmallInts = npt.NDArray[np.int32]
Integers = Ints | SmallInts
Mask = npt.NDArray[np.bool_]

ABSENT = np.iinfo(np.int64).min
"""Marks a missing value in an integer column."""


class Kind(IntEnum):
    """The kind of an event, whatever the file calls its category."""

    OP = 1
    RANGE = 2
    ANNOTATION = 3
    MODULE = 4
    RUNTIME = 5
    KERNEL = 6
    MEMCPY = 7
    MEMSET = 8
    FLOW_FORWARD = 9
    FLOW_BACKWARD = 10
    HELD_OP = 17
    HELD_RANGE = 18
    HELD_ANNOTATION = 19
    HELD_MODULE = 20
    HELD_RUNTIME = 21
    HELD_FLOW_FORWARD = 25
    HELD_FLOW_BACKWARD = 26

    @property
    def held(self) -> "Kind":
        """What a part of a trace calls such an event of a capture that is not in the part."""
        return Kind(self + _HELD)


_HELD = 16
HELD_KINDS = (
    Kind.HELD_OP,
    Kind.HELD_RANGE,
    Kind.HELD_ANNOTATION,
    Kind.HELD_MODULE,
    Kind.HELD_RUNTIME,
    Kind.HELD_FLOW_FORWARD,
    Kind.HELD_FLOW_BACKWARD,
)
DEVICE_KINDS = (Kind.KERNEL, Kind.MEMCPY, Kind.MEMSET)
RANGE_PREFIX = "samprof:"
MODULE_PREFIX = "nn.Module: "
STEP_PREFIX = "ProfilerStep#"


T = TypeVar("T", bound="Table")
_INT8 = {"dtype": np.dtype(np.int8)}
_INT32 = {"dtype": np.dtype(np.int32)}
_INT64 = {"dtype": np.dtype(np.int64)}


@dataclass(frozen=True, slots=True)
class Table:
    """Numpy arrays of equal length, one field per column."""

    @classmethod
    def dtypes(cls) -> dict[str, np.dtype[Any]]:
        """Name and type of each column."""
        return {f.name: f.metadata["dtype"] for f in fields(cls)}

    def __len__(self) -> int:
        return len(getattr(self, fields(self)[0].name))

    def take(self, rows: Ints | Mask) -> Self:
        """The same columns with only these rows."""
        return type(self)(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})


def concatenated(tables: Sequence[T]) -> T:
    """The rows of tables of one class, one below the other."""
    kind = type(tables[0])
    return kind(
        **{name: np.concatenate([getattr(one, name) for one in tables]) for name in kind.dtypes()}
    )


@dataclass(frozen=True, slots=True)
class Events(Table):
    """Host and device events.

    Columns:
        kind: a `Kind`.
        name: index into the trace's names.
        thread: index into the trace's threads (process and thread id).
        ts, dur: nanoseconds.
        link: correlation id of launches and device activities, id of flows; else `ABSENT`.
        device, stream: of device activities; else -1.
        sequence, forward_thread: autograd's numbers of an op; else `ABSENT`. Of a device activity,
            `sequence` is the id of its node in a graph; of a launch that is held, the name of what it
            ran.
        inputs: for an op in `OPS_WITH_INPUTS`, index into the trace's inputs; else -1. Of a device
            activity, the index of torch's annotation of its node in a graph.
    """

    kind: npt.NDArray[np.int8] = field(metadata=_INT8)
    name: SmallInts = field(metadata=_INT32)
    thread: SmallInts = field(metadata=_INT32)
    ts: Ints = field(metadata=_INT64)
    dur: Ints = field(metadata=_INT64)
    link: Ints = field(metadata=_INT64)
    device: SmallInts = field(metadata=_INT32)
    stream: SmallInts = field(metadata=_INT32)
    sequence: Ints = field(metadata=_INT64)
    forward_thread: Ints = field(metadata=_INT64)
    inputs: SmallInts = field(metadata=_INT32)

    def of(self, *kinds: Kind) -> Ints:
        """Row numbers of the events of these kinds, in file order."""
        wanted = np.zeros(max(Kind) + 1, bool)
        wanted[list(kinds)] = True
        return np.flatnonzero(wanted[self.kind])


@dataclass(frozen=True, slots=True)
class MemoryEvents(Table):
    """Allocator events: one row per allocation (size > 0) or release (size < 0).

    Columns:
        thread: index into the trace's threads.
        ts: nanoseconds.
        size: bytes allocated or released.
        total: bytes allocated on that device after the event.
        device: -1 for the host, else the device's index.
    """

    thread: SmallInts = field(metadata=_INT32)
    ts: Ints = field(metadata=_INT64)
    size: Ints = field(metadata=_INT64)
    total: Ints = field(metadata=_INT64)
    device: SmallInts = field(metadata=_INT32)
