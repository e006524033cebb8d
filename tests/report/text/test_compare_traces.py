"""A comparison of two traces as text: golden files, widths, rows that add up, names as data."""

from dataclasses import replace

import pandas as pd
import pytest
from rich.cells import cell_len

from samprof.analysis.compare.trace_differences import compare_traces
from samprof.analysis.compare.traces import TraceComparison
from samprof.report.text.compare_traces import trace_comparison_text
from tests.report.text.test_run import assert_golden
from tests.support.sides import Kernel, side

MS = 1_000_000
PATHS = ("runs/before.json.gz", "runs/after.json.gz")
COPY = "void at::native::elementwise_kernel<4, at::native::direct_copy_kernel_cuda(float)>(int)"
LAYERS_A = {"enc": 1, "enc.x": 60, "enc.y": 30, "enc.y.p": 8, "(outside)": 2}
LAYERS_B = {"enc": 1, "enc.x": 20, "enc.y": 39, "enc.z": 3, "(outside)": 2}
KERNELS_A: list[Kernel] = [("enc.x", "sgemm", 4, 50 * MS), ("enc.x", COPY, 2, 10 * MS)]
KERNELS_B: list[Kernel] = [("enc.x", "triton_poi_fused_add_0", 1, 20 * MS)]


def comparison(
    a: dict[str, int], b: dict[str, int], by: str = "samprof", names: tuple[str, str] = ("A", "B")
) -> TraceComparison:
    """Two sides of times in ms."""
    sides = (
        side({path: ms * MS for path, ms in a.items()}, kernels=KERNELS_A),
        side(
            {path: ms * MS for path, ms in b.items()},
            kernels=KERNELS_B,
            notes={"enc.y": "compiled region, not split"},
        ),
    )
    table = compare_traces(*sides, by)
    above = ("Matched by samprof's ranges: 3 layers in both.",)
    return TraceComparison(table, by, sides, "call of enc", names, above, ("One process.",))


@pytest.mark.parametrize("width", [60, 80, 100, 160])
def test_the_comparison_fits_the_width(width: int) -> None:
    text = trace_comparison_text(comparison(LAYERS_A, LAYERS_B), width, PATHS)
    assert_golden(f"compare-traces-{width}.txt", text)
    assert max(cell_len(line) for line in text.splitlines()) <= width


def test_a_github_table_has_all_columns() -> None:
    text = trace_comparison_text(comparison(LAYERS_A, LAYERS_B), None, PATHS)
    assert_golden("compare-traces.md", text)


def test_short_names_stand_above_their_columns() -> None:
    one = comparison(LAYERS_A, LAYERS_B, names=("eager", "compiled"))
    text = trace_comparison_text(one, 260, ("eager", "compiled"))
    assert text.startswith("compiled against eager: device time per call of enc, in ms; ")
    assert "only in compiled" in text
    assert "in compiled: compiled region, not split" in text
    assert "2 rows are only in" not in text


def test_ops_that_hardly_take_time_are_one_row_that_adds_up() -> None:
    a = {"mm": 10_000} | {f"op{number}": number for number in range(5)} | {"(outside)": 0}
    text = trace_comparison_text(comparison(a, a | {"op4": 9}, "op"), 80, PATHS)
    rows = [line.split() for line in text.splitlines() if line.startswith((" mm", " (", " op"))]
    # 0 + 1 + 2 + 3 + 4 ms, and 5 more.
    assert rows == [
        ["op", "difference", "A", "B", "ratio"],
        ["(outside)", "0.00", "0.00", "0.00", "-"],
        ["mm", "0.00", "10.00", "10.00", "1.00"],
        ["(5", "other", "ops)", "+0.01", "0.01", "0.01", "1.50"],
    ]


def test_depth_limits_the_rows_but_not_the_sentences() -> None:
    text = trace_comparison_text(comparison(LAYERS_A, LAYERS_B), 100, PATHS, depth=0)
    assert "\n   x" not in text
    assert "enc.x -40.0 ms (0.33x)" in text


def test_a_name_with_terminal_sequences_is_shown_not_obeyed() -> None:
    evil = "net\x1b[31m"
    text = trace_comparison_text(comparison({evil: 5}, {evil: 9}), 100, ("a\x1b[0m.json", "b.json"))
    assert "\x1b" not in text
    assert "net\\x1b[31m +4.00 ms (1.80x)" in " ".join(text.split())


def test_ranks_show_their_least_and_most() -> None:
    one = comparison({"net": 10}, {"net": 5})
    spread = pd.DataFrame({"least_ns": [3.0 * MS], "most_ns": [7.0 * MS]}, index=["net"])
    sides = (one.sides[0], replace(one.sides[1], spread=spread, files=2))
    pooled = replace(one, sides=sides, table=compare_traces(*sides, "samprof"))
    assert "3.00-7.00" in trace_comparison_text(pooled, 120, PATHS)
