"""How each layer's time grows with the batch."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from samprof.analysis.axis import AXES, BATCH_SIZE, Axis
from samprof.analysis.fit import Floats, fit_rows

FREE, SUB_LINEAR, LINEAR, SUPER_LINEAR, UNCERTAIN = (
    "free",
    "sub-linear",
    "linear",
    "super-linear",
    "uncertain",
)
_BORDERS = ((0.1, FREE), (0.9, SUB_LINEAR), (1.1, LINEAR), (np.inf, SUPER_LINEAR))
_WORK = ("flops", "bytes", "ops_without_formula", "device_gap_ns", "launch_gap_ns")
WIDE = 0.2
"""A relative interquartile range above this is said in the row's note."""


def scaling_table(layers: pd.DataFrame, axis: Axis = AXES[BATCH_SIZE]) -> pd.DataFrame:
    """One row a path: its time at each batch size and how it grows.

    Args:
        layers: long form, as `Run.layers` gives it: path, depth, batch_size, repeat, time_ns, and
            where known type, role, clock.
        axis: what its sizes count; an image below is the axis' unit.

    Returns:
        Columns path, depth, type, role, clock; for each batch size b `time_ns_b`, `image_ns_b` (median
        time of a batch, and of an image in it) and `gain_b` (time an image at the smallest batch
        size over time an image at b); gain (at the largest b); fixed_ns and per_image_ns of
        time(b) = fixed + per_image * b; exponent of time ~ b^p with its 95 % interval exponent_low,
        exponent_high; class (free, sub-linear, linear, super-linear, or uncertain where the
        interval crosses a border); bound (unknown here; in `Run.scaling` that of the largest b); note.

    Example:
        >>> rows = [("net", 0, b, r, 10 * b) for b in (1, 2) for r in range(3)]
        >>> names = ["path", "depth", "batch_size", "repeat", "time_ns"]
        >>> table = scaling_table(pd.DataFrame(rows, columns=names))
        >>> table[["gain", "class"]].values.tolist()
        [[1.0, 'linear']]
    """
    sizes = sorted(layers["batch_size"].unique().tolist())
    order = layers.drop_duplicates("path").reset_index(drop=True)
    table = pd.DataFrame({"path": order["path"], "depth": order["depth"]})
    for name in ("type", "role", "clock"):
        table[name] = order.get(name, "")
    raw = [_repeats(layers[layers["batch_size"] == size], table["path"]) for size in sizes]
    medians = np.stack([np.median(values, axis=1) for values in raw], axis=1)
    amounts = np.array([axis.amount(size) for size in sizes], np.float64)
    table = pd.concat([table, _batch_columns(sizes, amounts, medians)], axis=1)
    return pd.concat([table, _growth(amounts, raw, medians)], axis=1)


def by_role(layers: pd.DataFrame) -> pd.DataFrame:
    """The same long form with one row a role: self times of its layers, so that nothing counts twice.

    Layers without a role go by their type; what a layer with rows below it does itself is the "rest
    of" its role; `(outside)` and `(no launch)` stay as they are.
    """
    label = layers["role"].where(layers["role"] != "", layers["type"])
    label = label.where(label != "", layers["path"])
    label = label.where(~layers["path"].isin(_with_rows_below(layers)), "rest of " + label)
    keys = ["batch_size", "variant", "repeat", "step", "clock"]
    work = [name for name in _WORK if name in layers]
    own = layers.assign(path=label, time_ns=layers["self_ns"], **_own(layers, work))
    grouped = own.groupby([*keys, "path"], sort=False, as_index=False)
    summed = grouped[["time_ns", "calls", *work]].sum()
    return summed.assign(depth=0, role=summed["path"], type="")


def _own(layers: pd.DataFrame, names: Sequence[str]) -> dict[str, pd.Series]:
    """Inclusive columns without what the rows directly below hold."""
    if not names:
        return {}
    around: dict[str, str] = {}
    above: list[str] = []
    rows = layers.drop_duplicates("path")
    for path, depth in zip(rows["path"], rows["depth"], strict=True):
        del above[int(depth) :]
        around[path] = above[-1] if above else ""
        above.append(path)
    keys = ["batch_size", "variant", "repeat"]
    inside = layers.assign(path=layers["path"].map(around)).groupby([*keys, "path"])[list(names)]
    places = pd.MultiIndex.from_frame(layers[[*keys, "path"]])
    below = inside.sum().reindex(places).fillna(0).to_numpy()
    return {name: layers[name] - below[:, place] for place, name in enumerate(names)}


def _with_rows_below(layers: pd.DataFrame) -> set[str]:
    """Paths that are followed by a deeper row, in the order in which layers were entered."""
    rows = layers.drop_duplicates("path")
    return set(rows["path"][rows["depth"].shift(-1, fill_value=0) > rows["depth"]])


def classify(low: float, high: float) -> str:
    """The class of growth that the whole interval of the exponent lies in.

    Example:
        >>> classify(0.95, 1.05), classify(0.85, 0.95)
        ('linear', 'uncertain')
    """
    if not (np.isfinite(low) and np.isfinite(high)):
        return UNCERTAIN
    first, last = (next(name for border, name in _BORDERS if p <= border) for p in (low, high))
    return first if first == last else UNCERTAIN


def batch_sizes_of(table: pd.DataFrame) -> list[int]:
    """The batch sizes that a scaling table has columns for."""
    prefix = "time_ns_"
    names = [str(name) for name in table.columns]
    return [int(name.removeprefix(prefix)) for name in names if name.startswith(prefix)]


def _repeats(layers: pd.DataFrame, paths: pd.Series) -> Floats:
    """Times of one batch size as `[paths, repeats]`; a layer that did not run took no time."""
    wide = layers.pivot_table(index="path", columns="repeat", values="time_ns", aggfunc="sum")
    return wide.reindex(paths).fillna(0.0).to_numpy(dtype=np.float64)


def _batch_columns(sizes: list[int], amounts: Floats, medians: Floats) -> pd.DataFrame:
    columns: dict[str, Floats] = {}
    images = medians / amounts
    for index, size in enumerate(sizes):
        columns[f"time_ns_{size}"] = medians[:, index]
        columns[f"image_ns_{size}"] = images[:, index]
        columns[f"gain_{size}"] = _ratio(images[:, 0], images[:, index])
    return pd.DataFrame(columns)


def _growth(amounts: Floats, raw: list[Floats], medians: Floats) -> pd.DataFrame:
    rows = len(medians)
    gain = _ratio(medians[:, 0] / amounts[0], medians[:, -1] / amounts[-1])
    missing = np.full(rows, np.nan)
    growth = {
        "gain": gain,
        **dict.fromkeys(
            ("fixed_ns", "per_image_ns", "exponent", "exponent_low", "exponent_high"), missing
        ),
        "class": np.full(rows, UNCERTAIN, dtype=object),
    }
    if len(amounts) > 1:
        fit = fit_rows(amounts, raw)
        growth |= {
            "fixed_ns": fit.fixed,
            "per_image_ns": fit.per_image,
            "exponent": fit.exponent,
            "exponent_low": fit.exponent_low,
            "exponent_high": fit.exponent_high,
            "class": np.array(
                [
                    classify(low, high)
                    for low, high in zip(fit.exponent_low, fit.exponent_high, strict=True)
                ],
                dtype=object,
            ),
        }
    growth["bound"] = np.full(rows, "unknown", dtype=object)
    growth["note"] = np.array(_notes(raw, medians), dtype=object)
    return pd.DataFrame(growth)


def _notes(raw: list[Floats], medians: Floats) -> list[str]:
    """Says which rows spread widely between repeats."""
    spread = np.zeros(len(medians))
    for index, values in enumerate(raw):
        low, high = np.percentile(values, [25, 75], axis=1)
        spread = np.maximum(spread, np.nan_to_num(_ratio(high - low, medians[:, index])))
    return [f"wide: interquartile range {value:.0%}" if value > WIDE else "" for value in spread]


def _ratio(above: Floats, below: Floats) -> Floats:
    result: Floats = np.divide(above, below, out=np.full(len(above), np.nan), where=below > 0)
    return result
