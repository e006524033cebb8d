"""A check is one line of text."""

import math

import pytest

from samprof.verify.check import Check, Limit, failed, limited, none_of, not_run, shown


@pytest.mark.parametrize(
    ("check", "line"),
    [
        (limited("a", 1.5, Limit(0, 2), "%"), "pass    a: 1.50 % (0 to 2)"),
        (limited("a", 2.5, Limit(0, 2), "%", "why"), "fail    a: 2.50 % (0 to 2) [why]"),
        (limited("a", math.nan, Limit(low=0)), "fail    a: nan (at least 0)"),
        (none_of("a", 3, "rows"), "fail    a: 3 rows (exactly 0)"),
        (shown("a", 0.01234, "s"), "shown   a: 0.0123 s"),
        (shown("a", 1.5, "x"), "shown   a: 1.50x"),
        (not_run("a", "time"), "not run a: time"),
        (failed("a", "KeyError: 'b'"), "fail    a: KeyError: 'b'"),
    ],
)
def test_a_check_is_one_line(check: Check, line: str) -> None:
    assert check.line() == line
