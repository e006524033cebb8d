"""Which points of a run hold a measurement, or a prediction of one."""

import pandas as pd

OK, NOISY, PREDICTED = "ok", "noisy", "predicted"


def measured(points: pd.DataFrame) -> pd.DataFrame:
    """The points that ran to their end, whether or not their samples are clean."""
    return points[points["status"].isin((OK, NOISY, PREDICTED))]
