"""What torch.compile makes of a forward: ops that only move memory become one kernel between products.

A run of such ops is one kernel that takes as long as the one of them that moves most: the compiler reads
what comes in once and writes what goes out once, and what is between stays in registers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from samprof.prediction.work import COMPUTING

if TYPE_CHECKING:
    import pandas as pd


def fused(work: pd.DataFrame) -> pd.DataFrame:
    """The ops that remain: products, attention, convolutions, and the largest of each run between them.

    Args:
        work: see `samprof.prediction.work.work_of`, in the order of time.
    """
    products = work["kind"].isin(COMPUTING).to_numpy()
    run = np.cumsum(products)
    others = work[~products]
    largest = others.groupby(run[~products])["bytes"].idxmax()
    return work.loc[sorted([*work.index[products], *largest])]
