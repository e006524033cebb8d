"""The largest batch that fits into a memory limit: predicted from measured sizes, then tried."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from samprof.analysis.scaling.axis import BATCH_SIZE, Axis
from samprof.analysis.scaling.variant import EAGER
from samprof.errors import RunError, UsageError
from samprof.processes import environment, python
from samprof.sweeps.measure.engines import Engine
from samprof.sweeps.measure.job import Job
from samprof.sweeps.plan import Plan
from samprof.sweeps.run.stored.leftovers import TRY_PREFIX
from samprof.sweeps.run.stored.sample import Status
from samprof.sweeps.search.bracket import TOLERANCE, Bracket
from samprof.units import memory_limit_text, memory_text, units_like

MOST = 4096
_ASK = "import sys, torch; print(torch.cuda.mem_get_info(torch.device(sys.argv[1]))[0])"


@dataclass(frozen=True, slots=True)
class Probe:
    """What one size took.

    Attributes:
        peak_bytes: peak of the allocated memory; 0 where it did not run to its end.
        status: as for a point; oom also where the system killed the process.
        message: why the status is not ok.
    """

    peak_bytes: int
    status: Status = "ok"
    message: str = ""

    @property
    def taken(self) -> int | None:
        """The peak; None where it did not run to its end."""
        return self.peak_bytes if self.status == "ok" else None


@dataclass(frozen=True, slots=True)
class Largest:
    """The largest size that fits.

    Attributes:
        size: that size; 0 where none fits.
        peak_bytes: the memory that it took when it ran.
        predicted: the size that a fit of the sizes measured before predicted.
        limit_bytes: the memory that it has to fit into.
        tries: the sizes that were tried, in that order, with the bytes that they took; None where one
            ran out of memory.
        exact: one more does not fit, or may not be tried (`most`). Otherwise `too_large` is at most 5%
            larger, or all sizes in between are predicted above 1.5 times the limit.
        too_large: the smallest size known not to fit; None if none is known.
    """

    size: int
    peak_bytes: int
    predicted: int
    limit_bytes: int
    tries: tuple[tuple[int, int | None], ...]
    exact: bool
    too_large: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """The fields as plain data, for JSON."""
        return asdict(self) | {"tries": [list(one) for one in self.tries]}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Largest:
        """The object from what `as_dict` gave."""
        tries = tuple((int(size), peak) for size, peak in data["tries"])
        return cls(**{**data, "tries": tries})

    def text(self, axis: Axis, variant: str = EAGER) -> str:
        """A sentence.

        Example:
            >>> tries = ((38, 2_040_000_000), (37, 1_980_000_000))
            >>> Largest(37, 1_980_000_000, 38, 2 * 10**9, tries, True).text(BATCH_SIZE)
            'Largest batch within 2 GB: 37 with 1.98 GB (predicted 38; tried 38, 37).'
        """
        limit = f"within {memory_limit_text(self.limit_bytes)}"
        what = "batch" if axis == BATCH_SIZE else f"number of {axis.label}"
        what += f" ({variant})" if variant != EAGER else ""
        sizes = ", ".join(str(size) for size, _ in self.tries)
        tried = f"tried {sizes}" if sizes else "none tried"
        if self.size and all(size != self.size for size, _ in self.tries):
            tried += ", measured before"
        how = f"(predicted {self.predicted}; {tried})"
        if not self.size:
            none = "none fits" if self.exact else "none is predicted to fit"
            return f"Largest {what} {limit}: {none} {how}."
        taken = memory_text(self.peak_bytes, units_like(self.limit_bytes))
        about = "" if self.exact else f" {self._doubt()}"
        return f"Largest {what} {limit}: {self.size}{about} with {taken} {how}."

    def _doubt(self) -> str:
        near = self.size * (1 + TOLERANCE)
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
    """The largest size whose measured peak memory is within the limit.

    Args:
        measure_peak: runs one size, in a process of its own.
        limit_bytes: the limit.
        seen: peak memory of the sizes that were measured before.
        most: the largest size to consider.

    Returns:
        The size, exact or within 5%. No size is tried that the line through the largest ones that fit
        predicts above 1.5 times the limit.

    Raises:
        RunError: a try failed for a reason other than memory.
    """
    bracket = Bracket(limit_bytes, most, dict(seen))
    while (size := bracket.next_size()) is not None:
        probe = measure_peak(size)
        if probe.status in ("failed", "interrupted"):
            remedy = "see the message, or sweep without --memory-limit"
            if probe.status == "interrupted":
                remedy = "run the same command again"
            raise RunError("sweep", f"size {size}", probe.message or "the forward failed", remedy)
        bracket.take(size, probe.taken)
    return Largest(
        size=bracket.low,
        peak_bytes=bracket.peaks[bracket.low] if bracket.low else 0,
        predicted=bracket.predicted,
        limit_bytes=limit_bytes,
        tries=tuple(bracket.tries),
        exact=bracket.high - bracket.low == 1,
        too_large=bracket.high if bracket.high <= most else None,
    )


def probe(engine: Engine, plan: Plan, out: Path) -> Callable[[int], Probe]:
    """A function that runs one forward of a size and returns what it took.

    On a CPU nothing enforces the limit: the process takes what it needs, which is then compared.

    Args:
        engine: where the forward runs; one that starts a process per point.
        plan: what is measured.
        out: an existing directory for the temporary one of each try, on a disk that the engine's
            processes can reach.
    """

    def measure_peak(size: int) -> Probe:
        once = replace(plan, sizes=(size,), rounds=1, repeats=1, warmup=0)
        with tempfile.TemporaryDirectory(prefix=TRY_PREFIX, dir=out) as folder:
            sample = engine.measure(Job(once, size, Path(folder)))
        return Probe(sample.peak_memory_bytes, sample.status, sample.message)

    return measure_peak


def free_memory(device: str) -> int:
    """The bytes that are free on a CUDA device for a process that starts to use it.

    Raises:
        UsageError: it is not a CUDA device, which alone has memory of its own.
    """
    remedy = "give a limit, such as --memory-limit 2GB"
    if not device.startswith("cuda"):
        cause = "only a CUDA device reports how much of its memory is free"
        raise UsageError("sweep", f"free memory of {device}", cause, remedy)
    # Asked in a process that ends: a CUDA context in this one would take some of it for good.
    command = python("-c", _ASK, device)
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
    if done.returncode or not done.stdout.strip().isdecimal():
        raise UsageError(
            "sweep", f"free memory of {device}", "the device does not report it", remedy
        )
    return int(done.stdout)
