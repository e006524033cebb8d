"""The page and the pictures."""

import io
import re
from html.parser import HTMLParser

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import image

from samprof.report.figures import batching_figure, layers_figure
from samprof.report.html import run_page
from tests.report.tables import summary


class Collector(HTMLParser):
    """What a browser would fetch or run, and the text of the cells."""

    def __init__(self) -> None:
        super().__init__()
        self.sources: list[str] = []
        self.tags: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.sources += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.text += data


def read(page: str) -> Collector:
    collector = Collector()
    collector.feed(page)
    return collector


def test_the_page_needs_nothing_else_and_says_the_verdict_first() -> None:
    found = read(run_page(summary()))
    assert found.sources
    assert all(source.startswith("data:image/png;base64,") for source in found.sources)
    assert "script" not in found.tags
    assert "link" not in found.tags
    assert found.text.index("Batching helps") < found.text.index("Where it ran")
    assert "window attention" in found.text
    assert "(exact)" in found.text


def test_names_are_data() -> None:
    page = run_page(summary(rename={"enc.block": "enc.<script>alert(1)</script>"}))
    found = read(page)
    assert "script" not in found.tags
    assert "enc.<script>alert(1)</script>" in found.text


def test_a_point_that_did_not_fit_is_in_the_page() -> None:
    found = read(run_page(summary(oom=(8,))))
    assert "OutOfMemoryError: too much" in found.text
    assert re.search(r"\bnan\b", found.text) is None


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
