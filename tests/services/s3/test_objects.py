"""Objects: versions, conditions, ranges, copies, uploads in parts."""

import hashlib
import json
from base64 import b64encode
from typing import Any

import pytest

from skyjar.kernel.outside import Outside
from skyjar.kernel.principals import ANONYMOUS
from skyjar.services.s3 import errors

MIB = 1024 * 1024


def body_of(answer: dict[str, Any]) -> bytes:
    body = answer["Body"]
    return body if isinstance(body, bytes) else body.read()


def enable(s3: Any, status: str = "Enabled") -> None:
    s3.put_bucket_versioning(bucket="first", versioning_configuration={"Status": status})


def put(s3: Any, body: bytes, key: str = "k", **more: Any) -> dict[str, Any]:
    return s3.put_object(bucket="first", key=key, body=body, **more)


@pytest.mark.spec("s3-100", "s3-101", "s3-102", "s3-103", "s3-104", "s3-105", "s3-106", "s3-107")
def test_the_life_of_versions(s3: Any) -> None:
    assert s3.get_bucket_versioning(bucket="first") == {}
    with pytest.raises(errors.MalformedXML):
        enable(s3, "Disabled")
    put(s3, b"null")
    enable(s3)
    one, two = put(s3, b"one")["VersionId"], put(s3, b"two")["VersionId"]
    assert one != two
    assert body_of(s3.get_object(bucket="first", key="k")) == b"two"
    assert body_of(s3.get_object(bucket="first", key="k", version_id=one)) == b"one"
    assert body_of(s3.get_object(bucket="first", key="k", version_id="null")) == b"null"
    listed = s3.list_object_versions(bucket="first")["Versions"]
    assert [(each["VersionId"], each["IsLatest"]) for each in listed] == [(two, True), (one, False), ("null", False)]
    s3.copy_object(bucket="first", key="k", copy_source=f"first/k?versionId={one}")
    assert body_of(s3.get_object(bucket="first", key="k")) == b"one"
    marker = s3.delete_object(bucket="first", key="k")
    assert marker["DeleteMarker"]
    with pytest.raises(errors.NoSuchKey) as gone:
        s3.get_object(bucket="first", key="k")
    assert gone.value.fields["x-amz-delete-marker"] == "true"
    with pytest.raises(errors.MethodNotAllowed):
        s3.get_object(bucket="first", key="k", version_id=marker["VersionId"])
    assert s3.list_objects_v2(bucket="first")["Contents"] == []
    s3.delete_object(bucket="first", key="k", version_id=marker["VersionId"])
    assert body_of(s3.get_object(bucket="first", key="k")) == b"one"
    enable(s3, "Suspended")
    assert put(s3, b"newest null")["VersionId"] == "null"
    assert put(s3, b"last null")["VersionId"] == "null"
    assert body_of(s3.get_object(bucket="first", key="k", version_id=two)) == b"two"
    versions = [each["VersionId"] for each in s3.list_object_versions(bucket="first")["Versions"]]
    assert versions.count("null") == 1
    assert s3.delete_object(bucket="first", key="k") == {"DeleteMarker": True, "VersionId": "null"}
    with pytest.raises(errors.VersionedBucketNotEmpty):
        s3.delete_bucket(bucket="first")
    for each in s3.list_object_versions(bucket="first")["Versions"]:
        s3.delete_object(bucket="first", key="k", version_id=each["VersionId"])
    s3.delete_object(bucket="first", key="k", version_id="null")
    s3.delete_bucket(bucket="first")


@pytest.mark.spec("s3-028")
def test_conditional_writes(s3: Any) -> None:
    etag = put(s3, b"1", if_none_match="*")["ETag"]
    with pytest.raises(errors.PreconditionFailed):
        put(s3, b"2", if_none_match="*")
    with pytest.raises(errors.PreconditionFailed):
        put(s3, b"2", if_match='"0123"')
    with pytest.raises(errors.NoSuchKey):
        put(s3, b"2", key="none", if_match=etag)
    put(s3, b"2", if_match=etag)
    with pytest.raises(errors.PreconditionFailed):
        s3.delete_object(bucket="first", key="k", if_match=etag)
    with pytest.raises(errors.PreconditionFailed):
        s3.delete_object(bucket="first", key="nothing", if_match="*")
    for theirs in ({"if_match_size": 1}, {"if_match_last_modified_time": 1.0}):  # of directory buckets
        with pytest.raises(errors.NotImplementedByS3):
            s3.delete_object(bucket="first", key="k", **theirs)
    assert body_of(s3.get_object(bucket="first", key="k")) == b"2"


def test_conditional_reads(desk: Any, s3: Any) -> None:
    etag = put(s3, b"x")["ETag"]
    now = desk.clock.now()

    def get(**conditions: Any) -> dict[str, Any]:
        return s3.get_object(bucket="first", key="k", **conditions)

    for fails in ({"if_match": '"no"'}, {"if_unmodified_since": now - 10}):
        with pytest.raises(errors.PreconditionFailed):
            get(**fails)
    for same in ({"if_none_match": etag}, {"if_modified_since": now}):
        with pytest.raises(errors.NotModified):
            get(**same)
    get(if_match=etag, if_unmodified_since=now - 10)
    get(if_none_match='"no"', if_modified_since=now)


@pytest.mark.parametrize("size", [100, 100_000])
@pytest.mark.parametrize(
    ("text", "start", "end"),
    [("bytes=0-9", 0, 10), ("bytes=90-", 90, None), ("bytes=-7", -7, None), ("bytes=5-4", 0, None)],
)
def test_ranges(s3: Any, size: int, text: str, start: int, end: int | None) -> None:
    content = bytes(range(256)) * (size // 256 + 1)
    content = content[:size]
    put(s3, content)
    got = s3.get_object(bucket="first", key="k", range=text)
    assert body_of(got) == content[start:end]
    assert got["ContentLength"] == len(content[start:end])
    with pytest.raises(errors.InvalidRange):
        s3.get_object(bucket="first", key="k", range=f"bytes={size}-")


@pytest.mark.spec("s3-017")
def test_tags_of_an_object(s3: Any) -> None:
    put(s3, b"x", tagging="a=1&b=2")
    assert s3.head_object(bucket="first", key="k")["TagCount"] == 2
    ten = [{"Key": f"k{number}", "Value": "v"} for number in range(10)]
    s3.put_object_tagging(bucket="first", key="k", tagging={"TagSet": ten})
    with pytest.raises(errors.BadRequest, match="Object tags cannot be greater than 10"):
        s3.put_object_tagging(bucket="first", key="k", tagging={"TagSet": [*ten, {"Key": "x", "Value": ""}]})
    assert s3.get_object_tagging(bucket="first", key="k")["TagSet"] == ten


@pytest.mark.spec("s3-031", "s3-032", "s3-033", "s3-034")
def test_storage_classes_are_kept_and_changed_by_copying(s3: Any) -> None:
    for name in ("STANDARD_IA", "ONEZONE_IA", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE", "INTELLIGENT_TIERING"):
        put(s3, b"x", storage_class=name)
        assert s3.head_object(bucket="first", key="k")["StorageClass"] == name
    put(s3, b"x", storage_class="STANDARD")
    assert "StorageClass" not in s3.head_object(bucket="first", key="k")
    put(s3, b"x", storage_class="REDUCED_REDUNDANCY")
    assert s3.head_object(bucket="first", key="k")["StorageClass"] == "REDUCED_REDUNDANCY"
    with pytest.raises(errors.InvalidRequest):
        s3.copy_object(bucket="first", key="k", copy_source="first/k")
    s3.copy_object(bucket="first", key="k", copy_source="first/k", storage_class="GLACIER_IR")
    got = s3.get_object(bucket="first", key="k")
    assert (got["StorageClass"], body_of(got)) == ("GLACIER_IR", b"x")
    put(s3, b"x", key="cold", storage_class="DEEP_ARCHIVE")
    with pytest.raises(errors.InvalidObjectState):
        s3.get_object(bucket="first", key="cold")
    with pytest.raises(errors.InvalidStorageClass):
        put(s3, b"x", storage_class="WARM")


def test_a_copy_keeps_or_replaces_metadata(s3: Any) -> None:
    put(s3, b"x" * 20_000, metadata={"a": "1"}, content_type="text/plain", tagging="t=1")
    s3.copy_object(bucket="first", key="same", copy_source="first/k")
    s3.copy_object(
        bucket="first", key="new", copy_source="/first/k", metadata_directive="REPLACE", metadata={"b": "2"},
        tagging_directive="REPLACE", tagging="u=2",
    )  # fmt: skip
    same, new = (s3.get_object(bucket="first", key=key) for key in ("same", "new"))
    assert (same["Metadata"], same["ContentType"], same["TagCount"]) == ({"a": "1"}, "text/plain", 1)
    assert (new["Metadata"], new["ContentType"]) == ({"b": "2"}, "binary/octet-stream")
    assert body_of(same) == body_of(new) == b"x" * 20_000
    with pytest.raises(errors.NoSuchKey):
        s3.copy_object(bucket="first", key="new", copy_source="first/none")


@pytest.mark.spec("s3-021", "s3-022", "s3-023")
def test_parts_make_one_object(s3: Any) -> None:
    upload = s3.create_multipart_upload(bucket="first", key="k", metadata={"a": "b"})["UploadId"]
    contents = {3: b"c" * 10, 1: b"a" * 5 * MIB, 2: b"b" * 5 * MIB}
    etags = {}
    s3.upload_part(bucket="first", key="k", upload_id=upload, part_number=2, body=b"sent again below")
    for number, content in contents.items():
        part = s3.upload_part(bucket="first", key="k", upload_id=upload, part_number=number, body=content)
        etags[number] = part["ETag"]

    def complete(*numbers: int, **changed: Any) -> dict[str, Any]:
        parts = [
            {"PartNumber": number, "ETag": changed.get(f"e{number}", etags.get(number, "x"))} for number in numbers
        ]
        return s3.complete_multipart_upload(
            bucket="first", key="k", upload_id=upload, multipart_upload={"Parts": parts}
        )

    with pytest.raises(errors.InvalidPartOrder):
        complete(2, 1)
    with pytest.raises(errors.InvalidPart):
        complete(1, 4)
    with pytest.raises(errors.InvalidPart):
        complete(1, 2, e2='"other"')
    with pytest.raises(errors.EntityTooSmall):
        complete_small(s3)
    assert [p["PartNumber"] for p in s3.list_parts(bucket="first", key="k", upload_id=upload)["Parts"]] == [1, 2, 3]
    done = complete(1, 2, 3)
    digest = hashlib.md5(b"".join(hashlib.md5(contents[n]).digest() for n in (1, 2, 3))).hexdigest()
    assert done["ETag"] == f'"{digest}-3"'
    whole = contents[1] + contents[2] + contents[3]
    got = s3.get_object(bucket="first", key="k", checksum_mode="ENABLED")
    assert (body_of(got), got["Metadata"], got["ChecksumType"]) == (whole, {"a": "b"}, "FULL_OBJECT")
    put(s3, whole, key="whole")
    assert (
        got["ChecksumCRC64NVME"]
        == s3.head_object(bucket="first", key="whole", checksum_mode="ENABLED")["ChecksumCRC64NVME"]
    )
    with pytest.raises(errors.NoSuchUpload):
        complete(1)
    assert isinstance(s3.copy_object(bucket="first", key="copy", copy_source="first/k"), Outside)  # hashed in a thread


def complete_small(s3: Any) -> None:
    upload = s3.create_multipart_upload(bucket="first", key="small")["UploadId"]
    parts = [
        {"PartNumber": n, "ETag": s3.upload_part(bucket="first", key="small", upload_id=upload, part_number=n, body=b"x")["ETag"]}
        for n in (1, 2)
    ]  # fmt: skip
    s3.complete_multipart_upload(bucket="first", key="small", upload_id=upload, multipart_upload={"Parts": parts})


def test_composite_checksums(s3: Any) -> None:
    upload = s3.create_multipart_upload(bucket="first", key="k", checksum_algorithm="SHA256")["UploadId"]
    named = {"bucket": "first", "key": "k", "upload_id": upload, "part_number": 1}
    with pytest.raises(errors.InvalidRequest, match="expected checksum Type: sha256, actual checksum Type: null"):
        s3.upload_part(**named, body=b"abc")
    with pytest.raises(errors.InvalidRequest, match="expected checksum Type: sha256, actual checksum Type: crc32"):
        s3.upload_part(**named, body=b"abc", checksum_crc32="NSRBwg==")
    part = s3.upload_part(**named, body=b"abc", checksum_sha256="ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=")
    listed = {"PartNumber": 1, "ETag": part["ETag"]}
    with pytest.raises(errors.InvalidRequest, match="missing for part 1"):
        s3.complete_multipart_upload(bucket="first", key="k", upload_id=upload, multipart_upload={"Parts": [listed]})
    listed["ChecksumSHA256"] = part["ChecksumSHA256"]
    done = s3.complete_multipart_upload(bucket="first", key="k", upload_id=upload, multipart_upload={"Parts": [listed]})
    expected = hashlib.sha256(hashlib.sha256(b"abc").digest()).digest()
    assert done["ChecksumSHA256"] == b64encode(expected).decode() + "-1"
    attributes = s3.get_object_attributes(
        bucket="first", key="k", object_attributes=["ETag", "Checksum", "ObjectParts", "ObjectSize"]
    )
    assert attributes["ObjectParts"]["Parts"] == [
        {"PartNumber": 1, "Size": 3, "ChecksumSHA256": part["ChecksumSHA256"]}
    ]


@pytest.mark.spec("s3-012")
def test_an_object_has_a_size_limit(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    upload = s3.create_multipart_upload(bucket="first", key="k")["UploadId"]
    part = s3.upload_part(bucket="first", key="k", upload_id=upload, part_number=1, body=b"abc")
    monkeypatch.setattr("skyjar.services.s3.limits.OBJECT_BYTES", 2)
    with pytest.raises(errors.EntityTooLarge):
        parts = [{"PartNumber": 1, "ETag": part["ETag"]}]
        s3.complete_multipart_upload(bucket="first", key="k", upload_id=upload, multipart_upload={"Parts": parts})


def test_expires_is_kept_with_the_object(s3: Any) -> None:
    put(s3, b"x", expires=1_900_000_000.0, cache_control="no-cache")
    s3.copy_object(bucket="first", key="c", copy_source="first/k")
    for key in ("k", "c"):
        found = s3.head_object(bucket="first", key=key)
        assert (found["Expires"], found["CacheControl"]) == (1_900_000_000.0, "no-cache")


def test_headers_of_the_answer_can_be_chosen_by_who_signs(desk: Any, s3: Any) -> None:
    s3.put_object(bucket="first", key="k", body=b"x", content_type="text/plain")
    chosen = {"response_content_type": "text/csv", "response_cache_control": "no-store"}
    answer = s3.get_object(bucket="first", key="k", **chosen)
    assert (answer["ContentType"], answer["CacheControl"]) == ("text/csv", "no-store")
    s3.delete_public_access_block(bucket="first")
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::first/*"}
    s3.put_bucket_policy(bucket="first", policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    anybody = desk.ask("s3", ANONYMOUS)
    assert anybody.get_object(bucket="first", key="k")["ContentType"] == "text/plain"
    with pytest.raises(errors.InvalidRequest, match="Request specific response headers"):
        anybody.get_object(bucket="first", key="k", **chosen)


def test_headers_of_an_answer_are_what_the_request_wants(desk: Any, s3: Any) -> None:
    put(s3, b"x", content_type="text/plain", cache_control="no-cache")
    wanted = {
        "response_cache_control": "max-age=1",
        "response_content_disposition": "attachment",
        "response_content_encoding": "identity",
        "response_content_language": "de",
        "response_content_type": "text/html",
        "response_expires": 1_900_000_000.0,
    }
    for read in (s3.get_object, s3.head_object):
        told = read(bucket="first", key="k", **wanted)
        assert [
            told[name] for name in ("CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage")
        ] == [
            "max-age=1",
            "attachment",
            "identity",
            "de",
        ]
        assert (told["ContentType"], told["Expires"]) == ("text/html", 1_900_000_000.0)
        assert read(bucket="first", key="k")["ContentType"] == "text/plain"
    public = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::first/*"}
    s3.delete_public_access_block(bucket="first")
    s3.put_bucket_policy(bucket="first", policy=json.dumps({"Version": "2012-10-17", "Statement": [public]}))
    anybody = desk.ask("s3", ANONYMOUS)
    for read in (anybody.get_object, anybody.head_object):
        read(bucket="first", key="k")
        with pytest.raises(errors.InvalidRequest, match="anonymous GET requests"):
            read(bucket="first", key="k", response_content_type="text/html")


def test_a_plus_sign_in_the_source_of_a_copy_is_a_space(s3: Any) -> None:
    for key in ("a b", "a+b"):
        s3.put_object(bucket="first", key=key, body=key.encode())
    for source, key in (("first/a+b", "a b"), ("first/a%20b", "a b"), ("first/a%2Bb", "a+b")):
        s3.copy_object(bucket="first", key="copy", copy_source=source)
        assert s3.get_object(bucket="first", key="copy")["Body"] == key.encode()
