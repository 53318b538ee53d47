"""What a bill says, for the tests of services' prices."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from skyjar.kernel import bills
from tests.conftest import NOON

DAY = 86_400
FEBRUARY, MARCH = ("2027-02-01", "2027-03-01"), ("2027-03-01", "2027-04-01")
Bill = Callable[..., dict[str, tuple[Decimal, Decimal]]]


def at(year: int, month: int, day: int) -> float:
    return datetime(year, month, day, tzinfo=UTC).timestamp()


@pytest.fixture
def february(desk: Any) -> Any:
    """The desk, when February begins."""
    desk.advance(at(2027, 2, 1) - NOON)
    return desk


@pytest.fixture
def bill(desk: Any) -> Bill:
    """By usage type and operation of a service in a month: quantity and dollars."""

    def read(
        service: str, month: tuple[str, str] = FEBRUARY, by: str = "USAGE_TYPE"
    ) -> dict[str, tuple[Decimal, Decimal]]:
        found = desk.ask("ce").get_cost_and_usage(
            time_period={"Start": month[0], "End": month[1]},
            granularity="MONTHLY",
            metrics=["UnblendedCost", "UsageQuantity"],
            filter={"Dimensions": {"Key": "SERVICE", "Values": [service]}},
            group_by=[{"Type": "DIMENSION", "Key": by}],
        )
        rows = desk.store.transact(lambda tx: bills.usage_of(tx, 0, 10**6, desk.clock.now()))
        assert not [name for name in bills.unpriced(rows) if " " in name]  # all that is counted has a price
        return {
            group["Keys"][0]: (
                Decimal(group["Metrics"]["UsageQuantity"]["Amount"]),
                Decimal(group["Metrics"]["UnblendedCost"]["Amount"]),
            )
            for group in found["ResultsByTime"][0]["Groups"]
        }

    return read
