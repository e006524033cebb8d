"""Every renderer of text, markdown and HTML x {empty, one row, hostile names}."""

import re
from collections.abc import Callable
from dataclasses import replace

import pandas as pd
import pytest

from samprof.report.notebook import run_html
from samprof.report.page.page import Shown, run_page
from samprof.report.summary import Summary
from samprof.report.text.compare import compare_text
from samprof.report.text.components import components_text
from samprof.report.text.kernels import kernels_text
from samprof.report.text.layers import layers_text
from samprof.report.text.ops import ops_text
from samprof.report.text.points import points_text
from samprof.report.text.run import run_text
from samprof.report.text.scaling import scaling_text
from tests.report.tables import summary, trace_layers
from tests.report.test_components_text_and_figures import table as components
from tests.report.text.test_compare import table as comparison

HOSTILE = "<script>alert(1)</script> a|b`c \x1b[31m\t エンコーダ \u202e"
WIDTHS = (40, 80, None)
Rendered = Callable[[str], list[str]]


def cut(table: pd.DataFrame, case: str) -> pd.DataFrame:
    """The table with no rows, with one, or with all of them."""
    return table.iloc[: {"empty": 0, "one row": 1}.get(case, len(table))].reset_index(drop=True)


def run_of(case: str) -> Summary:
    """A run whose tables have no rows, one, or hostile names."""
    found = summary({"enc.block": HOSTILE} if case == "hostile" else None, oom=(8,))
    scaling, points = cut(found.scaling, case), cut(found.points, case)
    times = found.times[found.times["path"].isin(scaling["path"])]
    roles = cut(found.roles, case)
    role_times = found.role_times[found.role_times["path"].isin(roles["path"])]
    tables = {"scaling": scaling, "points": points, "times": times, "roles": roles}
    return replace(found, **tables, role_times=role_times)


def named(table: pd.DataFrame, column: str, case: str) -> pd.DataFrame:
    """The table cut, with a hostile name in its first row."""
    found = cut(table, case)
    if case == "hostile":
        found.loc[0, column] = HOSTILE
    return found


def texts_of_run(case: str) -> list[str]:
    return [run_text(run_of(case), width) for width in WIDTHS]


def texts_of_scaling(case: str) -> list[str]:
    found = run_of(case)
    return [scaling_text(found.roles, found.role_times, width) for width in WIDTHS]


def texts_of_points(case: str) -> list[str]:
    return [points_text(named(summary().points, "message", case), width) for width in WIDTHS]


def texts_of_layers(case: str) -> list[str]:
    rows = [("enc", 0, 900, 100), ("enc.block", 1, 800, 800)]
    found = named(trace_layers(rows), "path", case)
    return [layers_text(found, width, time_source="device") for width in WIDTHS]


def texts_of_kernels(case: str) -> list[str]:
    columns = {"name": ["gemm"], "kind": ["kernel"], "calls": [2], "total_ns": [10]}
    found = named(pd.DataFrame(columns | {"share": [1.0], "mean_ns": [5.0]}), "name", case)
    return [kernels_text(found, width) for width in WIDTHS]


def texts_of_ops(case: str) -> list[str]:
    columns = {"op": ["aten::mm"], "calls": [2], "time_source": ["cpu"], "time_ns": [10]}
    columns |= {"flops": [8], "flops_per_s": [8e8], "bytes_per_s": [1e9], "intensity": [0.8]}
    found = named(pd.DataFrame(columns | {"has_formula": [True]}), "op", case)
    return [ops_text(found, width) for width in WIDTHS]


def texts_of_components(case: str) -> list[str]:
    found = {"eager": named(components(device=True), "component", case)}
    two = {**found, "bf16": components(device=True)}
    return [components_text(tables, width) for tables in (found, two) for width in WIDTHS]


def texts_of_comparison(case: str) -> list[str]:
    found = named(comparison(), "path", case)
    return [compare_text(found, width, ("A", HOSTILE)) for width in WIDTHS]


def pages(case: str) -> list[str]:
    return [run_html(run_of(case)), run_page([Shown(HOSTILE, run_of(case))])]


@pytest.mark.parametrize("case", ["empty", "one row", "hostile"])
@pytest.mark.parametrize(
    "render",
    [
        texts_of_run,
        texts_of_scaling,
        texts_of_points,
        texts_of_layers,
        texts_of_kernels,
        texts_of_ops,
        texts_of_components,
        texts_of_comparison,
        pages,
    ],
    ids=lambda render: render.__name__,
)
def test_whatever_the_rows_and_names_it_is_rendered_as_data(render: Rendered, case: str) -> None:
    for text in render(case):
        assert text.strip()
        assert "\x1b" not in text
        assert "\u202e" not in text
        for markdown in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
            # As many cells in every row, whatever the names.
            rows = markdown.splitlines()
            assert len({len(re.findall(r"(?<!\\)\|", row)) for row in rows}) == 1
    for text in pages(case) if render is pages else ():
        assert "<script>alert" not in text
