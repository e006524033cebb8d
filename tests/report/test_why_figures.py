"""The roofline and the gains, drawn with and without peaks."""

import io

import pandas as pd
import pytest
from matplotlib import image

from samprof.analysis.axis import AXES
from samprof.analysis.roofline import Roof, roofline
from samprof.analysis.scaling import by_role, scaling_table
from samprof.report.ops import ops_text
from samprof.report.roofline_figures import gains_figure, roofline_figure
from samprof.units import rate_text
from tests.analysis.test_roofline import layers
from tests.report.tables import long_layers

IMAGES = AXES["batch-size"]


@pytest.mark.parametrize("roof", [None, Roof(1e12, 1e11)])
@pytest.mark.parametrize("role", ["MLP", "エンコーダ", "$x_1$"])
@pytest.mark.filterwarnings("ignore:Glyph")
def test_a_roofline_is_drawn_whatever_the_names(role: str, roof: Roof | None) -> None:
    data = roofline_figure(roofline(layers(role=role), roof), roof, role, IMAGES)
    pixels = image.imread(io.BytesIO(data), format="png")
    assert pixels.shape[1] > 1000


def test_gains_are_drawn() -> None:
    roles = scaling_table(by_role(long_layers()))
    pixels = image.imread(io.BytesIO(gains_figure(roles, "title", IMAGES)), format="png")
    assert pixels.shape[1] > 1000


def test_the_text_of_no_ops_is_a_head() -> None:

    columns = ["op", "calls", "clock", "time_ns", "flops", "flops_per_s", "bytes_per_s"]
    empty = pd.DataFrame(columns=[*columns, "intensity", "has_formula"])
    assert ops_text(empty, 80).startswith("CPU time by op")


def test_rates_have_decimal_prefixes() -> None:
    assert rate_text(312e12) == "312 TFLOP/s"
    assert rate_text(float("nan")) == "-"
