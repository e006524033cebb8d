"""Layers recorded of forwards that gain otherwise than those that were timed."""

import pandas as pd

from samprof.analysis.scaling.axis import BATCH_SIZE
from samprof.analysis.verdict.recorded import Apart, apart
from samprof.analysis.verdict.whole import whole_speedups
from tests.analysis.scaling.test_scaling import layers, wall

# Recorded, an image takes 200 ns at batch 1 and 125 ns at batch 4: 1.6 times as fast.
SAME = {1: [210] * 3, 4: [520] * 3}
OTHER = {1: [100] * 3, 4: [400] * 3}


def found(times: dict[int, list[int]], rows: pd.DataFrame) -> Apart | None:
    return apart(rows, whole_speedups(wall(times), BATCH_SIZE), BATCH_SIZE)


def test_what_agrees_is_not_apart() -> None:
    assert found(SAME, layers()) is None
    assert found(OTHER, layers().head(0)) is None
    assert found({1: [100] * 3}, layers()) is None


def test_under_the_profiler_another_gain_leaves_layers_unjudged() -> None:
    one = found(OTHER, layers())
    assert one is not None
    assert one.why_unjudged(BATCH_SIZE) == (
        "under the profiler batch 4 ran at 1.60x (95% CI 1.60-1.60), and without it at 1.00x"
    )
    assert one.sentence(BATCH_SIZE) == ""


def test_a_devices_own_time_gains_otherwise_where_it_waits() -> None:
    one = found(OTHER, layers().assign(time_source="device"))
    assert one is not None
    assert one.why_unjudged(BATCH_SIZE) == ""
    assert one.sentence(BATCH_SIZE) == (
        "In the device's own time batch 4 runs at 1.60x (95% CI 1.60-1.60): the difference lies between "
        "its kernels, not in them."
    )


def test_noise_is_not_apart() -> None:
    assert found({1: [100, 150, 200], 4: [400, 300, 500]}, layers()) is None
