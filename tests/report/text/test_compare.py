"""A comparison as text and as a GitHub table: golden files, widths, names as data."""

import pandas as pd
import pytest
from rich.cells import cell_len

from samprof.analysis.compare.runs import compare_layers
from samprof.report.text.changes import changes_text
from samprof.report.text.compare import compare_text
from samprof.sam.axes import AXES
from tests.analysis.compare.test_runs import long_form
from tests.report.text.test_run import assert_golden

# Milliseconds at batch 1: the attention of the block and what is above it slower, the neck faster and
# one region, the MLP within noise.
A = {
    "enc": 100,
    "enc.block": 60,
    "enc.block.attn": 40,
    "enc.block.mlp": 20,
    "enc.neck": 30,
    "enc.neck.0": 20,
    "enc.neck.1": 10,
    "(outside)": 1,
}
B = {
    "enc": 110,
    "enc.block": 80,
    "enc.block.attn": 60,
    "enc.block.mlp": 20,
    "enc.neck": 20,
    "enc.extra": 2,
    "(outside)": 1,
}


def processes(milliseconds: int) -> list[int]:
    """Four, 0.3 % apart from slowest to fastest."""
    return [milliseconds * 1_000 * per_mille for per_mille in (999, 1000, 1001, 1002)]


def side(times: dict[str, int], sizes: tuple[int, ...] = (1, 2), count: int = 4) -> pd.DataFrame:
    frames = [
        long_form({path: processes(time * size)[:count] for path, time in times.items()}, size)
        for size in sizes
    ]
    return pd.concat(frames, ignore_index=True)


def table(sizes: tuple[int, ...] = (1, 2), count: int = 4) -> pd.DataFrame:
    walls = [{size: processes(time * size)[:count] for size in sizes} for time in (104, 114)]
    return compare_layers(side(A, sizes, count), side(B, sizes, count), *walls)


@pytest.mark.parametrize("width", [60, 80, 140])
def test_the_comparison_fits_the_width(width: int) -> None:
    text = compare_text(table(), width)
    assert_golden(f"compare-{width}.txt", text)
    assert max(cell_len(line) for line in text.splitlines()) <= width


def test_a_github_table_has_all_columns() -> None:
    text = compare_text(table(), None, ("eager", "runs/a-long-name"))
    assert_golden("compare.md", text)
    lines = [line for line in text.splitlines() if line.startswith("|")]
    assert {line.count("|") for line in lines} == {10}
    assert len(lines) == 2 + len(table())


def test_the_sentences_count_rows_and_name_causes() -> None:
    # 7 rows of both sides: slower wall, enc, block, attention; faster neck. The
    # attention explains 20 of the block's 20 ms, and of the 10 ms of enc and the wall.
    assert changes_text(table((1,))) == (
        "5 of 7 rows changed beyond noise: enc.block.attn 1.50x at all sizes (+20.0 ms), "
        "enc.neck 0.67x at all sizes (-10.0 ms). 2 rows are only in A. 1 row is only in B. "
        "enc.neck is not split by layer in B."
    )
    same = side(A, (1,))
    assert (
        changes_text(compare_layers(same, same, {}, {})) == "None of 8 rows changed beyond noise."
    )


def test_of_many_causes_the_largest_are_named_once_each() -> None:
    names = [f"enc.{index}" for index in range(5)]
    a = {"enc": 1000} | dict.fromkeys(names, 100)
    # 10 to 50 ms more at batch 1, twice that at batch 2, 1.5 times as the mean of both.
    b = {"enc": 1150} | {name: 110 + 10 * index for index, name in enumerate(names)}
    assert changes_text(compare_layers(side(a), side(b), {}, {})) == (
        "6 of 6 rows changed beyond noise: enc.4 1.50x at all sizes (+75.0 ms), "
        "enc.3 1.40x at all sizes (+60.0 ms), enc.2 1.30x at all sizes (+45.0 ms), "
        "and 2 more."
    )


def test_too_few_processes_are_said_at_any_width() -> None:
    text = " ".join(compare_text(table((1,), count=1), 60).split())
    assert "None of 7 rows" not in text
    assert " undecided " in text
    assert "7 rows with fewer than 2 processes cannot be told from noise." in text


def test_wide_wall_times_put_everything_in_doubt() -> None:
    # Processes at 50 or 150: a factor of 3 between them.
    one, walls = side(A, (1,)), {1: [50, 50, 150, 150]}
    text = changes_text(compare_layers(one, one, walls, {1: [100] * 4}))
    assert text.startswith(
        "None of 9 rows changed beyond noise. Treat this with caution: at all sizes "
    )
    assert text.endswith("; measure on a quieter machine.")
    assert "care" not in changes_text(table())


def test_short_names_stand_above_their_columns() -> None:
    text = compare_text(table((1,)), 160, ("eager", "bf16+sdpa"))
    assert text.startswith(
        "bf16+sdpa against eager: wall time and CPU time per forward, in ms; ratio bf16+sdpa / eager\n"
    )
    assert "only in eager" in text
    assert "one region in bf16+sdpa: not split by layer" in text
    long = compare_text(table((1,)), 140, ("runs/before", "runs/after-the-change"))
    assert long.startswith("B (runs/after-the-change) against A (runs/before): wall time")
    assert "only in A" in long


def test_depth_hides_rows_but_not_their_change() -> None:
    text = compare_text(table((1,)), 80, depth=0)
    lines = text.splitlines()
    rows = lines[3 : lines.index("")]
    assert [row.split()[0] for row in rows] == ["(wall)", "enc", "(outside)"]
    assert "enc.block.attn 1.50x" in " ".join(text.split())


def test_sizes_on_another_axis_are_called_so() -> None:
    text = compare_text(table((1,)), 140, axis=AXES["prompts"])
    assert "prompts" in text.splitlines()[1]
    assert "enc.neck 0.67x at 1 prompt" in " ".join(text.split())


def test_names_are_data() -> None:
    names = {"net|a": [9] * 4, "net|a.`b`\x1b[31m\n<b>": [9] * 4}
    odd = compare_layers(long_form(names), long_form(names), {}, {})
    assert "\x1b" not in compare_text(odd, 80)
    text = compare_text(odd, None, ("a|b\n", "<i>*x*"))
    assert "\x1b" not in text
    assert "`net\\|a` |" in text
    assert "``net\\|a.`b`\\x1b[31m\\n<b>`` |" in text
    assert text.splitlines()[0].startswith("\\<i>\\*x\\* against a\\|b\\\\n: CPU time")
    assert len(text.splitlines()) == 2 + 2 + 2 + 2
