"""The colours of SAM's roles are handed down with the labels of a model."""

import re
from itertools import combinations

from torch import nn

from samprof.report.page.chart_parts import inked
from samprof.report.palette import colors_of
from samprof.sam.model.build import build_sam
from samprof.sam.model.colors import COLORS
from samprof.sam.model.roles import describe


def test_a_sam_comes_with_its_colours_and_other_modules_without() -> None:
    labels = describe(build_sam("small"))
    assert labels.colors == COLORS
    assert colors_of(["MLP"], labels.colors) == {"MLP": COLORS["MLP"]}
    assert describe(nn.Linear(1, 1)).colors == {}


def test_all_are_hexadecimal() -> None:
    assert all(re.fullmatch("#[0-9a-f]{6}", color) for color in COLORS.values())


def test_the_parts_of_an_encoder_are_told_apart_as_areas_and_as_lines() -> None:
    parts = ("patch embedding", "norm", "window attention", "MLP", "global attention", "neck")
    of_parts = {name: COLORS[name] for name in parts}
    for colors in (of_parts, inked(of_parts)):
        for one, other in combinations(colors.values(), 2):
            pairs = zip(bytes.fromhex(one[1:]), bytes.fromhex(other[1:]), strict=True)
            assert max(abs(a - b) for a, b in pairs) >= 30
