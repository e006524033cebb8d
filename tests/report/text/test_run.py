"""Text tables: golden files, widths, and names as data. `REMAKE_GOLDEN=1` re-makes the files."""

import html
import os
import re
from pathlib import Path

import pytest
from rich.cells import cell_len

from samprof.report.notebook import run_html
from samprof.report.text.check import check_text
from samprof.report.text.layers import layers_text
from samprof.report.text.points import points_text
from samprof.report.text.run import run_text
from samprof.report.text.scaling import scaling_text
from samprof.report.text.table import Cells, table_text
from samprof.trace.model.names import tree_labels
from tests.report.tables import summary, trace_layers

GOLDEN = Path(__file__).parent / "golden"
LAYERS = [
    ("enc", 0, 900, 100),
    ("enc.block", 1, 800, 0),
    ("enc.block.attn", 2, 600, 600),
    ("enc.block.mlp", 2, 200, 200),
    ("(outside)", 0, 100, 100),
]


def assert_golden(name: str, text: str) -> None:
    path = GOLDEN / name
    if os.environ.get("REMAKE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    assert text == path.read_text()


@pytest.mark.parametrize("width", [60, 80, 140])
def test_the_answer_of_a_run_fits_the_width(width: int) -> None:
    text = run_text(summary(oom=(8,)), width)
    assert_golden(f"run-{width}.txt", text)
    assert max(cell_len(line) for line in text.splitlines()) <= width


@pytest.mark.parametrize("width", [60, 100])
def test_the_layers_of_a_trace_fit_the_width(width: int) -> None:
    text = layers_text(trace_layers(LAYERS), width, time_source="device")
    assert_golden(f"layers-{width}.txt", text)
    assert max(cell_len(line) for line in text.splitlines()) <= width


def test_the_self_column_sums_to_the_whole() -> None:
    text = layers_text(trace_layers(LAYERS), 100, time_source="device")
    head, *rows = [line for line in text.splitlines()[1:] if "─" not in line]
    column = head.split().index("self")
    # Labels are one word here, so words stand for columns.
    own = [float(row.split()[column]) for row in rows]
    assert sum(own) == pytest.approx(1000.0)
    assert float(rows[0].split()[column - 1]) + own[-1] == pytest.approx(1000.0)


@pytest.mark.parametrize(
    "rows",
    [[], LAYERS[:1], [("エンコーダ", 0, 5, 5), ("エンコーダ.層\t\x1b[31m", 1, 0, 0)]],
    ids=["empty", "one row", "unicode"],
)
def test_any_names_and_any_number_of_rows_are_shown(rows: list[tuple[str, int, int, int]]) -> None:
    text = layers_text(trace_layers(rows), 80, time_source="device")
    assert "\x1b" not in text
    assert "\t" not in text
    assert len(text.splitlines()) == (3 + len(rows) if rows else len(text.splitlines()))


def test_depth_limits_the_rows() -> None:
    found = summary()
    assert "attn" in scaling_text(found.scaling, found.times, 80)
    assert "attn" not in scaling_text(found.scaling, found.times, 80, depth=1)


def test_labels_show_what_the_row_above_does_not() -> None:
    rows = trace_layers(
        [
            ("net", 0, 1, 1),
            ("net.blocks.0", 1, 1, 1),
            ("net.blocks.0.attn", 2, 1, 1),
            ("net.neck", 1, 1, 1),
            ("shared.part", 1, 1, 1),
            ("A > B", 0, 1, 1),
            ("A > B > C", 1, 1, 1),
            ("(outside)", 0, 1, 1),
        ]
    )
    assert tree_labels(rows["path"], rows["depth"]) == [
        "net",
        "  blocks.0",
        "    attn",
        "  neck",
        "  shared.part",
        "A > B",
        "  C",
        "(outside)",
    ]


def test_the_least_important_column_gives_way_first() -> None:
    columns = [
        Cells("name", ["x" * 40], 9, "left", flexible=True),
        Cells("much", ["123456"], 8),
        Cells("little", ["abcdef"], 1),
    ]
    assert "little" in table_text(columns, 60)
    narrow = table_text(columns, 30)
    assert "little" not in narrow
    assert "much" in narrow
    assert "…" in narrow


def test_time_accounting_that_does_not_add_up_is_not_called_exact() -> None:
    check = dict(summary().checks[4])
    assert check_text(check).endswith("= total 501 ms (exact)\n")
    check["total_ns"] += 7
    check["lost_records"] = 2
    assert "(DIFFERS BY -7 ns); 2 launches lost their kernel" in check_text(check)


def test_a_run_in_markdown_leaves_nothing_out() -> None:
    assert_golden("run.md", run_text(summary(oom=(8,)), None))


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "a|b`c", "enc.\u30a8"])
def test_names_are_text_in_a_notebook_and_in_markdown(name: str) -> None:
    found = summary({"enc.block": name})
    page = run_html(found)
    assert "<script>" not in page
    assert html.escape(name.removeprefix("enc.")) in page
    for table in re.findall(r"(?:^\|.*\n)+", run_text(found, None), re.MULTILINE):
        # As many cells in every row, whatever the names.
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}) == 1


def test_a_notebook_shows_verdict_points_and_layers() -> None:
    found = summary()
    page = run_html(found)
    assert [f"<p>{html.escape(sentence)}</p>" in page for sentence in found.verdict.sentences]
    assert page.count("<table") == 2
    body = page.rpartition("<tbody>")[2]
    assert body.count("<tr>") == len(found.scaling)
    assert "&nbsp;&nbsp;block" in body


def test_a_single_forward_has_no_spread() -> None:
    points = summary().points.assign(wall_iqr_ns=0.0)
    assert "±" in points_text(summary().points, 100)
    assert "±" not in points_text(points, 100)
