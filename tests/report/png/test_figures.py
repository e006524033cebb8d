"""The pictures."""

import io
from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import image

from samprof.report.png.batching import batching_figure
from samprof.report.png.layers import layers_figure
from tests.report.tables import summary


@pytest.mark.parametrize("figure", [batching_figure, layers_figure])
@pytest.mark.parametrize("name", ["enc.block", "enc.$x_1$ エ"])
def test_figures_are_pictures_and_leave_no_settings_behind(figure: object, name: str) -> None:
    before = dict(mpl.rcParams)
    data = figure(summary(rename={"enc.block": name}, oom=(8,)))  # type: ignore[operator]
    pixels = image.imread(io.BytesIO(data))
    assert pixels.shape[0] > 300
    assert pixels.shape[1] > 900
    # Drawn on: more than a blank sheet.
    assert len(np.unique(pixels.reshape(-1, pixels.shape[2]), axis=0)) > 50
    assert dict(mpl.rcParams) == before


def test_processes_that_differ_by_more_than_they_take_are_drawn() -> None:
    # As beside other work: 102 ms +- 265, seen in a sweep on a busy machine.
    shown = summary()
    points = shown.points.assign(wall_iqr_ns=shown.points["wall_ns"] * 5.2)
    assert image.imread(io.BytesIO(batching_figure(replace(shown, points=points)))).shape[0] > 300
