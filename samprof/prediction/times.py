"""How long an op takes on a device: the roofline with the share of each peak that its class reaches.

    time = floor + max(FLOPs / (peak x share x filled), bytes / (bandwidth x share))

The floor is what the smallest kernel takes. Products and attention are computed in tiles, of which each
core takes one at a time: `filled` is the part of the last wave's and the last tiles' work that is wanted
(tile and wave quantisation). Shares are those of `samprof.prediction.shares`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from samprof.analysis.device.roofline import COMPUTE, LAUNCH, MEMORY
from samprof.prediction.work import (
    ATTENTION,
    COMPUTING,
    CONVOLUTIONS,
    MASKED,
    MATMUL,
    NARROW,
    SKINNY,
)

if TYPE_CHECKING:
    import pandas as pd

    from samprof.prediction.devices import Device
    from samprof.prediction.shares import Shares

Floats = npt.NDArray[np.float64]
_TILES = ((128, 128, 1.0), (128, 64, 0.85), (64, 64, 0.65))
"""Rows and columns of a tile, and how well a core runs it beside the largest: smaller tiles read each
factor more often."""


def op_times(work: pd.DataFrame, device: Device, shares: Shares) -> pd.DataFrame:
    """One row per op of `work`: time_ns and bound (compute, memory, or launch where the floor is most).

    Args:
        work: see `samprof.prediction.work.work_of`.
        device: where it runs.
        shares: what classes of ops reach.

    Raises:
        UsageError: the device has no units for a dtype in it.
    """
    import pandas as pd

    ideal = ideal_times(work, device)
    reached_c = _mapped(work, lambda kind, dtype: shares.compute(kind, dtype))
    reached_m = _mapped(work, lambda kind, _: shares.memory(kind))
    computing = ideal["compute_ns"].to_numpy() / reached_c
    moving = ideal["memory_ns"].to_numpy() / reached_m
    most = np.maximum(computing, moving)
    bound = np.where(computing >= moving, COMPUTE, MEMORY)
    bound = np.where(most < shares.floor_ns, LAUNCH, bound)
    time = np.rint(most + shares.floor_ns).astype(np.int64)
    return pd.DataFrame({"time_ns": time, "bound": bound}, index=work.index)


def ideal_times(work: pd.DataFrame, device: Device) -> pd.DataFrame:
    """One row per op: compute_ns at the peak of its dtype with its tiles and waves; memory_ns.

    Raises:
        UsageError: the device has no units for a dtype in it.
    """
    import pandas as pd

    kinds, dtypes = work["kind"].to_numpy(), work["dtype"].to_numpy()
    peak = np.full(len(work), np.inf)
    for kind, dtype in {*zip(kinds.tolist(), dtypes.tolist(), strict=True)}:
        if kind in COMPUTING and dtype:
            chosen = (kinds == kind) & (dtypes == dtype)
            peak[chosen] = device.peak(dtype, convolution=kind in CONVOLUTIONS)
    compute = work["flops"].to_numpy(np.float64) / peak / filled(work, device) * 1e9
    memory = work["bytes"].to_numpy(np.float64) / device.bytes_per_s * 1e9
    return pd.DataFrame({"compute_ns": compute, "memory_ns": memory}, index=work.index)


def filled(work: pd.DataFrame, device: Device) -> Floats:
    """The wanted part of what tiles and waves compute, for the best tile; 1 for other classes."""
    batch, m, n = (work[name].to_numpy(np.float64) for name in ("batch", "m", "n"))
    kinds = work["kind"].to_numpy()
    result = np.ones(len(work))
    tiled = np.isin(kinds, (MATMUL, SKINNY, *CONVOLUTIONS)) & (m * n > 0)
    best = np.zeros(len(work))
    for rows, columns, quality in _TILES:
        blocks = batch * np.ceil(m / rows) * np.ceil(n / columns)
        whole = _waves(blocks, device.cores) * rows * columns
        part = quality * batch * m * n / np.maximum(whole, 1)
        best = np.maximum(best, part)
    result[tiled] = best[tiled]
    fused = np.isin(kinds, (ATTENTION, MASKED, NARROW)) & (m * n > 0)
    rows = columns = 128
    blocks = batch * np.ceil(m / rows)
    whole = _waves(blocks, device.cores) * rows * np.ceil(n / columns) * columns
    part = batch * m * n / np.maximum(whole, 1)
    result[fused] = part[fused]
    return result


def _waves(blocks: Floats, cores: int) -> Floats:
    """Blocks that the cores could have run in the same number of waves."""
    most: Floats = np.ceil(blocks / cores) * cores
    return most


def _mapped(work: pd.DataFrame, share: object) -> Floats:
    pairs = list(zip(work["kind"], work["dtype"], strict=True))
    known = {pair: share(*pair) for pair in set(pairs)}  # type: ignore[operator]
    return np.array([known[pair] for pair in pairs], np.float64)
