"""How amounts and dollars are shown."""

import pytest

from skyjar.cli.cost import _dollars, _number


@pytest.mark.parametrize(
    ("value", "shown"),
    [("0", "0"), ("2001", "2,001"), ("0.00390625", "0.003906"), ("0.0000000024", "2.4e-9"), ("1234.5", "1,234.5")],
)
def test_amounts_say_something_however_small(value: str, shown: str) -> None:
    assert _number(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [("0", "0.00"), ("0.010005", "0.01"), ("0.000015", "0.000015"), ("1234.567", "1,234.57")]
)
def test_dollars_go_to_the_cent_or_to_what_there_is(value: str, shown: str) -> None:
    assert _dollars(value) == shown
