"""Intelligent-Tiering: what is not read goes to the archives that were chosen, and comes back when it is restored."""

from __future__ import annotations

from typing import Any

import pytest

from skyjar.kernel.errors import AWSError
from skyjar.services.s3 import limits, object_state, state, tiers

DAY_S = 86_400
BODY = b"x" * 200_000


def configure(s3: Any, archive: int = 90, deep: int = 180, **more: Any) -> None:
    tierings = [{"AccessTier": "ARCHIVE_ACCESS", "Days": archive}, {"AccessTier": "DEEP_ARCHIVE_ACCESS", "Days": deep}]
    wanted = {"Id": "c", "Status": "Enabled", "Tierings": tierings, **more}
    s3.put_bucket_intelligent_tiering_configuration(bucket="first", id="c", intelligent_tiering_configuration=wanted)


def put(s3: Any, key: str, body: bytes = BODY, **more: Any) -> None:
    s3.put_object(bucket="first", key=key, body=body, **{"storage_class": tiers.CLASS, **more})


def status(s3: Any, key: str) -> str:
    return str(s3.head_object(bucket="first", key=key).get("ArchiveStatus", ""))


def tier(desk: Any, key: str) -> str:
    tx = desk.store.begin()
    call = desk.call(tx)
    at, bucket = state.bucket_of(call, "first")
    found = object_state.latest(at, bucket, key)
    tx.abort()
    assert found is not None
    return tiers.of(found, desk.clock.now())


def refusal(call: Any, **parameters: Any) -> AWSError:
    with pytest.raises(AWSError) as caught:
        call(**parameters)
    return caught.value


@pytest.mark.spec("s3-038")
def test_unused_objects_sink_tier_by_tier_and_reading_lifts_them(desk: Any, s3: Any) -> None:
    configure(s3)
    put(s3, "unused")
    put(s3, "used")
    put(s3, "small", b"x" * 1000)
    put(s3, "other", storage_class="STANDARD")
    assert tier(desk, "unused") == "FREQUENT"
    for days, expected in ((31, "INFREQUENT"), (58, "INFREQUENT"), (2, "ARCHIVE"), (90, "DEEP_ARCHIVE")):
        desk.advance(days * DAY_S)
        assert s3.get_object(bucket="first", key="used")["ContentLength"] == len(BODY)
        assert tier(desk, "used") == "FREQUENT"
        assert tier(desk, "unused") == expected
    assert status(s3, "unused") == "DEEP_ARCHIVE_ACCESS"
    assert [status(s3, key) for key in ("used", "small", "other")] == ["", "", ""]
    error = refusal(s3.get_object, bucket="first", key="unused")
    assert (error.code, error.fields["AccessTier"]) == ("InvalidObjectState", "DEEP_ARCHIVE_ACCESS")


def test_without_a_configuration_nothing_is_archived(desk: Any, s3: Any) -> None:
    put(s3, "k")
    desk.advance(400 * DAY_S)
    assert tier(desk, "k") == "ARCHIVE_INSTANT"
    assert status(s3, "k") == ""
    assert s3.get_object(bucket="first", key="k")["Body"].read() == BODY
    assert tier(desk, "k") == "FREQUENT"


def test_filters_choose_and_a_disabled_one_does_nothing(desk: Any, s3: Any) -> None:
    configure(s3, Filter={"And": {"Prefix": "a/", "Tags": [{"Key": "old", "Value": "y"}]}})
    put(s3, "a/1", tagging="old=y")
    put(s3, "a/2")
    put(s3, "b/1", tagging="old=y")
    desk.advance(100 * DAY_S)
    assert [status(s3, key) for key in ("a/1", "a/2", "b/1")] == ["ARCHIVE_ACCESS", "", ""]
    configure(s3, Status="Disabled")
    desk.advance(100 * DAY_S)
    assert [status(s3, key) for key in ("a/1", "a/2")] == ["ARCHIVE_ACCESS", ""], "and what is there stays"


@pytest.mark.spec("s3-038")
def test_a_restored_object_stays_in_the_frequent_tier(desk: Any, s3: Any) -> None:
    configure(s3)
    put(s3, "k")
    desk.advance(91 * DAY_S)
    days = {"bucket": "first", "key": "k", "restore_request": {"Days": 1}}
    assert refusal(s3.restore_object, **days).code == "InvalidArgument"
    asked = {"bucket": "first", "key": "k", "restore_request": {"GlacierJobParameters": {"Tier": "Standard"}}}
    s3.restore_object(**asked)
    assert refusal(s3.restore_object, **asked).code == "RestoreAlreadyInProgress"
    assert s3.head_object(bucket="first", key="k")["Restore"] == 'ongoing-request="true"'
    assert refusal(s3.get_object, bucket="first", key="k").code == "InvalidObjectState"
    desk.advance(limits.TIERING_RESTORE_S["ARCHIVE_ACCESS"]["Standard"])
    head = s3.head_object(bucket="first", key="k")
    assert "ArchiveStatus" not in head
    assert "Restore" not in head
    assert s3.get_object(bucket="first", key="k")["Body"].read() == BODY
    assert refusal(s3.restore_object, **asked).code == "InvalidObjectState"
    desk.advance(80 * DAY_S)
    assert status(s3, "k") == ""
    desk.advance(11 * DAY_S)
    assert status(s3, "k") == "ARCHIVE_ACCESS"
