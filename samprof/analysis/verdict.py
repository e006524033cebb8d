"""Does batching help, which layers hold it back, which batch to run: from the measured points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from samprof.analysis.axis import AXES, BATCH_SIZE, Axis
from samprof.analysis.fit import INTERVAL, fit_rows, resampled_medians
from samprof.analysis.limits import NEAR_BEST, Choice, Limits, choose
from samprof.analysis.memory import memory_sentence
from samprof.analysis.scaling import WIDE, by_role, scaling_table
from samprof.errors import RunError
from samprof.markup import html_paragraphs
from samprof.units import digits, memory_text, time_text

HELPS = 1.05
"""Gains below this are not worth a larger batch."""
_GAINS_LITTLE = 1.1
_MOST_BLAMED = 3
_SMALLEST_SHARE = 0.05


@dataclass(frozen=True, slots=True)
class Blame:
    """A layer class that does not gain from a larger batch.

    Attributes:
        role: the layer class.
        share: its part of the time of an image at the largest batch.
        gain: its time an image at the smallest batch over that at the largest.
        bound: what limits it, see `samprof.analysis.roofline`; empty where not asked.
    """

    role: str
    share: float
    gain: float
    bound: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer of a sweep. `str()` gives it in sentences.

    Attributes:
        best_batch_size: the smallest whose throughput is within 5 % of the best that the limits
            allow; the smallest of all where they allow none.
        gain: throughput there over that at the smallest batch size.
        gain_low: lower end of the 95 % interval of the gain; the gain where there is one repeat only.
        gain_high: the upper end.
        images_per_s: throughput at the best batch size.
        blame: the layer classes that hold batching back, the costliest first.
        blame_details: the same with their share of the time and their gain.
        reason: why the gain is what it is.
        sentences: the verdict as text.
    """

    best_batch_size: int
    gain: float
    gain_low: float
    gain_high: float
    images_per_s: float
    blame: tuple[str, ...]
    blame_details: tuple[Blame, ...]
    reason: str
    sentences: tuple[str, ...]

    def __str__(self) -> str:
        return " ".join(self.sentences)

    def _repr_html_(self) -> str:
        return html_paragraphs(self.sentences)

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for JSON."""
        return asdict(self)


def verdict(
    points: pd.DataFrame,
    wall: Mapping[int, Sequence[int]],
    layers: pd.DataFrame,
    axis: Axis = AXES[BATCH_SIZE],
    *,
    memory_limit: int | None = None,
    latency_limit: int | None = None,
) -> Verdict:
    """The verdict on one variant.

    Args:
        points: as `Run.points` gives them, of one variant.
        wall: for each batch size the raw wall times of a forward in ns, without the profiler.
        layers: as `Run.layers` gives them, of the same variant.
        axis: what the sizes count.
        memory_limit: the most bytes that the best batch size may take.
        latency_limit: the most ns that a forward of it may take.

    Raises:
        RunError: no point is ok.
    """
    if not wall:
        remedy = "look at the messages of `samprof scaling`, then sweep smaller batch sizes"
        raise RunError("verdict", "the run", "no batch size ran to its end", remedy)
    sizes = sorted(wall)
    medians = np.array([np.median(wall[size]) for size in sizes])
    throughput = np.array([axis.amount(size) for size in sizes]) / medians * 1e9
    limits = Limits(memory_limit, latency_limit)
    ok = points[points["status"] == "ok"].set_index("batch_size")
    peaks = [float(value) for value in ok.loc[sizes, "peak_memory_bytes"]]
    choice = choose(throughput.tolist(), peaks, medians.tolist(), limits, axis)
    best, free = choice.index, choose(throughput.tolist(), peaks, medians.tolist(), Limits(), axis)
    gain, low, high = _gain(sizes, wall, best, axis)
    blame = _blame(layers, axis) if len(sizes) > 1 else ()
    reason = _reason(sizes, wall, axis)
    sentences = (
        _answer(sizes, free.index, throughput, wall, axis),
        *([_blame_sentence(blame, axis)] if blame else []),
        reason,
        _advice(sizes, choice, throughput, points, axis, limits.cost(peaks[-1], medians[-1]))
        if choice.allowed
        else _refusal(sizes[0], peaks[0], medians[0], limits, axis),
        _memory(sizes, peaks, axis) if limits else "",
        _doubt(sizes, wall, points, axis),
    )
    return Verdict(
        best_batch_size=sizes[best],
        gain=gain,
        gain_low=low,
        gain_high=high,
        images_per_s=float(throughput[best]),
        blame=tuple(entry.role for entry in blame),
        blame_details=blame,
        reason=reason,
        sentences=tuple(sentence for sentence in sentences if sentence),
    )


def _gain(
    sizes: list[int], wall: Mapping[int, Sequence[int]], index: int, axis: Axis
) -> tuple[float, float, float]:
    """Throughput of one batch size over that of the smallest, with its interval."""
    pair = [np.array([wall[sizes[i]]], dtype=np.float64) for i in (0, index)]
    scale = axis.amount(sizes[index]) / axis.amount(sizes[0])
    first, other = (float(np.median(times)) for times in pair)
    gain = scale * first / other
    if index == 0:
        return 1.0, 1.0, 1.0
    if min(times.shape[1] for times in pair) < 2:
        return gain, gain, gain
    drawn = resampled_medians(pair)[0]
    low, high = np.percentile(scale * drawn[:, 0] / drawn[:, 1], INTERVAL)
    return gain, float(low), float(high)


def _blame(layers: pd.DataFrame, axis: Axis) -> tuple[Blame, ...]:
    """The classes with the most time at the largest batch, among those that gain little."""
    roles = scaling_table(by_role(layers), axis)
    largest = int(layers["batch_size"].max())
    share = roles[f"image_ns_{largest}"] / roles[f"image_ns_{largest}"].sum()
    found = [
        Blame(str(role), float(part), float(gain))
        for role, part, gain in zip(roles["path"], share, roles["gain"], strict=True)
        if gain < _GAINS_LITTLE and part >= _SMALLEST_SHARE
    ]
    return tuple(sorted(found, key=lambda entry: -entry.share)[:_MOST_BLAMED])


def _answer(
    sizes: list[int],
    best: int,
    throughput: np.ndarray[Any, Any],
    wall: Mapping[int, Sequence[int]],
    axis: Axis,
) -> str:
    if len(sizes) == 1:
        rate = digits(float(throughput[0]))
        return f"One {axis.label} only ({sizes[0]}: {rate} {axis.unit}s/s): nothing to compare."
    fastest = int(np.argmax(throughput))
    index = fastest if fastest else len(sizes) - 1
    gain, low, high = _gain(sizes, wall, index, axis)
    measured = (
        f"{axis.text(sizes[index])} gives {digits(gain)} times the throughput of "
        f"{axis.text(sizes[0])} (95% interval {digits(low)} to {digits(high)})."
    )
    if best and low > HELPS:
        return f"{axis.subject} helps: {measured}"
    if high < 1 - NEAR_BEST:
        return f"{axis.subject} does not help, it costs: {measured}"
    if high < HELPS or low > HELPS or not best:
        return f"{axis.subject} {'barely helps' if gain >= 1 else 'does not help'}: {measured}"
    return f"{axis.subject} may help a little: {measured}"


def _blame_sentence(blame: tuple[Blame, ...], axis: Axis) -> str:
    parts = [
        f"{entry.role} ({entry.share:.0%} of {axis.an_unit}'s time, gain {digits(entry.gain)})"
        for entry in blame
    ]
    listed = parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
    verb = "holds" if len(parts) == 1 else "hold"
    return f"{listed} {verb} it back." if listed[0].isupper() else f"The {listed} {verb} it back."


def _reason(sizes: list[int], wall: Mapping[int, Sequence[int]], axis: Axis) -> str:
    """From the fit of the whole: what part of the smallest batch's time a larger one can share."""
    if len(sizes) == 1:
        return ""
    amounts = np.array([axis.amount(size) for size in sizes], np.float64)
    fit = fit_rows(amounts, [np.array([wall[size]], np.float64) for size in sizes])
    fixed, per_image = float(fit.fixed[0]), float(fit.per_image[0])
    one = fixed + per_image * amounts[0]
    if fixed == 0:
        cost = time_text(per_image)
        return f"By the fit, {axis.whole} shares nothing: each {axis.unit} costs {cost}."
    return (
        f"By the fit, {axis.whole} costs {time_text(fixed)} once and {time_text(per_image)} "
        f"{axis.an_unit}: {fixed / one:.0%} of {axis.text(sizes[0])} is what {axis.larger} can "
        "share."
    )


def _doubt(
    sizes: list[int], wall: Mapping[int, Sequence[int]], points: pd.DataFrame, axis: Axis
) -> str:
    """Says when the measurements differ so much among themselves that the answer may be chance."""
    doubts = []
    ok = points[points["status"] == "ok"].sort_values("distortion")
    fastest, slowest = ok.iloc[0], ok.iloc[-1]
    if fastest["distortion"] < 1 - WIDE:
        doubts.append(
            f"at {axis.text(fastest['batch_size'])} forwards took {1 / fastest['distortion']:.2f} times "
            "as long without the profiler as under it: warm up more, or on a quieter machine"
        )
    if slowest["distortion"] > 1 + WIDE:
        doubts.append(
            f"at {axis.text(slowest['batch_size'])} forwards took {slowest['distortion']:.2f} times as "
            "long under the profiler, which the layer times share"
        )
    spreads = [np.subtract(*np.percentile(wall[b], [75, 25])) / np.median(wall[b]) for b in sizes]
    worst = int(np.argmax(spreads))
    if spreads[worst] > WIDE:
        doubts.append(f"the repeats at {axis.text(sizes[worst])} spread by {spreads[worst]:.0%}")
    return f"Take this with care: {'; '.join(doubts)}." if doubts else ""


def _advice(
    sizes: list[int],
    choice: Choice,
    throughput: np.ndarray[Any, Any],
    points: pd.DataFrame,
    axis: Axis,
    largest: str,
) -> str:
    best = choice.index
    ok = points[points["status"] == "ok"].set_index("batch_size")
    memory = memory_text(float(ok.loc[sizes[best], "peak_memory_bytes"]))  # type: ignore[arg-type]
    rate = digits(float(throughput[best]))
    text = f"Run {axis.text(sizes[best])}: {rate} {axis.unit}s/s with {memory}"
    if choice.why:
        text += f", {choice.why}"
    if sizes[best] != sizes[-1]:
        text += f" ({axis.text(sizes[-1])} takes {largest})"
    too_big = points.loc[points["status"] == "oom", "batch_size"].tolist()
    if too_big:
        text += f"; {axis.text(min(too_big))} did not fit in memory"
    return f"{text}."


def _refusal(size: int, peak: float, wall: float, limits: Limits, axis: Axis) -> str:
    return (
        f"No measured {axis.label} is {limits.text(axis)}: {axis.text(size)} takes "
        f"{limits.cost(peak, wall)}."
    )


def _memory(sizes: list[int], peaks: list[float], axis: Axis) -> str:
    return memory_sentence(
        {axis.amount(size): round(peak) for size, peak in zip(sizes, peaks, strict=True)}, axis
    )
