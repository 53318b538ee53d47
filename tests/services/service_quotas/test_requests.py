"""Quotas as Service Quotas shows them, and requests to raise them."""

from __future__ import annotations

from typing import Any

import pytest

from skyjar.kernel.errors import AWSError
from skyjar.services.service_quotas import catalogue

TABLES = {"service_code": "dynamodb", "quota_code": "L-F98FE922"}
USERS = {"service_code": "iam", "quota_code": "L-F55AF5E4"}
BUCKETS = {"service_code": "s3", "quota_code": "L-DC2B2D3D"}


def value(desk: Any, wanted: dict[str, str]) -> float:
    return float(desk.ask("service-quotas").get_service_quota(**wanted)["Quota"]["Value"])


def request(desk: Any, wanted: dict[str, str], to: float, **more: Any) -> dict[str, Any]:
    answer: dict[str, Any] = desk.ask("service-quotas").request_service_quota_increase(
        **wanted, desired_value=to, **more
    )
    return answer["RequestedQuota"]


def status(desk: Any, id: str) -> str:
    return str(desk.ask("service-quotas").get_requested_service_quota_change(request_id=id)["RequestedQuota"]["Status"])


def test_every_code_belongs_to_a_quota_that_is_enforced(desk: Any) -> None:
    quotas = desk.ask("service-quotas")
    for code, several in catalogue.everything().items():
        assert {each["QuotaCode"] for each in quotas.list_service_quotas(service_code=code)["Quotas"]} == set(several)
        for each in several.values():
            assert catalogue.default(each) > 0


def test_a_small_request_is_granted(desk: Any) -> None:
    made = request(desk, TABLES, 4_000)
    assert (made["Status"], made["DesiredValue"], made["QuotaName"]) == ("PENDING", 4_000, "Maximum number of tables")
    assert value(desk, TABLES) == 2_500
    desk.advance(2)
    assert status(desk, made["Id"]) == "APPROVED"
    assert value(desk, TABLES) == 4_000
    default = desk.ask("service-quotas").get_aws_default_service_quota(**TABLES)["Quota"]
    assert default["Value"] == 2_500


def test_what_is_granted_is_heeded_at_once(desk: Any) -> None:
    """DynamoDB looks for the quotas only of which it knows that they were set."""
    dynamodb = desk.ask("dynamodb")
    assert dynamodb.describe_limits()["TableMaxWriteCapacityUnits"] == 40_000
    request(desk, {"service_code": "dynamodb", "quota_code": "L-AB614373"}, 50_000)
    desk.advance(2)
    assert dynamodb.describe_limits()["TableMaxWriteCapacityUnits"] == 50_000


def test_a_large_one_is_a_case_first(desk: Any) -> None:
    made = request(desk, TABLES, 9_000)
    desk.advance(1.5)
    assert status(desk, made["Id"]) == "CASE_OPENED"
    desk.advance(1.5)
    assert (status(desk, made["Id"]), value(desk, TABLES)) == ("APPROVED", 9_000)


def test_what_aws_never_grants_is_denied(desk: Any) -> None:
    made = request(desk, TABLES, 50_000)
    desk.advance(5)
    assert (status(desk, made["Id"]), value(desk, TABLES)) == ("DENIED", 2_500)


def test_without_a_case_what_is_large_is_not_approved(desk: Any) -> None:
    made = request(desk, TABLES, 9_000, support_case_allowed=False)
    desk.advance(5)
    assert (status(desk, made["Id"]), value(desk, TABLES)) == ("NOT_APPROVED", 2_500)


@pytest.mark.parametrize(
    ("wanted", "to", "code"),
    [
        (TABLES, 2_500, "IllegalArgumentException"),
        (TABLES, 2_600.5, "IllegalArgumentException"),
        (USERS, 6_000, "IllegalArgumentException"),
        ({**TABLES, "quota_code": "L-00000000"}, 3_000, "NoSuchResourceException"),
        ({**TABLES, "service_code": "nothing"}, 3_000, "NoSuchResourceException"),
        ({**TABLES, "context_id": "x"}, 3_000, "IllegalArgumentException"),
    ],
)
def test_what_is_refused(desk: Any, wanted: dict[str, str], to: float, code: str) -> None:
    with pytest.raises(AWSError) as refused:
        request(desk, wanted, to)
    assert refused.value.code == code


def test_one_request_at_a_time(desk: Any) -> None:
    request(desk, TABLES, 3_000)
    with pytest.raises(AWSError) as refused:
        request(desk, TABLES, 3_100)
    assert refused.value.code == "ResourceAlreadyExistsException"
    desk.advance(2)
    request(desk, TABLES, 3_100)


def test_the_newest_comes_first(desk: Any) -> None:
    for wanted, to in ((TABLES, 3_000), (BUCKETS, 11_000)):
        request(desk, wanted, to)
        desk.advance(2)
    request(desk, TABLES, 3_500)
    quotas = desk.ask("service-quotas")
    page = quotas.list_requested_service_quota_change_history(max_results=2)
    assert [each["DesiredValue"] for each in page["RequestedQuotas"]] == [3_500, 11_000]
    rest = quotas.list_requested_service_quota_change_history(max_results=2, next_token=page["NextToken"])
    assert [each["DesiredValue"] for each in rest["RequestedQuotas"]] == [3_000]
    only = quotas.list_requested_service_quota_change_history_by_quota(**TABLES, status="APPROVED")
    assert [each["DesiredValue"] for each in only["RequestedQuotas"]] == [3_000]
    with pytest.raises(AWSError) as refused:
        quotas.list_requested_service_quota_change_history(next_token="nonsense")
    assert refused.value.code == "InvalidPaginationTokenException"


def test_tags(desk: Any) -> None:
    quotas = desk.ask("service-quotas")
    arn = quotas.get_service_quota(**TABLES)["Quota"]["QuotaArn"]
    quotas.tag_resource(resource_arn=arn, tags=[{"Key": "team", "Value": "blue"}, {"Key": "x", "Value": "y"}])
    quotas.untag_resource(resource_arn=arn, tag_keys=["x"])
    assert quotas.list_tags_for_resource(resource_arn=arn)["Tags"] == [{"Key": "team", "Value": "blue"}]
    with pytest.raises(AWSError) as refused:
        quotas.list_tags_for_resource(resource_arn=arn + "0")
    assert refused.value.code == "NoSuchResourceException"


def test_what_is_granted_counts_in_its_place_only(desk: Any) -> None:
    """IAM's quotas hold in all Regions, DynamoDB's in one."""
    iam = {"service_code": "iam", "quota_code": "L-F4A5425F"}
    request(desk, iam, 400)
    request(desk, TABLES, 3_000)
    desk.advance(2)
    assert desk.ask("iam").get_account_summary()["SummaryMap"]["GroupsQuota"] == 400
    assert value(desk, TABLES) == 3_000
    elsewhere = desk.ask("service-quotas", region="eu-west-1")
    assert elsewhere.get_service_quota(**TABLES)["Quota"]["Value"] == 2_500
    assert elsewhere.get_service_quota(**iam)["Quota"]["Value"] == 400
