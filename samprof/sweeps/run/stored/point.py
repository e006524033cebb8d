"""One point of a sweep: a size of a variant, with the samples of all its processes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from samprof.analysis.scaling.variant import EAGER
from samprof.errors import RunError
from samprof.sweeps.run.stored.sample import Sample, Status
from samprof.sweeps.run.stored.schema import is_variant

SCHEMA = 2


@dataclass(frozen=True, slots=True)
class Point:
    """One size of one variant.

    Attributes:
        size, variant: which.
        samples: what was measured of it, in the order of time.
    """

    size: int
    variant: str
    samples: tuple[Sample, ...] = ()

    @property
    def key(self) -> str:
        """The name of the point's files."""
        return point_key(self.size, self.variant)

    @property
    def status(self) -> Status:
        """ok; or what kept its samples from being measured."""
        if any(sample.status == "ok" for sample in self.samples):
            return "ok"
        return self.samples[-1].status if self.samples else "failed"

    @property
    def message(self) -> str:
        """Why it is not ok; empty if it is."""
        return self.samples[-1].message if self.samples and self.status != "ok" else ""

    @property
    def timed(self) -> tuple[Sample, ...]:
        """Its samples with forwards that were timed without the profiler."""
        return tuple(sample for sample in self.samples if sample.is_timed)

    @property
    def recorded(self) -> tuple[Sample, ...]:
        """Its samples with forwards that were recorded."""
        return tuple(sample for sample in self.samples if sample.is_recorded)

    @property
    def trace(self) -> str:
        """The trace file of its last recording, relative to the run directory; empty if none."""
        return next((one.trace for one in reversed(self.samples) if one.trace), "")

    @property
    def span_ns(self) -> Sequence[int]:
        """Where in that file the point's forward is; empty where the file holds this point alone."""
        found = next((one.span_ns for one in reversed(self.samples) if one.trace), [])
        return found if [type(one) for one in found] == [int, int] else []

    @property
    def components(self) -> Mapping[str, list[Any]]:
        """The component table of its last recording, column -> values."""
        return self.recorded[-1].components if self.recorded else {}

    @property
    def check(self) -> Mapping[str, Any]:
        """The time accounting of its last recording."""
        return self.recorded[-1].check if self.recorded else {}

    @property
    def units(self) -> float:
        """Units of work in one forward; 0 where not known."""
        return next((one.units for one in self.samples if one.units), 0.0)

    def with_sample(self, sample: Sample) -> Point:
        """The point with one more sample, which takes the place of those that were interrupted."""
        kept = (one for one in self.samples if one.status != "interrupted")
        return replace(self, samples=(*kept, sample))

    def as_dict(self) -> dict[str, Any]:
        """Plain data for the point's file."""
        samples = [sample.as_dict() for sample in self.samples]
        return {
            "schema": SCHEMA,
            "size": self.size,
            "variant": self.variant,
            "samples": samples,
        }

    def as_bytes(self) -> bytes:
        """What stands in the point's file."""
        return json.dumps(self.as_dict(), separators=(",", ":")).encode()

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], source: object) -> Point:
        """The point in a file's data.

        Raises:
            RunError: the data is not that of a point, or of an earlier samprof.
        """
        again = "delete the file and resume the sweep"
        if data.get("schema") != SCHEMA:
            cause = "written by another version of samprof"
            remedy = "measure again: the same samprof sweep with --fresh"
            raise RunError("read", source, cause, remedy)
        samples = data.get("samples")
        size, variant = data.get("size"), data.get("variant")
        if not isinstance(samples, list) or type(size) is not int or not isinstance(variant, str):
            raise RunError("read", source, "not a point", again)
        if size < 1 or not is_variant(variant):
            raise RunError("read", source, "not a point", again)
        if not all(isinstance(sample, dict) for sample in samples):
            raise RunError("read", source, "not a point", again)
        found = tuple(Sample.from_dict(one, source) for one in samples)
        if any((one.size, one.variant) != (size, variant) for one in found):
            raise RunError("read", source, "samples of another point", again)
        return cls(size, variant, found)


def point_key(size: int, variant: str) -> str:
    """The name of a point's file and trace folder.

    Example:
        >>> point_key(4, "eager"), point_key(16, "bf16")
        ('b0004', 'b0016-bf16')
    """
    return f"b{size:04d}" + ("" if variant == EAGER else f"-{variant}")
