"""Products and their filters."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from skyjar.kernel.errors import NotImplementedHere
from skyjar.services.pricing.errors import (
    InvalidNextTokenException,
    InvalidParameterException,
    InvalidSignatureException,
    NotFoundException,
)


def find(desk: Any, *filters: tuple[str, str, str], code: str = "AmazonS3") -> list[str]:
    wanted = [{"Type": kind, "Field": field, "Value": value} for kind, field, value in filters]
    found = desk.ask("pricing").get_products(service_code=code, filters=wanted)["PriceList"]
    return [orjson.loads(each)["product"]["attributes"]["usagetype"] for each in found]


def test_filters(desk: Any) -> None:
    assert find(desk, ("TERM_MATCH", "usagetype", "Retrieval-SIA")) == ["Retrieval-SIA"]
    assert find(desk, ("TERM_MATCH", "volumeType", "Standard"), ("EQUALS", "productFamily", "Storage")) == [
        "TimedStorage-ByteHrs"
    ]
    assert find(desk, ("CONTAINS", "usagetype", "SIA-Tier")) == ["Requests-SIA-Tier1", "Requests-SIA-Tier2"]
    assert find(desk, ("ANY_OF", "usagetype", "Retrieval-SIA,Retrieval-GIR")) == ["Retrieval-SIA", "Retrieval-GIR"]
    everything = find(desk)
    assert len(find(desk, ("NONE_OF", "usagetype", "Retrieval-SIA,Retrieval-GIR"))) == len(everything) - 2
    assert find(desk, ("TERM_MATCH", "ServiceCode", "AmazonEC2")) == []
    assert find(desk, ("TERM_MATCH", "regionCode", "eu-west-1")) == []
    assert find(desk, ("TERM_MATCH", "toLocation", "External"), code="AWSDataTransfer") == ["DataTransfer-Out-Bytes"]


def test_what_is_wrong_is_said(desk: Any) -> None:
    pricing = desk.ask("pricing")
    with pytest.raises(InvalidParameterException, match="Field colour"):
        find(desk, ("TERM_MATCH", "colour", "red"))
    with pytest.raises(InvalidParameterException, match="aws_v2"):
        pricing.get_products(service_code="AmazonS3", format_version="aws_v2")
    with pytest.raises(InvalidNextTokenException):
        pricing.get_products(service_code="AmazonS3", next_token="x")
    with pytest.raises(NotFoundException):
        pricing.get_attribute_values(service_code="AmazonS3", attribute_name="colour")
    with pytest.raises(NotImplementedHere, match="AmazonEC2"):
        pricing.describe_services(service_code="AmazonEC2")
    with pytest.raises(InvalidSignatureException):
        desk.ask("pricing", region="us-west-2").describe_services()


@pytest.mark.spec("s3-041")
def test_storage_classes_fall_in_price(desk: Any) -> None:
    def price(usage_type: str) -> float:
        wanted = [{"Type": "TERM_MATCH", "Field": "usagetype", "Value": usage_type}]
        (found,) = desk.ask("pricing").get_products(service_code="AmazonS3", filters=wanted)["PriceList"]
        (term,) = orjson.loads(found)["terms"]["OnDemand"].values()
        first = next(each for each in term["priceDimensions"].values() if each["beginRange"] == "0")
        return float(first["pricePerUnit"]["USD"])

    standard = price("TimedStorage-ByteHrs")
    infrequent = price("TimedStorage-SIA-ByteHrs")
    assert infrequent / standard == pytest.approx(0.54, abs=0.01)
    assert price("TimedStorage-ZIA-ByteHrs") / infrequent == pytest.approx(0.8)
    assert price("TimedStorage-GlacierByteHrs") / standard == pytest.approx(0.16, abs=0.05)
    assert price("TimedStorage-GDA-ByteHrs") / standard == pytest.approx(0.05, abs=0.01)


def test_attributes(desk: Any) -> None:
    pricing = desk.ask("pricing")
    (s3,) = pricing.describe_services(service_code="AmazonS3")["Services"]
    assert {"usagetype", "storageClass", "volumeType", "productFamily", "regionCode"} <= set(s3["AttributeNames"])
    first = pricing.get_attribute_values(service_code="AmazonS3", attribute_name="usagetype", max_results=3)
    rest = pricing.get_attribute_values(
        service_code="AmazonS3", attribute_name="usagetype", next_token=first["NextToken"]
    )
    values = [each["Value"] for each in first["AttributeValues"] + rest["AttributeValues"]]
    assert values == sorted(set(values))
    assert "Requests-Tier1" in values
