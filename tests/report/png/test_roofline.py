"""The roofline and the speed-ups, drawn with and without peaks."""

import io
from dataclasses import replace

import pandas as pd
import pytest
from matplotlib import image

from samprof.analysis.device.roofline import Roof, roofline
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


def test_speedups_are_drawn() -> None:
    pixels = image.imread(io.BytesIO(speedup_figure(summary())), format="png")
    assert pixels.shape[1] > 1000


def test_the_text_of_no_ops_is_a_head() -> None:

    columns = ["op", "calls", "time_source", "time_ns", "flops", "flops_per_s", "bytes_per_s"]
    empty = pd.DataFrame(columns=[*columns, "intensity", "has_formula"])
    assert ops_text(empty, 80).startswith("CPU time by op")


def test_rates_have_decimal_prefixes() -> None:
    assert rate_text(312e12) == "312 TFLOP/s"
    assert rate_text(float("nan")) == "-"
