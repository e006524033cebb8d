"""What only one side of a comparison has: outermost rows, and how many stand behind them."""

import pandas as pd
import pytest

from samprof.report.text.one_sided import one_sided_text, outermost


def rows(*of: tuple[str, int, str]) -> pd.DataFrame:
    return pd.DataFrame(of, columns=["path", "depth", "change"])


def test_rows_inside_a_row_of_the_same_side_are_left_out() -> None:
    table = rows(
        ("net", 0, "faster"),
        ("net.a", 1, "only in a"),
        ("net.a.b", 2, "only in a"),
        ("net.a.b.c", 3, "only in a"),
        ("net.c", 1, "only in b"),
        ("net.c.d", 2, "only in b"),
        ("net.e", 1, "slower"),
        ("net.e.f", 2, "within noise"),
    )
    shown = ["net", "net.a", "net.c", "net.e", "net.e.f"]
    assert outermost(table)["path"].tolist() == shown


def test_a_row_of_the_other_side_or_of_both_is_shown_inside() -> None:
    table = rows(("net", 0, "only in a"), ("net.a", 1, "only in b"), ("net.a.b", 2, "within noise"))
    assert len(outermost(table)) == 3


def test_an_empty_table_keeps_its_columns() -> None:
    assert list(outermost(rows()).columns) == ["path", "depth", "change"]


def test_each_size_is_by_itself() -> None:
    table = rows(("net", 0, "only in a"), ("net.a", 1, "only in a")).assign(size=1)
    both = pd.concat([table, table.assign(size=2)], ignore_index=True)
    assert outermost(both)[["path", "size"]].to_numpy().tolist() == [["net", 1], ["net", 2]]


def test_rows_without_a_change_hide_nothing() -> None:
    assert len(outermost(rows(("net", 0, ""), ("net.a", 1, "")))) == 2


@pytest.mark.parametrize(
    ("folded", "text"),
    [
        (
            True,
            "3 rows are only in new; those inside others are not shown (--depth 3 shows them).",
        ),
        (False, "3 rows are only in new."),
    ],
)
def test_all_are_counted(folded: bool, text: str) -> None:
    table = rows(("net", 1, "only in b"), ("net.a", 2, "only in b"), ("net.a.b", 3, "only in b"))
    assert one_sided_text(table, "only in b", "new", folded=folded) == text
    assert one_sided_text(table, "only in a", "old", folded=folded) == ""


def test_what_no_range_owns_is_not_counted() -> None:
    table = rows(("(no launch)", 0, "only in b"))
    assert one_sided_text(table, "only in b", "new", folded=True) == ""
