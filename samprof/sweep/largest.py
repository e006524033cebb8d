"""The largest batch that fits into so much memory: predicted from what was measured, then tried."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from samprof.analysis.axis import Axis
from samprof.errors import RunError, UsageError
from samprof.sweep.bracket import TOLERANCE, Bracket
from samprof.sweep.engines import Engine, Job
from samprof.sweep.plan import EAGER, Plan
from samprof.sweep.point import Status
from samprof.units import memory_limit_text, memory_text, units_like

AXES_OF_BATCHES = ("batch-size", "prompts")
MOST = 4096
_ASK = "import sys, torch; print(torch.cuda.mem_get_info(torch.device(sys.argv[1]))[0])"


@dataclass(frozen=True, slots=True)
class Probe:
    """What one size took.

    Attributes:
        peak_bytes: most memory that was allocated; 0 where it did not get through.
        status: as of a point; oom also where the system killed the process.
        message: why it is not ok.
    """

    peak_bytes: int
    status: Status = "ok"
    message: str = ""

    @property
    def taken(self) -> int | None:
        """The peak, where it got through."""
        return self.peak_bytes if self.status == "ok" else None


@dataclass(frozen=True, slots=True)
class Largest:
    """The largest size that fits.

    Attributes:
        batch_size: that size; 0 where none fits.
        peak_bytes: what it really took.
        predicted: the size that the fit of what was seen before promised.
        limit_bytes: the memory that it was to fit in.
        tries: each size that was tried, in that order, with the bytes that it took; None where it ran
            out of memory.
        exact: one more does not fit, or was not to be tried (`most`). Otherwise `too_large` is at most
            5 % larger, or all sizes between are predicted above 1.5 times the limit.
        too_large: the smallest size known not to fit; None if none is known.
    """

    batch_size: int
    peak_bytes: int
    predicted: int
    limit_bytes: int
    tries: tuple[tuple[int, int | None], ...]
    exact: bool
    too_large: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for JSON."""
        return asdict(self) | {"tries": [list(one) for one in self.tries]}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Largest:
        """The same from plain data."""
        tries = tuple((int(size), peak) for size, peak in data["tries"])
        return cls(**{**data, "tries": tries})

    def text(self, axis: Axis, variant: str = EAGER) -> str:
        """A sentence.

        Example:
            >>> from samprof.analysis.axis import AXES
            >>> tries = ((38, 2_040_000_000), (37, 1_980_000_000))
            >>> Largest(37, 1_980_000_000, 38, 2 * 10**9, tries, True).text(AXES["batch-size"])
            'Largest batch within 2 GB: 37 with 1.98 GB (predicted 38; tried 38, 37).'
        """
        limit = f"within {memory_limit_text(self.limit_bytes)}"
        what = {"batch-size": "batch"}.get(axis.name, f"number of {axis.label}")
        what += f" ({variant})" if variant != EAGER else ""
        sizes = ", ".join(str(size) for size, _ in self.tries)
        tried = f"tried {sizes}" if sizes else "none tried"
        if self.batch_size and all(size != self.batch_size for size, _ in self.tries):
            tried += ", measured before"
        how = f"(predicted {self.predicted}; {tried})"
        if not self.batch_size:
            none = "none fits" if self.exact else "none is predicted to fit"
            return f"Largest {what} {limit}: {none} {how}."
        taken = memory_text(self.peak_bytes, units_like(self.limit_bytes))
        about = "" if self.exact else f" {self._doubt()}"
        return f"Largest {what} {limit}: {self.batch_size}{about} with {taken} {how}."

    def _doubt(self) -> str:
        near = self.batch_size * (1 + TOLERANCE)
        if self.too_large is not None and self.too_large <= near:
            return f"(to within {TOLERANCE:.0%}: {self.too_large} does not fit)"
        return "(more is predicted far above it)"


def largest_batch(
    measure_peak: Callable[[int], Probe],
    limit_bytes: int,
    seen: Mapping[int, int],
    *,
    most: int = MOST,
) -> Largest:
    """The largest size whose peak memory, really taken, is within the limit.

    Args:
        measure_peak: takes one size, in a process of its own.
        limit_bytes: the limit.
        seen: peak memory of the sizes that are measured already.
        most: the largest size to think of.

    Returns:
        The size, known exactly or within 5 %. No size is tried that the line through the largest ones
        that fit sees above 1.5 times the limit.

    Raises:
        RunError: a try failed for another reason than memory.
    """
    bracket = Bracket(limit_bytes, most, dict(seen))
    while (size := bracket.next_size()) is not None:
        probe = measure_peak(size)
        if probe.status == "failed":
            remedy = "see the message, or sweep without --memory-limit"
            raise RunError("sweep", f"size {size}", probe.message or "it failed", remedy)
        bracket.take(size, probe.taken)
    return Largest(
        batch_size=bracket.low,
        peak_bytes=bracket.peaks[bracket.low] if bracket.low else 0,
        predicted=bracket.predicted,
        limit_bytes=limit_bytes,
        tries=tuple(bracket.tries),
        exact=bracket.high - bracket.low == 1,
        too_large=bracket.high if bracket.high <= most else None,
    )


def probe(engine: Engine, plan: Plan, out: Path) -> Callable[[int], Probe]:
    """A function that runs one forward of a size and gives what it took.

    Nothing holds a process on a CPU to a limit: it takes what it takes, which is then compared.

    Args:
        engine: where; one that takes a process of its own a point.
        plan: what is measured.
        out: an existing directory below which each try has a temporary one, on a disk that the
            engine's processes reach.
    """

    def measure_peak(size: int) -> Probe:
        once = replace(plan, batch_sizes=(size,), repeats=1, warmup=0, processes=1)
        with tempfile.TemporaryDirectory(prefix=".largest-", dir=out) as folder:
            point = engine.measure(Job(once, size, Path(folder)), lambda _: None)
        return Probe(point.peak_memory_bytes, point.status, point.message)

    return measure_peak


def free_memory(device: str) -> int:
    """Bytes that are free on a CUDA device, as a process that begins to use it finds them.

    Raises:
        UsageError: it is no CUDA device, which has no memory of its own to fill.
    """
    remedy = "give a limit, such as --memory-limit 2GB"
    if not device.startswith("cuda"):
        cause = "only a CUDA device says how much memory is free for it"
        raise UsageError("sweep", f"free memory of {device}", cause, remedy)
    # Asked in a process that ends: a context in this one would take some of it for good.
    command = [sys.executable, "-c", _ASK, device]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode or not done.stdout.strip().isdecimal():
        raise UsageError("sweep", f"free memory of {device}", "it does not say", remedy)
    return int(done.stdout)
