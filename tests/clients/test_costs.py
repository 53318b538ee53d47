"""What it would have cost, through boto3 and the command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from botocore.exceptions import ClientError

from skyjar.cli.main import main
from skyjar.testing.running import Account

pytestmark = pytest.mark.client


def this_month(account: Account) -> dict[str, str]:
    now = datetime.fromtimestamp(account.running.call(account.running.cloud.clock.now), UTC)
    after = datetime(now.year + now.month // 12, now.month % 12 + 1, 1, tzinfo=UTC)
    return {"Start": now.strftime("%Y-%m-01"), "End": after.strftime("%Y-%m-%d")}


def by_usage(account: Account, **more: Any) -> dict[str, Decimal]:
    found = account.client("ce").get_cost_and_usage(
        TimePeriod=this_month(account),
        Granularity="MONTHLY",
        Metrics=["UnblendedCost", "UsageQuantity"],
        GroupBy=[{"Type": "DIMENSION", "Key": "USAGE_TYPE"}],
        **more,
    )
    return {
        group["Keys"][0]: Decimal(group["Metrics"]["UsageQuantity"]["Amount"])
        for group in found["ResultsByTime"][0]["Groups"]
    }


@pytest.mark.spec("s3-043")
def test_what_leaves_s3_costs(still: Account) -> None:
    s3 = still.client("s3")
    bucket = f"costs-{still.number}"
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="a", Body=b"x" * 2**20, StorageClass="STANDARD_IA")
    for _ in range(4):
        s3.get_object(Bucket=bucket, Key="a")["Body"].read()
    with pytest.raises(ClientError):
        s3.get_object(Bucket=bucket, Key="b")
    found = by_usage(still)
    assert found["DataTransfer-Out-Bytes"] == found["Retrieval-SIA"] == Decimal("0.00390625")
    assert "DataTransfer-In-Bytes" not in found
    assert found["Requests-SIA-Tier1"] == 1
    assert found["Requests-SIA-Tier2"] == 4
    assert found["Requests-Tier2"] == 1  # a miss costs as well
    assert by_usage(still)["APIRequest"] == 1  # so does asking


def command(capsys: Any, account: Account, *words: str) -> str:
    port = account.running.endpoint.rpartition(":")[2]
    assert main(["cost", "--account", account.number, "--port", port, *words]) == 0
    return str(capsys.readouterr().out)


def test_the_command(still: Account, capsys: Any) -> None:
    s3 = still.client("s3", region_name="us-east-1")
    bucket = f"command-{still.number}"
    s3.create_bucket(Bucket=bucket)
    for number in range(2000):
        s3.put_object(Bucket=bucket, Key=str(number % 10), Body=b"x")
    still.client("ecr").describe_repositories()
    found = json.loads(command(capsys, still, "--json"))
    line = next(each for each in found["lines"] if each["usage_type"] == "Requests-Tier1")
    assert (line["service"], line["amount"], line["cost"]) == ("Amazon Simple Storage Service", "2001", "0.010005")
    assert (line["unit"], Decimal(line["price"])) == ("Requests", Decimal("0.000005"))
    assert found["not_priced"] == {"ecr": 1.0}
    assert "Inventory" in str(found["left_out"]["Amazon Simple Storage Service"])
    drawn = command(capsys, still)
    assert "0.01" in drawn
    assert "not priced: ecr (1 call)" in drawn
    assert "us-east-1" in drawn
    by_service = json.loads(command(capsys, still, "--json", "--by", "service"))
    assert [each["service"] for each in by_service["lines"]] == ["Amazon Simple Storage Service"]
    assert len(json.loads(command(capsys, still, "--json", "--by", "day"))["lines"]) == 1
    assert json.loads(command(capsys, still, "--json", "--month", "2020-01"))["lines"] == []


def test_a_month_that_is_none(still: Account, capsys: Any) -> None:
    port = still.running.endpoint.rpartition(":")[2]
    assert main(["cost", "--month", "2026-13", "--port", port]) == 1
    assert "2026-11" in capsys.readouterr().err


def test_the_price_list(account: Account) -> None:
    pricing = account.client("pricing", region_name="us-east-1")
    match = [
        {"Type": "TERM_MATCH", "Field": "usagetype", "Value": "TimedStorage-ByteHrs"},
        {"Type": "TERM_MATCH", "Field": "location", "Value": "US East (N. Virginia)"},
    ]
    found = pricing.get_products(ServiceCode="AmazonS3", Filters=match, FormatVersion="aws_v1")
    assert found["FormatVersion"] == "aws_v1"
    document = json.loads(found["PriceList"][0])
    assert document["product"]["attributes"]["storageClass"] == "General Purpose"
    (term,) = document["terms"]["OnDemand"].values()
    bands = sorted((float(each["beginRange"]), each) for each in term["priceDimensions"].values())
    assert [each["pricePerUnit"]["USD"] for _, each in bands] == ["0.0230000000", "0.0220000000", "0.0210000000"]
    assert [each["endRange"] for _, each in bands] == ["51200", "512000", "Inf"]
    codes = [each["ServiceCode"] for each in pricing.describe_services()["Services"]]
    assert {"AmazonS3", "AmazonDynamoDB", "AWSLambda", "AWSQueueService", "AmazonKinesis"} <= set(codes)
    classes = pricing.get_attribute_values(ServiceCode="AmazonS3", AttributeName="storageClass")["AttributeValues"]
    assert {"Value": "Infrequent Access"} in classes
    pages = pricing.get_paginator("get_products").paginate(ServiceCode="AmazonS3", PaginationConfig={"PageSize": 20})
    skus = [json.loads(each)["product"]["sku"] for page in pages for each in page["PriceList"]]
    assert len(skus) == len(set(skus)) > 40


def test_the_price_list_is_in_three_regions(account: Account) -> None:
    with pytest.raises(ClientError, match="Credential should be scoped to a valid region"):
        account.client("pricing", region_name="eu-west-3").describe_services()
    assert account.client("pricing", region_name="ap-south-1").describe_services()["Services"]


def test_what_has_no_prices_is_refused(account: Account) -> None:
    with pytest.raises(ClientError, match="no prices of AmazonEC2"):
        account.client("pricing", region_name="us-east-1").get_products(ServiceCode="AmazonEC2")


def test_with_the_cli(still: Account) -> None:
    still.client("s3").create_bucket(Bucket=f"cli-{still.number}")
    period = this_month(still)
    run = subprocess.run(
        [
            sys.executable, "-m", "awscli", "ce", "get-cost-and-usage", "--granularity", "DAILY", "--metrics", "UnblendedCost",
            "--time-period", f"Start={period['Start']},End={period['End']}", "--group-by", "Type=DIMENSION,Key=SERVICE",
        ],
        env={**os.environ, **still.environment}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    services = {group["Keys"][0] for day in json.loads(run.stdout)["ResultsByTime"] for group in day["Groups"]}
    assert services == {"Amazon Simple Storage Service"}


def promised(account: Account, volume_type: str, attribute: str) -> str:
    """What the price list says of a storage class."""
    wanted = [{"Type": "TERM_MATCH", "Field": "volumeType", "Value": volume_type}]
    listed = account.client("pricing").get_products(ServiceCode="AmazonS3", Filters=wanted)["PriceList"]
    products = [json.loads(each)["product"] for each in listed]
    (found,) = {each["attributes"][attribute] for each in products if each["productFamily"] == "Storage"}
    return str(found)


@pytest.mark.spec("s3-039")
def test_one_zone_is_a_class_of_its_own(account: Account) -> None:
    s3 = account.client("s3")
    bucket = f"classes-{account.number}"
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="a", Body=b"x", StorageClass="ONEZONE_IA")
    assert s3.head_object(Bucket=bucket, Key="a")["StorageClass"] == "ONEZONE_IA"
    for kind in ("Standard", "Standard - Infrequent Access", "One Zone - Infrequent Access", "Glacier Deep Archive"):
        assert promised(account, kind, "durability") == "99.999999999%"


@pytest.mark.spec("s3-040")
def test_how_often_a_class_is_there(account: Account) -> None:
    kinds = ("Standard", "Standard - Infrequent Access", "One Zone - Infrequent Access")
    assert [promised(account, kind, "availability") for kind in kinds] == ["99.99%", "99.9%", "99.5%"]
