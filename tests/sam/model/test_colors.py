"""The colours of SAM's roles are handed down with the labels of a model."""

import re

from torch import nn

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
