"""Service Quotas through boto3 and the AWS CLI: what is shown is what is enforced, and what is asked for is granted."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from botocore.exceptions import ClientError

from skyjar.cli.main import main
from skyjar.testing.running import Account

pytestmark = pytest.mark.client

BUCKETS = {"ServiceCode": "s3", "QuotaCode": "L-DC2B2D3D"}
GROUPS = {"ServiceCode": "iam", "QuotaCode": "L-F4A5425F"}


def limit(account: Account, service: str, name: str, value: int) -> None:
    port = account.running.endpoint.rpartition(":")[2]
    assert main(["quotas", "set", service, name, str(value), "--account", account.number, "--port", port]) == 0


@pytest.mark.spec("s3-009")
def test_buckets_of_an_account(still: Account) -> None:
    quotas, s3 = still.client("service-quotas"), still.client("s3")
    shown = quotas.get_aws_default_service_quota(**BUCKETS)["Quota"]
    assert (shown["Value"], shown["GlobalQuota"], shown["Adjustable"]) == (10_000.0, True, True)
    limit(still, "s3", "buckets", 2)
    for number in range(2):
        s3.create_bucket(Bucket=f"quota-{still.number}-{number}")
    with pytest.raises(ClientError) as refused:
        s3.create_bucket(Bucket=f"quota-{still.number}-2")
    assert refused.value.response["Error"]["Code"] == "TooManyBuckets"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert quotas.get_service_quota(**BUCKETS)["Quota"]["Value"] == 2.0
    quotas.request_service_quota_increase(**BUCKETS, DesiredValue=4)
    still.running.advance(2)
    s3.create_bucket(Bucket=f"quota-{still.number}-2")


@pytest.mark.spec("service-quotas-002")
def test_an_increase_is_requested(still: Account) -> None:
    quotas = still.client("service-quotas")
    made = quotas.request_service_quota_increase(**GROUPS, DesiredValue=450)["RequestedQuota"]
    assert made["Status"] == "PENDING"
    assert json.loads(made["Requester"])["accountId"] == still.number
    with pytest.raises(quotas.exceptions.ResourceAlreadyExistsException):
        quotas.request_service_quota_increase(**GROUPS, DesiredValue=500)
    still.running.advance(2)
    listed: list[dict[str, Any]] = quotas.list_requested_service_quota_change_history(ServiceCode="iam")[
        "RequestedQuotas"
    ]
    assert [(each["Id"], each["Status"]) for each in listed] == [(made["Id"], "APPROVED")]
    assert still.client("iam").get_account_summary()["SummaryMap"]["GroupsQuota"] == 450


def test_the_cli_lists_them(still: Account) -> None:
    words = ["service-quotas", "list-service-quotas", "--service-code", "dynamodb", "--output", "json"]
    told = subprocess.run(
        [sys.executable, "-m", "awscli", *words], env=still.environment, check=True, capture_output=True, text=True
    )
    names = [each["QuotaName"] for each in json.loads(told.stdout)["Quotas"]]
    assert "Maximum number of tables" in names
