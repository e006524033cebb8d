"""Robust fits of time against batch size, with intervals from the raw repeats.

Slopes are Theil-Sen (Theil 1950, Sen 1968): the median over all pairs of batch sizes, which one
bad point cannot move far. Intervals are percentile bootstraps (Efron 1979): the repeats of each batch
size are drawn again with replacement, and everything is fitted anew.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

DRAWS = 500
INTERVAL = (2.5, 97.5)
_SEED = 0


@dataclass(frozen=True, slots=True)
class Fit:
    """Fits of many rows at once; every field is `[rows]`.

    Attributes:
        fixed: cost of a batch whatever its size; never negative.
        per_image: cost that each image adds; never negative.
        exponent: p of time ~ b^p.
        exponent_low, exponent_high: 95 % interval of it; nan where there is one repeat only.
    """

    fixed: Floats
    per_image: Floats
    exponent: Floats
    exponent_low: Floats
    exponent_high: Floats


def fit_rows(sizes: Floats, times: list[Floats]) -> Fit:
    """Fits `time(b) = fixed + per_image * b` and `time ~ b^p` to each row.

    Args:
        sizes: `[batches]`, ascending, at least two.
        times: for each batch size `[rows, repeats]`; repeats may differ between batch sizes.

    Example:
        >>> line = [np.array([[3.0 + 2 * b] * 3]) for b in (1, 2, 4)]
        >>> fit = fit_rows(np.array([1.0, 2.0, 4.0]), line)
        >>> fit.fixed.item(), fit.per_image.item()
        (3.0, 2.0)
    """
    medians = np.stack([np.median(raw, axis=1) for raw in times], axis=1)
    fixed, per_image = _line(sizes, medians)
    exponent = _exponent(sizes, medians)
    low, high = np.full(len(medians), np.nan), np.full(len(medians), np.nan)
    if min(raw.shape[1] for raw in times) > 1:
        drawn = _exponent(sizes, resampled_medians(times))
        low, high = np.percentile(drawn, INTERVAL, axis=1)
    return Fit(fixed, per_image, exponent, low, high)


def resampled_medians(times: list[Floats], draws: int = DRAWS) -> Floats:
    """Medians of the repeats drawn again with replacement.

    Args:
        times: for each batch size `[rows, repeats]`.
        draws: how often.

    Returns:
        `[rows, draws, batches]`. All rows share the draws: their repeats were taken together.
    """
    generator = np.random.default_rng(_SEED)
    columns = []
    for raw in times:
        picks = generator.integers(raw.shape[1], size=(draws, raw.shape[1]))
        columns.append(np.median(raw[:, picks], axis=2))
    return np.stack(columns, axis=2)


def _slopes(x: Floats, y: Floats) -> Floats:
    """The median slope over all pairs; x `[batches]`, y `[..., batches]`."""
    first, second = np.triu_indices(len(x), k=1)
    slopes = (y[..., second] - y[..., first]) / (x[second] - x[first])
    result: Floats = np.median(slopes, axis=-1)
    return result


def _line(sizes: Floats, medians: Floats) -> tuple[Floats, Floats]:
    slope = _slopes(sizes, medians)
    fixed = np.median(medians - slope[:, None] * sizes, axis=1)
    # Neither cost can be negative: the nearest line that makes sense is taken instead.
    per_image = np.where(fixed < 0, np.median(medians / sizes, axis=1), slope)
    fixed = np.where(slope < 0, np.median(medians, axis=1), np.maximum(fixed, 0.0))
    return fixed, np.maximum(np.where(slope < 0, 0.0, per_image), 0.0)


def _exponent(sizes: Floats, medians: Floats) -> Floats:
    """Is nan for rows that are zero somewhere: they have no logarithm."""
    positive = np.all(medians > 0, axis=-1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.where(positive, np.log(np.where(positive, medians, 1.0)), np.nan)
    return _slopes(np.log(sizes), logs)
