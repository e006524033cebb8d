"""Times in microseconds become whole nanoseconds, digit by digit."""

from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation, localcontext

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samprof.trace.read.timestamps import nanoseconds, whole_nanoseconds

RANGE = 2**62  # of times, in nanoseconds

deterministic = settings(derandomize=True, deadline=None, max_examples=100)

digits = st.text("0123456789", min_size=1, max_size=20).map(lambda text: str(int(text)))
decimals = st.text("0123456789", min_size=1, max_size=6)
exponents = st.integers(-30, 30).map("e{}".format) | st.sampled_from(["E+2", "e400", "e-400"])
forms: dict[str, st.SearchStrategy[str]] = {
    "whole": digits,
    "three decimals": st.builds("{}.{}".format, digits, decimals.map(lambda t: f"{t:0<6}"[:3])),
    "decimals": st.builds("{}.{}".format, digits, decimals),
    "negative": st.builds("-{}.{}".format, digits, decimals),
    "exponent": st.builds("{}.{}{}".format, digits, decimals, exponents),
    "halves": st.builds("{}.{}5".format, digits, decimals.map(lambda t: f"{t:0<6}"[:3])),
    "long": st.builds("{}.{}".format, digits, st.text("0123456789", min_size=25, max_size=45)),
    "around the limit": st.integers(-9, 9).map(
        lambda n: f"{(RANGE + n) // 1000}.{(RANGE + n) % 1000:03}"
    ),
    "no number": st.sampled_from(["", "null", '"1"', "true", "[1, 2]", "{}", "NaN", "-", "1.2.3"]),
}


def nanoseconds_of(text: str) -> int | None:
    """Rounded to whole ones, a half to the even one."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    with localcontext(prec=1000):
        ns = number * 1000
        if not ns.is_finite() or abs(ns) >= RANGE:
            return None
        return int(ns.quantize(Decimal(1), rounding=ROUND_HALF_EVEN))


@pytest.mark.parametrize("form", [*forms, "any"])
@given(data=st.data())
@deterministic
def test_the_digits_decide_a_time(form: str, data: st.DataObject) -> None:
    of_form = forms[form] if form in forms else st.one_of(*forms.values())
    texts_of = data.draw(st.lists(of_form, min_size=1, max_size=8))
    expected = list(map(nanoseconds_of, texts_of))
    found, valid = nanoseconds([text.encode() for text in texts_of])
    assert valid.tolist() == [ns is not None for ns in expected]
    assert found.tolist() == [ns or 0 for ns in expected]


@pytest.mark.parametrize(
    ("microseconds", "expected"),
    [
        (["1712195495505582.988", "0.001"], [1712195495505582988, 1]),
        (["1.5", "2", "3.25"], [1500, 2000, 3250]),
        (["1.0005", "1.0015"], [1000, 1002]),  # a half goes to the even nanosecond
        (["-1.5", "1e3"], [-1500, 1000000]),
    ],
)
def test_every_form_of_number_is_exact(microseconds: list[str], expected: list[int]) -> None:
    found, valid = nanoseconds([text.encode() for text in microseconds])
    assert found.tolist() == expected
    assert valid.all()


def test_integers_are_exact_up_to_the_limit() -> None:
    # 2**62 - 1 ns are 4611686018427387.903 us: the whole ones below fit, the next does not.
    fits = (RANGE - 1) // 1000
    found, valid = whole_nanoseconds([fits, -fits, fits + 1, 2**80, 0])
    assert found.tolist() == [fits * 1000, -fits * 1000, 0, 0, 0]
    assert valid.tolist() == [True, True, False, False, True]
    assert found.dtype == np.int64
