"""The one place that makes text printable, and CSV that a spreadsheet does not run."""

import io

import pandas as pd
import pytest

from samprof.errors import SamprofError
from samprof.printable import csv_text, printable, printable_lines
from tests.support.hostile import EVIL, EVIL_FILE


@pytest.mark.parametrize("text", [EVIL, EVIL_FILE, "a\tb", "\x00", "\U000e0101", "\u2800"])
def test_nothing_that_is_not_seen_is_left(text: str) -> None:
    shown = printable(text)
    assert shown != text
    assert shown.isprintable()
    assert shown.encode()  # a surrogate could not be
    assert printable(shown) == shown


@pytest.mark.parametrize("text", ["", "net.0", "エンコーダ", "Überschrift – µs ± 3 %", "…"])
def test_what_is_seen_stays(text: str) -> None:
    assert printable(text) == text


def test_of_lines_only_the_line_break_stays() -> None:
    assert printable_lines("a\r\nb\u2028c\n") == "a\\r\nb\\u2028c\n"


def test_errors_are_one_printable_line() -> None:
    text = str(SamprofError("load", EVIL_FILE, "no\nsuch\x1b[31m file", "look\u202e"))
    assert printable(text) == text
    assert "no such\\x1b[31m file" in text


@pytest.mark.parametrize(
    "start", ["=", "+", "-", "@", " =", "\uff1d", "\uff0b", "\uff0d", "\uff20"]
)
def test_a_text_that_begins_a_formula_gets_an_apostrophe(start: str) -> None:
    table = pd.DataFrame({f"{start}c": [f"{start}1", f"a;{start}1"]})
    assert csv_text(table) == f"'{start}c\n'{start}1\na;'{start}1\n"


@pytest.mark.parametrize("text", ["\t=1", "\r=1", "\n=1"])
def test_a_character_that_spreadsheets_skip_begins_no_formula(text: str) -> None:
    shown = printable(text)
    assert csv_text(pd.DataFrame({"a": [text]})) == f"a\n{shown}\n"
    assert shown[0] == "\\"


def test_numbers_and_gaps_stay_what_they_are() -> None:
    table = pd.DataFrame(
        {
            "whole": [-1, 2],
            "real": [-1.5, float("nan")],
            "gaps": pd.array([None, -3], "Int64"),
            "mixed": [-4, "all sizes"],
            "flag": [True, False],
            "text": ["a,b", None],
        }
    )
    assert (
        csv_text(table)
        == 'whole,real,gaps,mixed,flag,text\n-1,-1.5,,-4,True,"a,b"\n2,,-3,all sizes,False,\n'
    )
    assert pd.read_csv(io.StringIO(csv_text(table)))["real"][0] == -1.5
    assert table["whole"].tolist() == [-1, 2]  # the table itself is as it was
