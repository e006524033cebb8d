"""Does batching help, which layers hold it back, which size to run: from the measured points."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from samprof.analysis.device.memory import memory_sentence
from samprof.analysis.device.paging import Paging
from samprof.analysis.scaling.axis import BATCH_SIZE, Axis
from samprof.analysis.scaling.measured import measured
from samprof.analysis.statistics.expected_error import ExpectedError, with_expected
from samprof.analysis.verdict.advice import advice, doubts, no_size_ran, seen_only, too_large
from samprof.analysis.verdict.blame import Blame, blame_sentence, blamed
from samprof.analysis.verdict.growth import growth_sentence
from samprof.analysis.verdict.limits import Choice, Limits, choose
from samprof.analysis.verdict.whole import HELPS, UNDECIDED, claim_of, whole_speedups
from samprof.analysis.verdict.wording import sentence
from samprof.errors import RunError
from samprof.markup import html_paragraphs
from samprof.printable import printable

_WIDTH = 100


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer of a sweep. `str()` gives it in sentences.

    Attributes:
        best_size: the smallest whose throughput is within 5 % of the best that the limits allow; the
            smallest that they allow where no larger one is proven to be faster; the smallest of all
            where they allow none, or where there is no clean answer.
        speedup: throughput there over that at the smallest size; NaN without a clean answer.
        speedup_low: lower end of its 95 % interval; NaN where fewer than two processes tell.
        speedup_high: the upper end.
        claim: helps, no gain, hurts or undecided: what larger sizes do, proven at 95 %.
        units_per_s: throughput at the best size; NaN without a clean answer.
        blame: the layer classes that hold larger sizes back, the costliest first; nobody is blamed for
            what the host does.
        blame_details: the same with their share of the time and their speed-up.
        reason: why the speed-up is what it is, or why it is undecided.
        remedy: what to do about it, where the host is the reason; else empty.
        sentences: the verdict as text.
    """

    best_size: int
    speedup: float
    speedup_low: float
    speedup_high: float
    claim: str
    units_per_s: float
    blame: tuple[str, ...]
    blame_details: tuple[Blame, ...]
    reason: str
    remedy: str
    sentences: tuple[str, ...]

    def __repr__(self) -> str:
        return textwrap.fill(f"<Verdict: {self}>", _WIDTH, break_long_words=False)

    def __str__(self) -> str:
        return printable(" ".join(self.sentences))

    def _repr_html_(self) -> str:
        return html_paragraphs(self.sentences)

    @property
    def recommended(self) -> int | None:
        """The size to run; None where nothing proves it."""
        return None if self.claim == UNDECIDED else self.best_size

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for JSON; None for a number that is not known."""
        return {
            name: None if isinstance(value, float) and math.isnan(value) else value
            for name, value in asdict(self).items()
        }


def verdict(
    points: pd.DataFrame,
    wall: pd.DataFrame,
    layers: pd.DataFrame,
    axis: Axis = BATCH_SIZE,
    *,
    limits: Limits = Limits(),  # noqa: B008 - frozen
    paging: Paging | None = None,
    undecided: str = "",
    remarks: Sequence[str] = (),
    error: ExpectedError | None = None,
) -> Verdict:
    """The verdict on one variant.

    Args:
        points: as `Run.points` gives them, of one variant.
        wall: one row per timed process, clean and of one state: size, round, wall_ns (of one batch).
        layers: as `Run.layers` gives them, of the same variant and state.
        axis: what the sizes count.
        limits: what the best size may take at most.
        paging: what is lost to paging, see `samprof.analysis.device.paging.paging_of`.
        undecided: why there is no clean answer, if there is none: "foreign processes used 0.70 of the
            CPU". Then no number is given.
        remarks: what else is to be said, such as the answer in the machine's other state.
        error: what to expect of numbers that were predicted; None where they were measured.

    Raises:
        RunError: no size ran to its end.
    """
    if wall.empty:
        raise RunError("verdict", "the run", *no_size_ran(points, axis))
    speedups = with_expected(whole_speedups(wall, axis), error)
    claim = claim_of(speedups, axis, undecided)
    is_open = claim.word == UNDECIDED
    blame = () if paging else blamed(layers, axis, claim.word, error)
    reason = "" if is_open else growth_sentence(wall, speedups, axis)
    reason = paging.reason(axis.unit) if paging else reason
    sizes = speedups["size"].tolist()
    ok = measured(points).set_index("size")
    peaks = [float(value) for value in ok.loc[sizes, "peak_memory_bytes"]]
    choice = choose(
        speedups["speedup"].tolist(),
        peaks,
        speedups["wall_ns"].tolist(),
        limits,
        axis,
        larger_are_faster=claim.word == HELPS or (is_open and error is not None),
    )
    best = speedups.iloc[choice.index]
    if undecided:
        best = speedups.iloc[0].where(speedups.columns == "size")
        reason = reason if paging else ""
    said = (
        claim.sentence,
        reason,
        paging.advice() if paging else "",
        blame_sentence(blame, axis),
        *_advice(speedups, choice, peaks, points, limits, axis, undecided, is_open=is_open),
        memory_sentence(_known_peaks(sizes, peaks, axis), axis) if limits else "",
        "" if undecided else doubts(points, wall, axis),
        *map(sentence, remarks),
    )
    return Verdict(
        best_size=int(best["size"]),
        speedup=float(best["speedup"]),
        speedup_low=float(best["speedup_low"]),
        speedup_high=float(best["speedup_high"]),
        claim=claim.word,
        units_per_s=float(best["units_per_s"]),
        blame=tuple(entry.role for entry in blame),
        blame_details=blame,
        reason=reason or claim.why_undecided,
        remedy=paging.remedy if paging else "",
        sentences=tuple(text for text in said if text),
    )


def _advice(
    speedups: pd.DataFrame,
    choice: Choice,
    peaks: list[float],
    points: pd.DataFrame,
    limits: Limits,
    axis: Axis,
    undecided: str,
    *,
    is_open: bool,
) -> tuple[str, ...]:
    """Which size to run, where the measurements allow to say so."""
    if undecided or (is_open and not limits):
        seen = "" if undecided or len(speedups) == 1 else seen_only(speedups, points, axis)
        return seen, sentence(too_large(points, axis))
    return (advice(speedups, choice, peaks, points, limits, axis),)


def _known_peaks(sizes: Sequence[int], peaks: Sequence[float], axis: Axis) -> dict[float, int]:
    pairs = zip(sizes, peaks, strict=True)
    return {axis.amount(size): round(peak) for size, peak in pairs if not math.isnan(peak)}
