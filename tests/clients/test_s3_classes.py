"""Storage classes, lifecycle and restores through boto3, on a clock that is turned by hand."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from skyjar.testing.running import Account

pytestmark = pytest.mark.client
DAY_S = 86_400


@pytest.fixture
def bucket(still: Account) -> str:
    name = f"classes-{still.number}"
    still.client("s3").create_bucket(Bucket=name)
    return name


def code(call: Any, **parameters: Any) -> str:
    try:
        call(**parameters)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return ""


def configure(s3: Any, bucket: str, *rules: dict[str, Any]) -> None:
    every = [{"ID": f"rule-{number}", "Status": "Enabled", **rule} for number, rule in enumerate(rules)]
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": every})
    assert s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"] == every


@pytest.mark.spec("s3-035", "s3-036", "s3-037")
def test_archived_objects_are_restored(still: Account, bucket: str) -> None:
    s3 = still.client("s3")
    for key, storage_class, tier in (
        ("fast", "GLACIER", "Expedited"),
        ("plain", "GLACIER", "Standard"),
        ("bulk", "GLACIER", "Bulk"),
        ("deep", "DEEP_ARCHIVE", "Standard"),
        ("deeper", "DEEP_ARCHIVE", "Bulk"),
    ):
        s3.put_object(Bucket=bucket, Key=key, Body=b"x", StorageClass=storage_class)
        assert code(s3.get_object, Bucket=bucket, Key=key) == "InvalidObjectState"
        wanted = {"Days": 5, "GlacierJobParameters": {"Tier": tier}}
        answer = s3.restore_object(Bucket=bucket, Key=key, RestoreRequest=wanted)
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 202
        assert s3.head_object(Bucket=bucket, Key=key)["Restore"] == 'ongoing-request="true"'
    expedited = {"Days": 1, "GlacierJobParameters": {"Tier": "Expedited"}}
    s3.put_object(Bucket=bucket, Key="no", Body=b"x", StorageClass="DEEP_ARCHIVE")
    assert code(s3.restore_object, Bucket=bucket, Key="no", RestoreRequest=expedited) == "InvalidArgument"
    ready = []
    for hours in (5 / 60, 5, 12, 48):
        still.running.advance(hours * 3600 - sum(each[0] for each in ready))
        keys = {key for key in ("fast", "plain", "bulk", "deep", "deeper")
                if 'ongoing-request="false", expiry-date=' in s3.head_object(Bucket=bucket, Key=key)["Restore"]}  # fmt: skip
        ready.append((hours * 3600 - sum(each[0] for each in ready), keys))
    assert [keys for _, keys in ready] == [
        {"fast"}, {"fast", "plain"}, {"fast", "plain", "bulk", "deep"}, {"fast", "plain", "bulk", "deep", "deeper"},
    ]  # fmt: skip
    assert s3.get_object(Bucket=bucket, Key="deeper")["Body"].read() == b"x"
    wanted = {"Days": 9}
    answer = s3.restore_object(Bucket=bucket, Key="deep", RestoreRequest=wanted)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200


@pytest.mark.spec("s3-112", "s3-114", "s3-115")
def test_rules_move_what_their_filter_chooses(still: Account, bucket: str) -> None:
    s3 = still.client("s3")
    archive = {"Transitions": [{"Days": 1, "StorageClass": "GLACIER_IR"}]}
    finance = {"Key": "Department", "Value": "Finance"}
    configure(
        s3,
        bucket,
        {"Filter": {"Prefix": "in/"}, **archive},
        {"Filter": {"Tag": finance}, **archive},
        {"Filter": {"And": {"Prefix": "and/", "Tags": [finance, {"Key": "Year", "Value": "1"}]}}, **archive},
        {"Filter": {"ObjectSizeGreaterThan": 300_000}, **archive},
        {"Filter": {"And": {"Prefix": "little/", "ObjectSizeLessThan": 10}}, **archive},
        {"Filter": {"Prefix": ""}, "Transitions": [{"Days": 60, "StorageClass": "STANDARD_IA"}]},
    )
    big = b"x" * 128 * 1024
    for key, body, tagging in (
        ("in/a", big, ""), ("in/small", b"x", ""), ("tagged", big, "Department=Finance"), ("other", big, "Department=HR"),
        ("huge", big * 3, ""), ("little/a", b"x", ""), ("plain", big, ""),
    ):  # fmt: skip
        s3.put_object(Bucket=bucket, Key=key, Body=body, Tagging=tagging)

    def moved() -> dict[str, str]:
        heads = {key: s3.head_object(Bucket=bucket, Key=key).get("StorageClass", "")
                 for key in ("in/a", "in/small", "tagged", "other", "huge", "little/a", "plain")}  # fmt: skip
        return {key: storage_class for key, storage_class in heads.items() if storage_class}

    still.running.advance(2 * DAY_S)
    assert moved() == dict.fromkeys(("in/a", "tagged", "huge", "little/a"), "GLACIER_IR")
    still.running.advance(60 * DAY_S)
    assert moved() == {
        **dict.fromkeys(("in/a", "tagged", "huge", "little/a"), "GLACIER_IR"),
        **dict.fromkeys(("other", "plain"), "STANDARD_IA"),
    }
    everything = {"Rules": [{"ID": "all", "Status": "Enabled", "Filter": {},
                             "Transitions": [{"Days": 1, "StorageClass": "GLACIER"}]}]}  # fmt: skip
    s3.put_bucket_lifecycle_configuration(
        Bucket=bucket,
        LifecycleConfiguration=everything,
        TransitionDefaultMinimumObjectSize="varies_by_storage_class",
    )
    still.running.advance(DAY_S)
    assert moved()["in/small"] == "GLACIER"


@pytest.mark.spec("s3-119")
def test_transitions_only_go_down(still: Account, bucket: str) -> None:
    s3 = still.client("s3")

    def order(*classes: str) -> str:
        steps = [{"Days": 30 * (n + 1), "StorageClass": name} for n, name in enumerate(classes)]
        rule = {"Status": "Enabled", "Filter": {}, "Transitions": steps}
        return code(s3.put_bucket_lifecycle_configuration, Bucket=bucket, LifecycleConfiguration={"Rules": [rule]})

    down = ("STANDARD_IA", "INTELLIGENT_TIERING", "ONEZONE_IA", "GLACIER", "DEEP_ARCHIVE")
    assert order(*down) == ""
    assert order("STANDARD_IA", "GLACIER_IR", "GLACIER") == ""
    for wrong in (("GLACIER", "STANDARD_IA"), ("DEEP_ARCHIVE", "GLACIER"), ("ONEZONE_IA", "GLACIER_IR"), ("STANDARD",)):
        assert order(*wrong) in ("InvalidArgument", "InvalidRequest")
