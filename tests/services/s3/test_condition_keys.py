"""What S3's condition keys say of a request, as a policy sees it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from skyjar.kernel.call import Origin
from skyjar.kernel.errors import AWSError

DAY = 86_400
NOON = 1_800_000_000.0  # the desk's
KEYS = "arn:aws:s3:::first/*"


def denying(s3: Any, action: str, conditions: dict[str, Any], resource: str = KEYS) -> None:
    """A bucket policy that refuses everybody the action where the conditions are met."""
    deny = {"Effect": "Deny", "Principal": "*", "Action": action, "Resource": resource, "Condition": conditions}
    s3.put_bucket_policy(bucket="first", policy=json.dumps({"Version": "2012-10-17", "Statement": [deny]}))


def refused(call: Any, **parameters: Any) -> bool:
    try:
        call(bucket="first", key="k", **parameters)
    except AWSError as error:
        assert error.code == "AccessDenied", error
        return True
    return False


def test_the_tags_that_an_object_is_written_with(s3: Any) -> None:
    denying(s3, "s3:PutObject*", {"StringNotEquals": {"s3:RequestObjectTag/team": "a"}})
    assert refused(s3.put_object, body=b"x")
    assert refused(s3.put_object, body=b"x", tagging="team=b")
    assert not refused(s3.put_object, body=b"x", tagging="team=a&more=1")
    assert refused(s3.put_object_tagging, tagging={"TagSet": [{"Key": "team", "Value": "b"}]})
    assert not refused(s3.put_object_tagging, tagging={"TagSet": [{"Key": "team", "Value": "a"}]})


def test_the_keys_of_these_tags(s3: Any) -> None:
    denying(s3, "s3:PutObject", {"ForAnyValue:StringNotEquals": {"s3:RequestObjectTagKeys": ["team", "cost"]}})
    assert not refused(s3.put_object, body=b"x", tagging="team=1&cost=2")
    assert refused(s3.put_object, body=b"x", tagging="team=1&other=2")


def test_how_long_an_object_is_locked(desk: Any) -> None:
    s3 = desk.ask("s3")
    s3.create_bucket(bucket="first", object_lock_enabled_for_bucket=True)
    s3.put_object(bucket="first", key="k", body=b"x")
    denying(s3, "s3:PutObjectRetention", {"NumericGreaterThan": {"s3:object-lock-remaining-retention-days": "10"}})
    lock = {"object_lock_mode": "GOVERNANCE", "content_md5": "nd1eRCQcSUm9jUkeAwpVMA=="}

    def kept(days: int) -> dict[str, Any]:
        return {"retention": {"Mode": "GOVERNANCE", "RetainUntilDate": NOON + days * DAY}}

    assert refused(s3.put_object_retention, **kept(11))
    assert not refused(s3.put_object_retention, **kept(10))
    assert refused(s3.put_object, body=b"x", **lock, object_lock_retain_until_date=NOON + 10 * DAY + 1)


def test_the_kind_of_lock_that_is_put_on_an_object(desk: Any) -> None:
    s3 = desk.ask("s3")
    s3.create_bucket(bucket="first", object_lock_enabled_for_bucket=True)
    s3.put_object(bucket="first", key="k", body=b"x")
    denying(s3, "s3:PutObjectLegalHold", {"StringEquals": {"s3:object-lock-legal-hold": "OFF"}})
    assert not refused(s3.put_object_legal_hold, legal_hold={"Status": "ON"})
    assert refused(s3.put_object_legal_hold, legal_hold={"Status": "OFF"})
    denying(s3, "s3:PutObjectRetention", {"StringEquals": {"s3:object-lock-mode": "COMPLIANCE"}})
    until = NOON + DAY
    assert refused(s3.put_object_retention, retention={"Mode": "COMPLIANCE", "RetainUntilDate": until})
    assert not refused(s3.put_object_retention, retention={"Mode": "GOVERNANCE", "RetainUntilDate": until})
    denying(
        s3, "s3:PutObjectRetention", {"DateGreaterThan": {"s3:object-lock-retain-until-date": "2027-02-01T00:00:00Z"}}
    )
    assert refused(s3.put_object_retention, retention={"Mode": "GOVERNANCE", "RetainUntilDate": until + 60 * DAY})


def test_conditional_writes_are_enforced_where_an_object_is_made(s3: Any) -> None:
    """The example of the User Guide: multipart uploads begin and go on without the header, and end with it."""
    denying(s3, "s3:PutObject", {"Null": {"s3:if-none-match": "true"}, "Bool": {"s3:ObjectCreationOperation": "true"}})
    assert refused(s3.put_object, body=b"x")
    assert not refused(s3.put_object, body=b"x", if_none_match="*")
    upload = s3.create_multipart_upload(bucket="first", key="m")["UploadId"]
    part = s3.upload_part(bucket="first", key="m", upload_id=upload, part_number=1, body=b"x")
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    with pytest.raises(AWSError, match="s3:PutObject"):
        s3.complete_multipart_upload(bucket="first", key="m", upload_id=upload, multipart_upload=parts)
    s3.complete_multipart_upload(bucket="first", key="m", upload_id=upload, multipart_upload=parts, if_none_match="*")


def by(desk: Any, signature: str, **more: Any) -> Any:
    """GetObject as it is called by a request that is signed like that; `more` of its origin."""
    origin = type("Signed", (Origin,), {"__slots__": (), **more})("http://127.0.0.1:4566", signature=signature)

    def get_object(**parameters: Any) -> Any:
        def run(tx: Any) -> Any:
            call = desk.call(tx)
            call.origin = origin
            return call.ask("s3").get_object(**parameters)

        return desk.store.transact(run)

    return get_object


@pytest.fixture
def kept(s3: Any) -> Any:
    """The service, with an object `k` in the bucket `first`."""
    s3.put_object(bucket="first", key="k", body=b"x")
    return s3


@pytest.mark.parametrize(
    ("key", "value", "other"),
    [
        ("s3:authType", "REST-QUERY-STRING", "REST-HEADER"),
        ("s3:signatureversion", "AWS4-HMAC-SHA256", "AWS"),
        ("s3:x-amz-content-sha256", "UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"),
    ],
)
def test_how_a_url_was_signed(desk: Any, kept: Any, key: str, value: str, other: str) -> None:
    denying(kept, "s3:GetObject", {"StringEquals": {key: value}})
    assert refused(by(desk, "v4-query"))
    denying(kept, "s3:GetObject", {"StringEquals": {key: other}})
    assert not refused(by(desk, "v4-query"))


def test_how_old_a_signature_is(desk: Any, kept: Any) -> None:
    denying(kept, "s3:GetObject", {"NumericGreaterThan": {"s3:signatureAge": "600000"}})
    assert not refused(by(desk, "v4-query", signed_at=NOON - 600))
    assert refused(by(desk, "v4-query", signed_at=NOON - 601))


def test_the_version_of_tls(desk: Any, kept: Any) -> None:
    denying(kept, "s3:GetObject", {"NumericLessThan": {"s3:TlsVersion": "1.3"}})
    assert refused(by(desk, "v4-header", tls_version="1.2"))
    assert not refused(by(desk, "v4-header", tls_version="1.3"))
