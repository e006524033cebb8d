"""Ratios, intervals and lists in words."""

import pytest

from samprof.analysis.verdict.wording import interval_text, listed, ratio_text, sentence


@pytest.mark.parametrize(("ratio", "text"), [(0.714, "0.71x"), (1.0, "1.00x"), (12.345, "12.3x")])
def test_ratios_have_two_decimals_or_three_digits(ratio: float, text: str) -> None:
    assert ratio_text(ratio) == text


def test_intervals_and_lists() -> None:
    assert interval_text(0.934, 1.208) == "95% CI 0.93-1.21"
    assert listed(["a", "b"]) == "a and b"
    assert sentence("it is so.") == sentence("it is so") == "It is so."
