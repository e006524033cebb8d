"""The points as text: how far off variants are stands before any speed-up, and reasons are whole."""

import pandas as pd

from samprof.report.page.tables import points_table
from samprof.report.text.points import points_columns, points_text, reasons_text
from tests.report.tables import summary

LONG = "RuntimeError: " + "no kernel image is available " * 20


def variants() -> pd.DataFrame:
    """One size of eager and of three variants: fine, far off, too far off."""
    first = summary().points.head(1)
    rows = [
        ("eager", "ok", float("nan"), float("nan"), ""),
        ("bf16", "ok", 0.001, 0.02, ""),
        ("quantised", "ok", 0.35, 0.5, ""),
        ("broken", "failed", 0.8, 0.5, LONG),
    ]
    names = ["variant", "status", "relative_error", "error_limit", "message"]
    table = pd.concat([first] * len(rows), ignore_index=True)
    return table.assign(**pd.DataFrame(rows, columns=names))


def test_the_relative_error_stands_before_the_times_in_every_variant() -> None:
    columns = points_columns(variants(), summary().axis)
    headers = [column.header for column in columns]
    error = columns[headers.index("relative error")]
    assert error.values == ["", "1.0e-03 of 2e-02", "3.5e-01 of 5e-01", "8.0e-01 of 5e-01"]
    assert error.tones == ["", "good", "near", "bad"]
    assert headers.index("relative error") < headers.index("wall time, ms")
    assert "3.5e-01 of 5e-01" in points_text(variants(), 80)


def test_reasons_are_whole() -> None:
    text = " ".join(reasons_text(variants(), 80).split())
    assert text == (
        "quantised, batch 1: relative error 0.35, of 0.5 that are allowed broken, batch 1: "
        f"failed: {LONG.strip()}"
    )
    assert reasons_text(summary().points, 80) == ""


def test_what_sizes_share_is_said_once() -> None:
    table = summary().points.assign(message="1 photo repeated")
    assert reasons_text(table, 80) == "eager, batch 1, 2, 4: 1 photo repeated\n"


def test_the_page_colours_it() -> None:
    from dataclasses import replace

    from samprof.report.page.page import Shown, run_page

    run = replace(summary(), points=variants())
    assert "relative error" in [column.header for column in points_table(run).columns]
    page = run_page([Shown("run", run)])
    for tone in ("good", "near", "bad"):
        assert page.count(f'data-tone="{tone}"') == 1
