"""When a secret is rotated next."""

from datetime import UTC, datetime

import pytest

from skyjar.services.secretsmanager import schedules
from skyjar.services.secretsmanager.errors import InvalidParameterException
from skyjar.services.secretsmanager.state import Rules

START = datetime(2027, 1, 15, 8, tzinfo=UTC).timestamp()  # a Friday


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("rate(4 hours)", "2027-01-15T12"),
        ("rate(10 days)", "2027-01-25T08"),
        ("cron(0 16 * * ? *)", "2027-01-15T16"),
        ("cron(0 8 * * ? *)", "2027-01-16T08"),
        ("cron(0 0/8 * * ? *)", "2027-01-15T16"),
        ("cron(0 0 1,15 * ? *)", "2027-02-01T00"),
        ("cron(0 0 L * ? *)", "2027-01-31T00"),
        ("cron(0 0 ? * SUN *)", "2027-01-17T00"),
        ("cron(0 0 ? * MON-WED *)", "2027-01-18T00"),
        ("cron(0 0 ? * 6L *)", "2027-01-29T00"),
        ("cron(0 0 ? * 1#1 *)", "2027-02-07T00"),
        ("cron(0 0 16W * ? *)", "2027-02-16T00"),
        ("cron(0 0 29 2 ? *)", "2028-02-29T00"),
        ("cron(0 10-12 ? JUN,SEP * *)", "2027-06-01T10"),
    ],
)
def test_the_next_time(expression: str, expected: str) -> None:
    found = schedules.next_time(Rules(expression=expression), START)
    assert datetime.fromtimestamp(found, UTC).isoformat().startswith(expected)


@pytest.mark.parametrize(
    "rules",
    [
        Rules(),
        Rules(days=1001),
        Rules(days=1, expression="rate(1 day)"),
        Rules(expression="rate(3 hours)"),
        Rules(expression="rate(0 days)"),
        Rules(expression="cron(5 16 * * ? *)"),
        Rules(expression="cron(0 16 * * * *)"),
        Rules(expression="cron(0 16 ? * ? *)"),
        Rules(expression="cron(0 24 * * ? *)"),
        Rules(expression="cron(0 1 31 2 ? *)"),
        Rules(expression="cron(0 1 * * ? 2027)"),
        Rules(expression="cron(0 ١ * * ? *)"),
        Rules(days=1, duration="3 h"),
    ],
)
def test_rules_that_are_none(rules: Rules) -> None:
    with pytest.raises(InvalidParameterException):
        schedules.check(rules)
