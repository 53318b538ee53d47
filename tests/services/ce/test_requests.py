"""GetCostAndUsage and GetDimensionValues: periods, groups, filters, pages, errors."""

from __future__ import annotations

from typing import Any

import pytest

from skyjar.kernel.errors import NotImplementedHere
from skyjar.services.ce import limits
from skyjar.services.ce.errors import (
    DataUnavailableException,
    InvalidNextTokenException,
    ValidationException,
)

from .conftest import DAY

S3 = "Amazon Simple Storage Service"


def ask(desk: Any, start: str, end: str, **more: Any) -> dict[str, Any]:
    given: dict[str, Any] = {"granularity": "MONTHLY", "metrics": ["UnblendedCost"]} | more
    found: dict[str, Any] = desk.ask("ce").get_cost_and_usage(time_period={"Start": start, "End": end}, **given)
    return found


@pytest.mark.parametrize(
    ("start", "end", "error", "sentence"),
    [
        (
            "2027-02-01",
            "2027-02-01",
            ValidationException,
            r"Start date \(and hour\) should be before end date \(and hour\)",
        ),
        ("2027-02-01", "2027-03-02", ValidationException, "end date past the beginning of next month"),
        ("2025-11-02", "2027-02-01", ValidationException, "first day of the month"),
        ("2020-01-01", "2020-02-01", DataUnavailableException, "Data is not available"),
        ("2027-2-1", "2027-03-01", ValidationException, "yyyy-MM-dd"),
        ("2027-02-30", "2027-03-01", ValidationException, "yyyy-MM-dd"),
    ],
)
def test_periods_that_are_refused(february: Any, start: str, end: str, error: type[Exception], sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        ask(february, start, end)


def test_periods(february: Any) -> None:
    found = ask(february, "2026-12-10", "2027-03-01")["ResultsByTime"]
    assert [(each["TimePeriod"]["Start"], each["TimePeriod"]["End"], each["Estimated"]) for each in found] == [
        ("2026-12-10", "2027-01-01", False),
        ("2027-01-01", "2027-02-01", False),
        ("2027-02-01", "2027-03-01", True),
    ]
    assert found[0]["Total"] == {"UnblendedCost": {"Amount": "0", "Unit": "USD"}}
    assert found[0]["Groups"] == []
    assert len(ask(february, "2027-01-01", "2027-03-01", granularity="DAILY")["ResultsByTime"]) == 59


def test_what_is_not_there_is_refused_by_name(february: Any) -> None:
    period = ("2027-02-01", "2027-03-01")
    with pytest.raises(DataUnavailableException, match="Hourly"):
        ask(february, *period, granularity="HOURLY")
    with pytest.raises(NotImplementedHere, match="NormalizedUsageAmount"):
        ask(february, *period, metrics=["NormalizedUsageAmount"])
    with pytest.raises(ValidationException, match="Happiness"):
        ask(february, *period, metrics=["Happiness"])
    with pytest.raises(NotImplementedHere, match="INSTANCE_TYPE"):
        ask(february, *period, group_by=[{"Type": "DIMENSION", "Key": "INSTANCE_TYPE"}])
    with pytest.raises(NotImplementedHere, match="TAG"):
        ask(february, *period, group_by=[{"Type": "TAG", "Key": "a"}])
    with pytest.raises(ValidationException, match="2"):
        ask(february, *period, group_by=[{"Type": "DIMENSION", "Key": "SERVICE"}] * 3)
    with pytest.raises(NotImplementedHere, match="Tags"):
        ask(february, *period, filter={"Tags": {"Key": "a", "Values": ["b"]}})
    with pytest.raises(ValidationException, match="And expression must have at least 2 operands"):
        ask(february, *period, filter={"And": [{"Dimensions": {"Key": "SERVICE", "Values": [S3]}}]})
    with pytest.raises(ValidationException, match="ABSENT"):
        ask(
            february,
            *period,
            filter={"Dimensions": {"Key": "SERVICE", "Values": [S3], "MatchOptions": ["ABSENT"]}},
        )
    with pytest.raises(InvalidNextTokenException):
        ask(february, *period, next_page_token="x")


@pytest.fixture
def used(february: Any) -> Any:
    """Five puts in one Region, three in another."""
    for region, times in (("us-east-1", 5), ("eu-west-1", 3)):
        s3 = february.ask("s3", region=region)
        where = {} if region == "us-east-1" else {"create_bucket_configuration": {"LocationConstraint": region}}
        s3.create_bucket(bucket=f"in-{region}", **where)
        for number in range(times):
            s3.put_object(bucket=f"in-{region}", key=str(number), body=b"x")
    return february


def groups(found: dict[str, Any]) -> dict[tuple[str, ...], str]:
    return {
        tuple(each["Keys"]): each["Metrics"]["UnblendedCost"]["Amount"] for each in found["ResultsByTime"][0]["Groups"]
    }


def test_groups(used: Any) -> None:
    by = [{"Type": "DIMENSION", "Key": "REGION"}, {"Type": "DIMENSION", "Key": "USAGE_TYPE"}]
    only = {"Dimensions": {"Key": "OPERATION", "Values": ["PutObject"]}}
    found = ask(used, "2027-02-01", "2027-03-01", group_by=by, filter=only)
    assert groups(found) == {
        ("us-east-1", "Requests-Tier1"): "0.000025",
        ("eu-west-1", "EU-Requests-Tier1"): "0.000015",
    }
    assert found["GroupDefinitions"] == by
    assert found["ResultsByTime"][0]["Total"] == {}
    mine = ask(used, "2027-02-01", "2027-03-01", group_by=[{"Type": "DIMENSION", "Key": "LINKED_ACCOUNT"}])
    assert mine["DimensionValueAttributes"] == [{"Value": used.account, "Attributes": {"description": used.account}}]


def test_filters(used: Any) -> None:
    here = {"Dimensions": {"Key": "REGION", "Values": ["us-east-1"]}}
    puts = {"Dimensions": {"Key": "OPERATION", "Values": ["PutObject"], "MatchOptions": ["EQUALS"]}}

    def total(filter: dict[str, Any]) -> str:
        found = ask(used, "2027-02-01", "2027-03-01", filter=filter)["ResultsByTime"][0]["Total"]
        return str(found["UnblendedCost"]["Amount"])

    assert total({"And": [here, puts]}) == "0.000025"
    assert total({"And": [{"Not": here}, puts]}) == "0.000015"
    assert total({"And": [{"Or": [here, {"Not": here}]}, puts]}) == "0.00004"
    assert total({"And": [puts, {"Dimensions": {"Key": "RECORD_TYPE", "Values": ["Credit"]}}]}) == "0"


def test_kinds_of_costs_are_the_same_here(used: Any) -> None:
    kinds = ["UnblendedCost", "BlendedCost", "AmortizedCost", "NetUnblendedCost", "NetAmortizedCost"]
    only = {"Dimensions": {"Key": "OPERATION", "Values": ["PutObject"]}}
    total = ask(used, "2027-02-01", "2027-03-01", metrics=[*kinds, "UsageQuantity"], filter=only)["ResultsByTime"][0][
        "Total"
    ]
    assert {total[kind]["Amount"] for kind in kinds} == {"0.00004"}
    assert total["UsageQuantity"] == {"Amount": "8", "Unit": "Requests"}


def test_asking_costs_a_cent(used: Any) -> None:
    ask(used, "2027-02-01", "2027-03-01")
    found = ask(used, "2027-02-01", "2027-03-01", group_by=[{"Type": "DIMENSION", "Key": "SERVICE"}])
    assert groups(found)[("AWS Cost Explorer",)] == "0.01"


def test_pages(used: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PAGE", 2)
    by = [{"Type": "DIMENSION", "Key": "OPERATION"}, {"Type": "DIMENSION", "Key": "REGION"}]
    only = {"Dimensions": {"Key": "USAGE_TYPE", "Values": ["Requests-Tier1", "EU-Requests-Tier1"]}}
    seen: list[list[str]] = []
    token = ""
    while True:
        more = {"next_page_token": token} if token else {}
        found = ask(used, "2027-02-01", "2027-03-01", group_by=by, filter=only, **more)
        page = [group["Keys"] for result in found["ResultsByTime"] for group in result["Groups"]]
        assert len(page) <= 2
        seen += page
        token = found.get("NextPageToken", "")
        if not token:
            break
    assert len(seen) == 4
    assert seen == sorted(seen)


def test_dimension_values(used: Any) -> None:
    period = {"Start": "2027-02-01", "End": "2027-03-01"}
    ce = used.ask("ce")
    found = ce.get_dimension_values(time_period=period, dimension="USAGE_TYPE", search_string="requests")
    values = [each["Value"] for each in found["DimensionValues"]]
    assert values == ["EU-Requests-Tier1", "Requests-Tier1"]
    assert found["DimensionValues"][0]["Attributes"] == {"unit": "Requests"}
    assert (found["ReturnSize"], found["TotalSize"]) == (2, 2)
    only = {"Dimensions": {"Key": "OPERATION", "Values": ["PutObject"]}}
    dearest = ce.get_dimension_values(
        time_period=period, dimension="REGION", filter=only, sort_by=[{"Key": "UnblendedCost"}], max_results=1
    )
    assert [each["Value"] for each in dearest["DimensionValues"]] == ["us-east-1"]
    with pytest.raises(NotImplementedHere, match="RESERVATIONS"):
        ce.get_dimension_values(time_period=period, dimension="REGION", context="RESERVATIONS")


def test_a_management_account_sees_its_members(february: Any) -> None:
    organizations = february.ask("organizations")
    organizations.create_organization(feature_set="ALL")
    organizations.create_account(email="a@example.com", account_name="member")
    february.advance(DAY)
    (member,) = [each for each in organizations.list_accounts()["Accounts"] if each["Name"] == "member"]
    from skyjar.kernel.principals import root

    february.ask("s3", root(member["Id"])).create_bucket(bucket="theirs")
    by = [{"Type": "DIMENSION", "Key": "LINKED_ACCOUNT"}]
    only = {"Dimensions": {"Key": "SERVICE", "Values": [S3]}}
    found = ask(february, "2027-02-01", "2027-03-01", group_by=by, filter=only)
    assert groups(found) == {(member["Id"],): "0.000005"}
    assert found["DimensionValueAttributes"] == [{"Value": member["Id"], "Attributes": {"description": "member"}}]
    stranger = february.ask("ce", root("999988887777"))
    seen = stranger.get_cost_and_usage(
        time_period={"Start": "2027-02-01", "End": "2027-03-01"}, granularity="MONTHLY", metrics=["UnblendedCost"]
    )
    assert seen["ResultsByTime"][0]["Total"]["UnblendedCost"]["Amount"] == "0"
