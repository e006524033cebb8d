"""The roofline and the speed-ups, drawn with and without peaks."""

import io
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from matplotlib import image
from matplotlib.colors import to_rgb

from samprof.analysis.device.roofline import Roof, roofline
from samprof.report.palette import COLOR
from samprof.report.png.roofline import roofline_figure
from samprof.report.png.speedup import speedup_figure
from samprof.report.text.ops import ops_text
from samprof.units import rate_text
from tests.analysis.device.test_roofline import layers
from tests.report.tables import summary


@pytest.mark.parametrize("roof", [None, Roof(1e12, 1e11)])
@pytest.mark.parametrize("role", ["MLP", "エンコーダ", "$x_1$"])
@pytest.mark.filterwarnings("ignore:Glyph")
def test_a_roofline_is_drawn_whatever_the_names(role: str, roof: Roof | None) -> None:
    table = roofline(layers(role=role), roof)
    data = roofline_figure(replace(summary(), roofline=table, roof=roof))
    pixels = image.imread(io.BytesIO(data), format="png")
    assert pixels.shape[1] > 1000


@pytest.mark.parametrize(("decided", "is_full"), [("same", True), ("undecided", False)])
def test_speed_ups_that_are_undecided_are_pale(decided: str, is_full: bool) -> None:
    found = summary()
    found = replace(found, roles=found.roles.assign(**{"class": decided, "speedup": 1.5}))
    pixels = image.imread(io.BytesIO(speedup_figure(found)), format="png")
    assert pixels.shape[1] > 1000
    full = np.isclose(pixels[..., :3], to_rgb(COLOR), atol=0.01).all(axis=2)
    right = 58 * pixels.shape[1] // 100  # where the panel of the speed-ups begins
    assert full[:, :right].any()
    assert full[:, right:].any() == is_full


def test_the_text_of_no_ops_is_a_head() -> None:

    columns = ["op", "calls", "time_source", "time_ns", "flops", "flops_per_s", "bytes_per_s"]
    empty = pd.DataFrame(columns=[*columns, "intensity", "has_formula"])
    assert ops_text(empty, 80).startswith("CPU time by op")


def test_rates_have_decimal_prefixes() -> None:
    assert rate_text(312e12) == "312 TFLOP/s"
    assert rate_text(float("nan")) == "-"
