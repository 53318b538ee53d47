"""Storage class analysis as the days go by: what is observed, what follows, what is exported to whom."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest

from skyjar.services.s3 import analytics

DAY_S = 86_400
BIG = b"x" * 2**20  # a mebibyte


def analysed(s3: Any, identity: str, prefix: str = "out", **filtered: Any) -> None:
    export = {
        "OutputSchemaVersion": "V_1",
        "Destination": {
            "S3BucketDestination": {"Format": "CSV", "Bucket": "arn:aws:s3:::reports", "Prefix": prefix},
        },
    }
    wanted = {"Id": identity, "StorageClassAnalysis": {"DataExport": export}}
    if filtered:
        wanted["Filter"] = filtered
    s3.put_bucket_analytics_configuration(bucket="first", id=identity, analytics_configuration=wanted)


@pytest.fixture
def reports(s3: Any) -> None:
    s3.create_bucket(bucket="reports")
    statement = {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "s3:PutObject",
                 "Resource": "arn:aws:s3:::reports/*",
                 "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::first"}}}  # fmt: skip
    s3.put_bucket_policy(bucket="reports", policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))


def keys(s3: Any) -> list[str]:
    return [each["Key"] for each in s3.list_objects_v2(bucket="reports").get("Contents", ())]


def rows(s3: Any, key: str = "out/all.csv") -> list[dict[str, str]]:
    body = s3.get_object(bucket="reports", key=key)["Body"]
    text = body if isinstance(body, bytes) else body.read()
    return list(csv.DictReader(io.StringIO(text.decode())))


def row(found: list[dict[str, str]], date: str, age: str, kind: str = "STANDARD") -> dict[str, str]:
    (one,) = [each for each in found if (each["Date"], each["ObjectAge"], each["StorageClass"]) == (date, age, kind)]
    return one


@pytest.mark.spec("s3-120")
def test_the_first_whole_day_and_each_day_after_it(desk: Any, s3: Any, reports: None) -> None:
    analysed(s3, "all")  # on the 15th at 08:00
    s3.put_object(bucket="first", key="a", body=BIG)
    s3.put_object(bucket="first", key="ia", body=BIG * 2, storage_class="STANDARD_IA")
    s3.put_object(bucket="first", key="archived", body=BIG, storage_class="GLACIER")
    desk.advance(DAY_S)
    assert keys(s3) == []
    s3.put_object(bucket="first", key="small", body=b"12345678" * 2**14)
    s3.get_object(bucket="first", key="a")
    s3.get_object(bucket="first", key="a", range=f"bytes=0-{2**19 - 1}")
    s3.get_object(bucket="first", key="ia")
    s3.get_object(bucket="first", key="small")
    s3.head_object(bucket="first", key="a")
    with pytest.raises(Exception, match="does not exist"):
        s3.get_object(bucket="first", key="none")
    desk.advance(DAY_S)  # the 17th: the 16th is over
    assert keys(s3) == ["out/all.csv"]
    found = rows(s3)
    assert list(found[0]) == [
        "Date", "ConfigId", "Filter", "StorageClass", "ObjectAge", "ObjectCount", "DataUploaded_MB", "Storage_MB",
        "DataRetrieved_MB", "GetRequestCount", "CumulativeAccessRatio", "ObjectAgeForSIATransition",
        "RecommendedObjectAgeForSIATransition",
    ]  # fmt: skip
    young = row(found, "01-16-2027", "000-014")
    assert (young["ConfigId"], young["ObjectCount"], young["DataUploaded_MB"]) == ("all", "", "")
    assert (young["Storage_MB"], young["DataRetrieved_MB"], young["GetRequestCount"]) == ("1.1250", "1.6250", "3")
    whole = row(found, "01-16-2027", "ALL")
    assert (whole["ObjectCount"], whole["Storage_MB"], whole["DataUploaded_MB"]) == ("2", "1.1250", "0.1250")
    assert row(found, "01-16-2027", "ALL", "STANDARD_IA")["DataRetrieved_MB"] == "2.0000"
    assert row(found, "01-16-2027", "730+")["Storage_MB"] == ""
    desk.advance(DAY_S)
    found = rows(s3)
    assert [each["Date"] for each in found if each["ObjectAge"] == "ALL" and each["StorageClass"] == "STANDARD"] == [
        "01-16-2027",
        "01-17-2027",
    ]
    assert row(found, "01-17-2027", "ALL")["GetRequestCount"] == "0"
    assert found[-1]["ObjectAge"] == "ALL"
    assert keys(s3) == ["out/all.csv"]


def test_what_is_small_counts_among_all_alone(desk: Any, s3: Any, reports: None) -> None:
    analysed(s3, "all")
    s3.put_object(bucket="first", key="small", body=b"x" * 1024)
    desk.advance(DAY_S)
    s3.get_object(bucket="first", key="small")
    desk.advance(DAY_S)
    assert row(rows(s3), "01-16-2027", "ALL")["GetRequestCount"] == "1"
    assert row(rows(s3), "01-16-2027", "000-014")["GetRequestCount"] == ""


@pytest.mark.spec("s3-120")
def test_filters_by_prefix_and_tags(desk: Any, s3: Any, reports: None) -> None:
    analysed(s3, "in", Prefix="in/")
    analysed(s3, "both", And={"Prefix": "in/", "Tags": [{"Key": "k", "Value": "v"}]})
    s3.put_object(bucket="first", key="in/a", body=BIG, tagging="k=v")
    s3.put_object(bucket="first", key="in/b", body=BIG)
    s3.put_object(bucket="first", key="c", body=BIG, tagging="k=v")
    desk.advance(DAY_S)
    for key in ("in/a", "in/b", "c"):
        s3.get_object(bucket="first", key=key)
    desk.advance(DAY_S)
    one, both = (row(rows(s3, f"out/{name}.csv"), "01-16-2027", "ALL") for name in ("in", "both"))
    assert (one["Filter"], one["ObjectCount"], one["DataRetrieved_MB"]) == ("prefix=in/", "2", "2.0000")
    assert (both["Filter"], both["ObjectCount"], both["DataRetrieved_MB"]) == ("prefix=in/ tag:k=v", "1", "1.0000")


@pytest.mark.spec("s3-120")
def test_after_thirty_days_it_says_when_to_move(desk: Any, s3: Any, reports: None) -> None:
    s3.put_object(bucket="first", key="old", body=BIG)
    desk.advance(50 * DAY_S)
    analysed(s3, "all")
    s3.put_object(bucket="first", key="new", body=BIG)
    desk.advance(DAY_S)
    for _ in range(5):
        s3.get_object(bucket="first", key="new")
    desk.advance(29 * DAY_S)
    last = [each for each in rows(s3) if each["ObjectAge"] == "ALL"][-1]
    assert last["ObjectAgeForSIATransition"] == ""
    desk.advance(DAY_S)
    last = [each for each in rows(s3) if each["ObjectAge"] == "ALL"][-1]
    assert (last["ObjectAgeForSIATransition"], last["RecommendedObjectAgeForSIATransition"]) == ("30", "")
    assert float(last["CumulativeAccessRatio"]) == pytest.approx(2.5)
    desk.advance(6 * DAY_S)
    last = [each for each in rows(s3) if each["ObjectAge"] == "ALL"][-1]
    assert last["RecommendedObjectAgeForSIATransition"] == "30"


def test_a_destination_that_may_not_be_written_gets_nothing(desk: Any, s3: Any) -> None:
    s3.create_bucket(bucket="reports")
    analysed(s3, "all")
    desk.advance(2 * DAY_S)
    assert keys(s3) == []


def test_putting_it_again_does_not_begin_anew(desk: Any, s3: Any, reports: None) -> None:
    analysed(s3, "all")
    desk.advance(DAY_S)
    analysed(s3, "all", prefix="")
    desk.advance(DAY_S)
    assert keys(s3) == ["all.csv"]


def test_deleting_it_forgets_what_was_observed(desk: Any, s3: Any, reports: None) -> None:
    analysed(s3, "all")
    desk.advance(3 * DAY_S)
    s3.delete_bucket_analytics_configuration(bucket="first", id="all")
    analysed(s3, "all")
    desk.advance(2 * DAY_S)
    dates = {each["Date"] for each in rows(s3)}
    assert dates == {"01-19-2027"}


def test_an_owner_that_is_not_the_destinations_gets_nothing(desk: Any, s3: Any, reports: None) -> None:
    where = {"Format": "CSV", "Bucket": "arn:aws:s3:::reports", "BucketAccountId": "999999999999"}
    export = {"OutputSchemaVersion": "V_1", "Destination": {"S3BucketDestination": where}}
    wanted = {"Id": "all", "StorageClassAnalysis": {"DataExport": export}}
    s3.put_bucket_analytics_configuration(bucket="first", id="all", analytics_configuration=wanted)
    desk.advance(2 * DAY_S)
    assert keys(s3) == []
    where["BucketAccountId"] = desk.account
    s3.put_bucket_analytics_configuration(bucket="first", id="all", analytics_configuration=wanted)
    desk.advance(DAY_S)
    assert keys(s3) == ["all.csv"]


def test_more_versions_than_a_page(desk: Any, s3: Any, reports: None) -> None:
    analysed(s3, "all")
    for number in range(analytics.PAGE + 100):
        s3.put_object(bucket="first", key=f"{number:04}", body=b"x" * 10)
    desk.advance(2 * DAY_S)
    assert row(rows(s3), "01-16-2027", "ALL")["ObjectCount"] == str(analytics.PAGE + 100)
