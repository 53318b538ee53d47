"""The price lists of services, and what an amount costs."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

from skyjar.kernel import prices
from skyjar.kernel.prices import Product


@pytest.mark.parametrize("name", sorted(prices.everything()))
def test_a_list_is_whole(name: str) -> None:
    held = prices.of(name)
    assert held is not None
    assert held.code
    assert held.name
    assert re.search(r"looked up \d{4}-\d{2}-\d{2}$", held.source)
    assert re.fullmatch(r"\d{4}-\d{2}-01T00:00:00Z", held.effective)
    known = [(each.usage_type, each.operation) for each in held.products]
    assert len(set(known)) == len(known)
    assert held.begins in ("", "always", "region")
    for each in held.products:
        begins = [Decimal(begin) for begin, _ in each.prices]
        assert begins == sorted(set(begins)), each.usage_type
        assert begins[0] == 0
        assert all(Decimal(price) >= 0 for _, price in each.prices)
        assert each.held in ("", "hour", "month")
        assert (each.unit == "GB-Mo") <= (each.held == "month")


def test_a_service_that_is_free_has_no_prices() -> None:
    iam = prices.of("iam")
    assert iam is not None
    assert iam.is_free
    assert "iam" not in prices.everything()
    assert prices.of("ecr") is None


def product(*bands: tuple[str, str]) -> Product:
    return Product(usage_type="a", unit="GB", prices=bands, description="")


@pytest.mark.parametrize(
    ("amount", "wanted"), [("0", "0"), ("5", "10"), ("10", "20"), ("15", "25"), ("25", "32.5"), ("20", "30")]
)
def test_tiers(amount: str, wanted: str) -> None:
    tiered = product(("0", "2"), ("10", "1"), ("20", "0.5"))
    assert prices.cost(tiered, Decimal(amount)) == Decimal(wanted)


def test_the_free_tier_is_not_deducted() -> None:
    assert prices.cost(product(("0", "0"), ("25", "0.25")), Decimal(10)) == Decimal("2.5")
    assert prices.cost(product(("0", "0")), Decimal(10)) == 0


def test_usage_types_of_regions() -> None:
    assert prices.in_region("Requests-Tier1", "us-east-1") == "Requests-Tier1"
    assert prices.in_region("Requests-Tier1", "eu-west-1") == "EU-Requests-Tier1"
    assert prices.in_region("Requests-Tier1", "us-west-2") == "USW2-Requests-Tier1"
    assert prices.in_region("PaidEventsRecorded", "us-east-1", "always") == "USE1-PaidEventsRecorded"
    assert prices.in_region("PaidEventsRecorded", "us-west-2", "always") == "USW2-PaidEventsRecorded"
    assert prices.in_region("KMS-Requests", "us-east-1", "region") == "us-east-1-KMS-Requests"


def test_hours_of_months() -> None:
    assert prices.hours_of_month(0) == 31 * 24
    assert prices.hours_of_month(31 + 28) == 31 * 24
    assert prices.hours_of_month(31) == 28 * 24
    assert prices.hours_of_month(2 * 365 + 31) == 29 * 24  # 1972
