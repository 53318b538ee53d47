from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skyjar.services.dynamodb import numbers
from skyjar.services.dynamodb.errors import ValidationException

NUMBERS = st.builds(
    lambda digits, exponent, sign: f"{'-' if sign else ''}{digits}E{exponent}",
    st.integers(0, 10**38 - 1),
    st.integers(-130, 87),
    st.booleans(),
)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("1", "1"),
        ("0", "0"),
        ("-0", "0"),
        ("007", "7"),
        ("+5", "5"),
        ("1.50", "1.5"),
        ("1e3", "1000"),
        ("12.34E-4", "0.001234"),
        (".5", "0.5"),
        ("-1.0", "-1"),
        ("1E125", "1" + "0" * 125),
        ("1E-130", "0." + "0" * 129 + "1"),
        ("9" * 38, "9" * 38),
        ("1" + "0" * 60, "1" + "0" * 60),
    ],
)
def test_canonical_text(given: str, shown: str) -> None:
    assert numbers.normalise(given) == shown


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("", "The parameter cannot be converted to a numeric value"),
        ("abc", "The parameter cannot be converted to a numeric value: abc"),
        ("1_000", "The parameter cannot be converted to a numeric value: 1_000"),
        ("NaN", "The parameter cannot be converted to a numeric value: NaN"),
        ("\u0661", "The parameter cannot be converted to a numeric value: \u0661"),
        ("1E126", "Number overflow. Attempting to store a number with magnitude larger than supported range"),
        ("1E-131", "Number underflow. Attempting to store a number with magnitude smaller than supported range"),
        ("1" * 39, "Attempting to store more than 38 significant digits in a Number"),
    ],
)
def test_refused(given: str, sentence: str) -> None:
    with pytest.raises(ValidationException) as refused:
        numbers.normalise(given)
    assert refused.value.message == sentence


@settings(max_examples=300)
@given(NUMBERS, NUMBERS)
def test_keys_sort_as_the_numbers_do(first: str, second: str) -> None:
    a, b = numbers.normalise(first), numbers.normalise(second)
    assert (numbers.encode(a) < numbers.encode(b)) == (Decimal(a) < Decimal(b))
    assert (numbers.encode(a) == numbers.encode(b)) == (Decimal(a) == Decimal(b))
    assert a == b or not numbers.encode(a).startswith(numbers.encode(b))


@settings(max_examples=200)
@given(NUMBERS)
def test_normalising_keeps_the_value_and_is_stable(text: str) -> None:
    shown = numbers.normalise(text)
    assert Decimal(shown) == Decimal(text)
    assert numbers.normalise(shown) == shown


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0", 1),
        ("1", 2),
        ("-1", 3),
        ("100", 2),
        ("1234", 3),
        ("0.001", 2),
        ("-12.5", 4),
        ("12345678901234567890123456789012345678", 20),
        ("1010", 3),
        ("1.5", 3),
        ("15", 2),
        ("1.234", 4),
        ("3.14159", 5),
        ("123456", 4),
        ("100.5", 4),
        ("0.15", 2),
        ("-42", 3),
        ("-0.5", 3),
        ("10.05", 3),
    ],
)
def test_size_counts_significant_digits(text: str, size: int) -> None:
    assert numbers.size(text) == size


def test_sums() -> None:
    assert numbers.add("1", "-1") == "0"
    assert numbers.add("0.1", "0.2") == "0.3"
    assert numbers.add("9" * 20, "1") == "1" + "0" * 20
    with pytest.raises(ValidationException):
        numbers.add("1E37".replace("E37", "0" * 37), "0." + "1")
