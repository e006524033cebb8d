"""A run for TensorBoard, as its tests know it, and its event files read back."""

import struct
from pathlib import Path

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

SIZES, VARIANTS = (1, 2), ("eager", "other")
POINTS = {"b0001": 1, "b0002": 2, "b0001-other": 1, "b0002-other": 2}
ON_DEVICE = "b0002"
MS, MIB = 1e6, 2**20


def events_in(folder: Path) -> EventAccumulator:
    """The event files of a folder, as TensorBoard reads them."""
    found = EventAccumulator(str(folder))
    return found.Reload()


def single(value: float) -> float:
    """The value as event files hold it, in 32 bits."""
    found: float = struct.unpack("f", struct.pack("f", value))[0]
    return found
