"""Listings, against the simplest thing that could be right."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skyjar.services.s3 import errors, state
from skyjar.services.s3.object_state import successor

KEYS = st.text(alphabet="ab/é\U0010ffff\x00", min_size=1, max_size=5)


def naive(keys: set[str], prefix: str, delimiter: str) -> list[tuple[str, bool]]:
    """(key or common prefix, whether it is a prefix), in S3's order."""
    found: list[tuple[str, bool]] = []
    for key in sorted(keys):
        if not key.startswith(prefix):
            continue
        cut = key.find(delimiter, len(prefix)) if delimiter else -1
        item = (key, False) if cut < 0 else (key[: cut + len(delimiter)], True)
        if item not in found:
            found.append(item)
    return sorted(found)


def listed(s3: Any, **parameters: Any) -> list[tuple[str, bool]]:
    """All pages of ListObjectsV2."""
    found: list[tuple[str, bool]] = []
    token: dict[str, str] = {}
    while True:
        page = s3.list_objects_v2(bucket="first", **parameters, **token)
        rows = [(each["Key"], False) for each in page["Contents"]]
        rows += [(each["Prefix"], True) for each in page["CommonPrefixes"]]
        assert page["KeyCount"] == len(rows) <= page["MaxKeys"]
        found += sorted(rows)
        if not page["IsTruncated"]:
            return found
        token = {"continuation_token": page["NextContinuationToken"]}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    keys=st.sets(KEYS, max_size=12),
    prefix=st.text(alphabet="ab/", max_size=3),
    delimiter=st.sampled_from(["", "/", "b", "a/"]),
    most=st.integers(min_value=1, max_value=5),
)
def test_every_key_is_listed_once_and_in_order(s3: Any, keys: set[str], prefix: str, delimiter: str, most: int) -> None:
    for key in keys:
        s3.put_object(bucket="first", key=key, body=b"")
    try:
        expected = naive(keys, prefix, delimiter)
        assert listed(s3, prefix=prefix, delimiter=delimiter) == expected
        assert listed(s3, prefix=prefix, delimiter=delimiter, max_keys=most) == expected
        versions = s3.list_object_versions(bucket="first", prefix=prefix, delimiter=delimiter)
        rows = [(each["Key"], False) for each in versions["Versions"]]
        rows += [(each["Prefix"], True) for each in versions["CommonPrefixes"]]
        assert sorted(rows) == expected
    finally:
        for key in keys:
            s3.delete_object(bucket="first", key=key)


@given(prefix=KEYS, rest=KEYS)
def test_the_successor_is_behind_all_that_begins_so(prefix: str, rest: str) -> None:
    found = successor(prefix)
    if found is not None:
        assert prefix < prefix + rest < found
        assert prefix.encode() + rest.encode() < found.encode()


def test_common_prefixes_are_stepped_over(desk: Any, s3: Any) -> None:
    """Nothing of a group but its first rows is read."""
    for folder in ("a", "b"):
        for number in range(300):
            s3.put_object(bucket="first", key=f"{folder}/{number:04d}", body=b"")

    def body(tx: Any) -> int:
        call = desk.call(tx)
        at, bucket = state.bucket_of(call, "first")
        read = 0
        scan = tx._driver.scan

        def counted(*arguments: Any) -> Any:
            nonlocal read
            pairs = scan(*arguments)
            read += len(pairs)
            return pairs

        tx._driver.scan = counted
        try:
            from skyjar.services.s3 import listings

            assert listings.page(at, bucket, "", "/", "", 1000).prefixes == ["a/", "b/"]
        finally:
            tx._driver.scan = scan
        return read

    assert desk.store.transact(body) <= 130


def test_versions_page_by_page(s3: Any) -> None:
    s3.put_bucket_versioning(bucket="first", versioning_configuration={"Status": "Enabled"})
    expected = []
    for key in ("a", "b"):
        made = [s3.put_object(bucket="first", key=key, body=b"")["VersionId"] for _ in range(3)]
        expected += [(key, version) for version in reversed(made)]
    for most in (1, 2, 4):
        found: list[tuple[str, str]] = []
        markers: dict[str, str] = {}
        while True:
            page = s3.list_object_versions(bucket="first", max_keys=most, **markers)
            found += [(each["Key"], each["VersionId"]) for each in page["Versions"]]
            latest = [each["VersionId"] for each in page["Versions"] if each["IsLatest"]]
            assert set(latest) <= {expected[0][1], expected[3][1]}
            if not page["IsTruncated"]:
                break
            markers = {"key_marker": page["NextKeyMarker"], "version_id_marker": page["NextVersionIdMarker"]}
        assert found == expected


def test_odd_keys_are_encoded_on_demand(s3: Any) -> None:
    s3.put_object(bucket="first", key="a b+c/é&\x01", body=b"")
    page = s3.list_objects_v2(bucket="first", encoding_type="url", prefix="a ")
    assert (page["Contents"][0]["Key"], page["Prefix"]) == ("a+b%2Bc/%C3%A9%26%01", "a+")
    with pytest.raises(errors.InvalidArgument):
        s3.list_objects_v2(bucket="first", continuation_token="nonsense")
    with pytest.raises(errors.InvalidArgument):
        s3.list_objects(bucket="first", max_keys=-1)


def test_listings_tell_what_is_restored_where_that_is_asked_for(desk: Any, s3: Any) -> None:
    s3.put_bucket_versioning(bucket="first", versioning_configuration={"Status": "Enabled"})
    for key in ("asked", "left"):
        s3.put_object(bucket="first", key=key, body=b"x", storage_class="GLACIER")
    s3.restore_object(bucket="first", key="asked", restore_request={"Days": 1})
    asked = {"optional_object_attributes": ["RestoreStatus"]}

    def told(**more: Any) -> list[Any]:
        return [
            [each.get("RestoreStatus") for each in answer]
            for answer in (
                s3.list_objects(bucket="first", **more)["Contents"],
                s3.list_objects_v2(bucket="first", **more)["Contents"],
                s3.list_object_versions(bucket="first", **more)["Versions"],
            )
        ]

    assert told() == [[None, None]] * 3
    assert told(**asked) == [[{"IsRestoreInProgress": True}, None]] * 3
    desk.advance(6 * 3600)
    (first, other), *_ = told(**asked)
    assert other is None
    assert first["IsRestoreInProgress"] is False
    assert first["RestoreExpiryDate"] > desk.clock.now()
    assert told(**asked) == [[first, None]] * 3
    desk.advance(3 * 86_400)
    assert told(**asked) == [[None, None]] * 3
    with pytest.raises(errors.InvalidArgument, match="Invalid attribute name"):
        s3.list_objects_v2(bucket="first", optional_object_attributes=["Owner"])


def test_who_began_an_upload(desk: Any, s3: Any) -> None:
    """An account by its canonical id; names are not shown since November 2025."""
    upload = s3.create_multipart_upload(bucket="first", key="k")["UploadId"]
    owner = s3.list_buckets()["Owner"]
    assert s3.list_parts(bucket="first", key="k", upload_id=upload)["Initiator"] == owner
    assert s3.list_multipart_uploads(bucket="first")["Uploads"][0]["Initiator"] == owner
