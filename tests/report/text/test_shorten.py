"""Paths too long for their column show their end, and stay apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from samprof.report.text.shorten import distinct_width, shortened
from samprof.report.text.table import Cells, table_text

NESTED = "generate_masks > predict > mask_decoder.transformer"
LABELS = st.lists(
    st.builds(
        lambda depth, parts: "  " * depth + " > ".join(parts),
        st.integers(0, 4),
        st.lists(st.text("ab.エ", min_size=1, max_size=9), min_size=1, max_size=4),
    ),
    max_size=8,
)


@pytest.mark.parametrize(
    ("label", "width", "expected"),
    [
        (NESTED, 51, NESTED),
        (NESTED, 50, "… > predict > mask_decoder.transformer"),
        (NESTED, 30, "… > mask_decoder.transformer"),
        (NESTED, 27, "… mask_decoder.transformer"),  # the cut is in a separator
        (NESTED, 20, "….transformer"),
        (NESTED, 8, "…sformer"),
        ("sam.encoder.blocks.11.attn", 20, "….blocks.11.attn"),
        ("layers.attention_probabilities.0", 20, "…ion_probabilities.0"),  # no `….0`
        ("    generate_masks 0 1 0 7", 16, "    …sks 0 1 0 7"),
        ("            attention", 12, "    …tention"),  # the indentation leaves room for a name
        ("エンコーダ.エ", 8, "…ーダ.エ"),
        ("net", 1, "…"),
    ],
)
def test_the_beginning_goes_first(label: str, width: int, expected: str) -> None:
    assert shortened(label, width) == expected
    assert cell_len(expected) <= width


@given(LABELS, st.integers(1, 40))
def test_a_label_never_takes_more_than_its_width(labels: list[str], width: int) -> None:
    assert all(cell_len(shortened(label, width)) <= width for label in labels)


@given(LABELS, st.integers(1, 20))
def test_in_the_distinct_width_no_two_names_look_the_same(labels: list[str], least: int) -> None:
    width = distinct_width(labels, least)
    assert width >= least
    names = {label.strip(" ") for label in labels}
    assert len({shortened(label, width).strip(" ") for label in labels}) >= len(names)


def columns(*paths: str) -> list[Cells]:
    path = Cells("layer", paths, 10, "left", flexible=True, paths=True)
    return [path, Cells("total", ["1.00"] * len(paths), 10), Cells("busy", ["1.0"] * len(paths), 4)]


def rows(text: str) -> list[str]:
    return [line.split("  ")[0].strip() for line in text.splitlines()[2:]]


def test_columns_of_little_importance_give_way_to_distinct_paths() -> None:
    paths = [f"enc.{number}.attention.projection" for number in "12"]
    # The paths take 28 columns, 7 of the other two columns and 3 gaps of 2 the rest.
    assert "busy" in table_text(columns(*paths), 41)
    text = table_text(columns(*paths), 34)
    assert "busy" not in text
    assert rows(text) == ["….1.attention.projection", "….2.attention.projection"]


def test_columns_of_great_importance_stay() -> None:
    text = table_text(columns("enc.1.attention.projection", "enc.2.attention.projection"), 26)
    assert "total" in text
    assert rows(text) == ["….projection"] * 2  # the width does not allow it


def test_two_columns_that_may_be_cut_share_what_is_left() -> None:
    name, path = "a" * 60, ".".join(["block"] * 10)
    both = [
        Cells("kernel", [name], 10, "left", flexible=True),
        Cells("owner", [path], 5, "left", flexible=True, paths=True),
    ]
    (row,) = table_text(both, 84).splitlines()[2:]
    kernel, owner = row.split()
    # 40 columns each: the path is cut before its seventh part.
    assert kernel == "a" * 39 + "…"
    assert owner == "…" + ".block" * 6
    assert table_text(both, 140).split()[-2:] == [name, path]
