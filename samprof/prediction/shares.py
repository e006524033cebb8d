"""What classes of ops reach of a device's peaks: fitted from real traces, kept in a small file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from samprof.prediction.devices import Device
from samprof.prediction.work import (
    BATCH_NORM,
    CONV,
    CONVOLUTIONS,
    COPY,
    ELEMENTWISE,
    MATMUL,
    NORM,
    PATCHES,
    SKINNY,
    UNKNOWN,
)

if TYPE_CHECKING:
    import pandas as pd

_FILE = Path(__file__).with_name("shares.json")
_ERROR_FILE = Path(__file__).with_name("error.json")
_LEAST_FLOORS = 3
"""An op that would not take so many floors at the peaks tells of launches, not of peaks."""
FLOOR_NS = 2_000
_MOST = 1.0
_NEAREST = {PATCHES: CONV, CONV: PATCHES, BATCH_NORM: NORM, SKINNY: MATMUL}
"""Class -> the one whose share is taken where no trace shows it; else that of products."""
_USUAL = 0.5
"""The share of a class of which no trace tells anything."""


@dataclass(frozen=True, slots=True)
class Shares:
    """Reached shares, from 0 to 1.

    Attributes:
        computing: of the peak of FLOPs, by "class/precision" (float32, tf32, half).
        moving: of the bandwidth, by class.
        floor_ns: what the smallest kernel takes.
        sources: the traces that they were fitted from.
    """

    computing: Mapping[str, float]
    moving: Mapping[str, float]
    floor_ns: int = FLOOR_NS
    sources: Sequence[Mapping[str, Any]] = field(default_factory=tuple)

    def compute(self, kind: str, dtype: str) -> float:
        """The share of the peak of FLOPs that a class reaches; of the nearest class that is known."""
        precision = precision_of(kind, dtype)
        kinds = (kind, _NEAREST.get(kind, kind), MATMUL)
        keys = [f"{one}/{precision}" for one in kinds]
        keys += [f"{one}/{other}" for one in kinds for other in ("half", "float32", "tf32")]
        return next((self.computing[key] for key in keys if key in self.computing), _USUAL)

    def of_measured_peaks(self) -> Shares:
        """The same of peaks that were measured by a large product and a large copy.

        These two reach a share of the datasheet's peaks themselves, that of their class: of what they
        measured they reach all, and every other class so much less or more. Nothing reaches more than
        they do. Of products in TF32 no trace tells: they count as those in half precision do.

        Example:
            >>> shares = Shares({"matmul/half": 0.8, "attention/half": 0.4}, {"copy": 0.9, "norm": 0.3})
            >>> found = shares.of_measured_peaks()
            >>> found.compute("matmul", "bfloat16"), found.compute("attention", "bfloat16")
            (1.0, 0.5)
            >>> round(found.memory("norm"), 3)
            0.333
        """
        computing = {
            key: min(share / self._of_products(key.rpartition("/")[2]), _MOST)
            for key, share in self.computing.items()
        }
        copied = self.memory(COPY)
        moving = {kind: min(share / copied, _MOST) for kind, share in self.moving.items()}
        return replace(self, computing=computing, moving=moving)

    def _of_products(self, precision: str) -> float:
        keys = [f"{MATMUL}/{one}" for one in (precision, "half", "float32")]
        return next((self.computing[key] for key in keys if key in self.computing), _USUAL)

    def memory(self, kind: str) -> float:
        """The share of the bandwidth that a class reaches; of elementwise ops where it is not known."""
        keys = (kind, _NEAREST.get(kind, kind), ELEMENTWISE)
        return next((self.moving[key] for key in keys if key in self.moving), _USUAL)


def precision_of(kind: str, dtype: str) -> str:
    """What its products are computed in: float32 by ordinary units, tf32, or half by matrix units."""
    if dtype in ("bfloat16", "float16"):
        return "half"
    return "tf32" if kind in CONVOLUTIONS else "float32"


def load_shares() -> Shares:
    """The shares that come with samprof."""
    return msgspec.json.decode(_FILE.read_bytes(), type=Shares)


def expected_error() -> Mapping[str, Any]:
    """The error found by leaving published numbers out, as `python -m bench.predicted` wrote it."""
    found: dict[str, Any] = msgspec.json.decode(_ERROR_FILE.read_bytes())
    return found


def fit_shares(works: Iterable[tuple[pd.DataFrame, Device, Mapping[str, Any]]]) -> Shares:
    """The shares that ops of real traces reached: of each class the ideal time over the measured.

    An op counts for the limit that is nearer: FLOPs, where they would take longer at the peaks than its
    bytes. Each op with its shapes counts once, so that a program that repeats one does not decide, and
    each device counts the same.

    Args:
        works: of each trace its ops with their measured times (`work_of`), the device, and what to say
            of it.
    """
    import pandas as pd

    tables, sources = [], []
    for work, device, about in works:
        tables.append(_ideal(work, device).assign(device=device.name))
        sources.append(dict(about))
    ops = pd.concat(tables, ignore_index=True)
    floor = _floor(ops)
    ops["over_ns"] = ops["time_ns"] - floor * ops["kernels"].clip(lower=1)
    ideal = ops[["compute_ns", "memory_ns"]].max(axis=1)
    tells = (ideal >= _LEAST_FLOORS * floor) & (ops["over_ns"] > 0) & (ops["kind"] != UNKNOWN)
    ops = ops[tells]
    computing = ops[ops["compute_ns"] > ops["memory_ns"]]
    moving = ops.drop(computing.index)
    return Shares(
        _by_key(computing, "compute_ns", computing["kind"] + "/" + computing["precision"]),
        _by_key(moving, "memory_ns", moving["kind"]),
        floor,
        sources,
    )


def _ideal(work: pd.DataFrame, device: Device) -> pd.DataFrame:
    from samprof.prediction.times import ideal_times

    measured = work[work["time_ns"] > 0]
    # Of lists of tensors, of integers and of doubles the traces tell too little, or what is unusual.
    measured = measured[measured["dtype"] != ""]
    table = measured.join(ideal_times(measured, device))
    pairs = zip(measured["kind"], measured["dtype"], strict=True)
    table["precision"] = [precision_of(*pair) for pair in pairs]
    return table


def _floor(ops: pd.DataFrame) -> int:
    """The median of kernels that have next to nothing to do."""
    ideal = ops[["compute_ns", "memory_ns"]].max(axis=1)
    tiny = ops[(ideal < 100) & (ops["kernels"] == 1)]
    return round(float(tiny["time_ns"].median())) if len(tiny) else FLOOR_NS


def _by_key(ops: pd.DataFrame, ideal: str, keys: pd.Series) -> dict[str, float]:
    """Of each key the median share of its distinct ops; the geometric mean over devices."""
    found = {}
    shares = (ops[ideal] / ops["over_ns"]).rename("share")
    same = [ops[name] for name in ("device", "op", "flops", "bytes", "m", "n")]
    distinct = shares.groupby([keys.rename("key"), *same]).median().reset_index()
    for key, rows in distinct.groupby("key"):
        medians = np.log(rows.groupby("device")["share"].median())
        found[str(key)] = round(min(float(np.exp(medians.mean())), _MOST), 3)
    return found
