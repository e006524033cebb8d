"""Which points of a run hold a measurement."""

import pandas as pd

OK, NOISY = "ok", "noisy"


def measured(points: pd.DataFrame) -> pd.DataFrame:
    """The points that ran to their end, whether or not their samples are clean."""
    return points[points["status"].isin((OK, NOISY))]
