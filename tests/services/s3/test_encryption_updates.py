"""UpdateObjectEncryption: another key where the object lies, and everything else as it was."""

import json
from typing import Any

import pytest

from skyjar.kernel.principals import ANONYMOUS, Principal
from skyjar.services.s3 import errors

BODIES = {"empty": b"", "short": b"hush", "long": b"hush" * 200_000}


def read(answer: dict[str, Any]) -> bytes:
    body = answer["Body"]
    return body if isinstance(body, bytes) else body.read()


def new_key(desk: Any, policy: dict[str, Any] | None = None) -> str:
    given = {"policy": json.dumps(policy)} if policy is not None else {}
    found: str = desk.ask("kms").create_key(**given)["KeyMetadata"]["Arn"]
    return found


def under(arn: str, **more: Any) -> dict[str, Any]:
    return {"object_encryption": {"SSEKMS": {"KMSKeyArn": arn, **more}}}


def user(desk: Any, *actions: str) -> Any:
    """S3 as a user who may do these things and nothing else."""
    iam = desk.ask("iam")
    made = iam.create_user(user_name="ann")["User"]
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(user_name="ann", policy_name="p", policy_document=document)
    return desk.ask("s3", Principal(kind="user", account=desk.account, arn=made["Arn"], id=made["UserId"], name="ann"))


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("has_bucket_key", [False, True])
def test_nothing_else_changes(desk: Any, s3: Any, body: bytes, has_bucket_key: bool) -> None:
    s3.put_object(bucket="first", key="k", body=body, metadata={"a": "b"}, storage_class="STANDARD_IA", tagging="c=d")
    before = s3.head_object(bucket="first", key="k", checksum_mode="ENABLED")
    desk.advance(60)
    assert before["ServerSideEncryption"] == "AES256"
    for arn in (new_key(desk), new_key(desk)):  # from SSE-S3, then from another key
        s3.update_object_encryption(bucket="first", key="k", **under(arn, BucketKeyEnabled=has_bucket_key))
        after = s3.head_object(bucket="first", key="k", checksum_mode="ENABLED")
        changed = {name for name in {*before, *after} if before.get(name) != after.get(name)}
        assert changed == {"ServerSideEncryption", "SSEKMSKeyId", *(["BucketKeyEnabled"] if has_bucket_key else [])}
        assert (after["ServerSideEncryption"], after["SSEKMSKeyId"]) == ("aws:kms", arn)
        assert read(s3.get_object(bucket="first", key="k")) == body
        before = {**before, "ServerSideEncryption": "", "SSEKMSKeyId": ""}
    (row,) = s3.list_objects_v2(bucket="first")["Contents"]
    assert row["LastModified"] == after["LastModified"]
    assert s3.get_object_tagging(bucket="first", key="k")["TagSet"] == [{"Key": "c", "Value": "d"}]


def test_the_new_key_is_what_opens_it(desk: Any, s3: Any) -> None:
    one, two = new_key(desk), new_key(desk)
    s3.put_object(bucket="first", key="k", body=b"hush", server_side_encryption="aws:kms", ssekms_key_id=one)
    s3.update_object_encryption(bucket="first", key="k", **under(two))
    desk.ask("kms").disable_key(key_id=one)
    assert read(s3.get_object(bucket="first", key="k")) == b"hush"
    desk.ask("kms").disable_key(key_id=two)
    with pytest.raises(errors.KeyRefused):
        s3.get_object(bucket="first", key="k")


def test_parts_and_versions(desk: Any, s3: Any) -> None:
    s3.put_bucket_versioning(bucket="first", versioning_configuration={"Status": "Enabled"})
    upload = {
        "bucket": "first",
        "key": "k",
        "upload_id": s3.create_multipart_upload(bucket="first", key="k")["UploadId"],
    }
    bodies = [b"a" * 5 * 1024**2, b"b" * 20_000]
    parts = [
        {"PartNumber": number, "ETag": s3.upload_part(**upload, part_number=number, body=body)["ETag"]}
        for number, body in enumerate(bodies, 1)
    ]
    old = s3.complete_multipart_upload(**upload, multipart_upload={"Parts": parts})
    newer = s3.put_object(bucket="first", key="k", body=b"newer")
    arn = new_key(desk)
    s3.update_object_encryption(bucket="first", key="k", version_id=old["VersionId"], **under(arn))
    found = s3.get_object(bucket="first", key="k", version_id=old["VersionId"])
    assert (read(found), found["SSEKMSKeyId"], found["ETag"]) == (b"".join(bodies), arn, old["ETag"])
    assert s3.head_object(bucket="first", key="k")["ServerSideEncryption"] == "AES256"
    versions = s3.list_object_versions(bucket="first")["Versions"]
    assert [each["VersionId"] for each in versions] == [newer["VersionId"], old["VersionId"]]


@pytest.mark.parametrize(
    "lacking", ["s3:UpdateObjectEncryption", "kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo"]
)  # fmt: skip
def test_each_permission_is_needed(desk: Any, s3: Any, lacking: str) -> None:
    one, two = new_key(desk), new_key(desk)
    s3.put_object(bucket="first", key="k", body=b"x", server_side_encryption="aws:kms", ssekms_key_id=one)
    needed = ["s3:UpdateObjectEncryption", "kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo"]  # fmt: skip
    ann = user(desk, *(each for each in needed if each != lacking))
    with pytest.raises(errors.AccessDenied, match=lacking):
        ann.update_object_encryption(bucket="first", key="k", **under(two))
    assert s3.head_object(bucket="first", key="k")["SSEKMSKeyId"] == one


def test_these_permissions_suffice(desk: Any, s3: Any) -> None:
    s3.put_object(bucket="first", key="k", body=b"x", server_side_encryption="aws:kms", ssekms_key_id=new_key(desk))
    ann = user(desk, "s3:UpdateObjectEncryption", "kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey", "kms:ReEncrypt*")
    two = new_key(desk)
    ann.update_object_encryption(bucket="first", key="k", **under(two))
    assert s3.head_object(bucket="first", key="k")["SSEKMSKeyId"] == two


def test_a_policy_may_ask_for_the_key(desk: Any, s3: Any) -> None:
    s3.put_object(bucket="first", key="k", body=b"x")
    right, wrong = new_key(desk), new_key(desk)
    statement = {
        "Effect": "Deny", "Principal": "*", "Action": "s3:UpdateObjectEncryption", "Resource": "arn:aws:s3:::first/*",
        "Condition": {"StringNotEquals": {"s3:x-amz-server-side-encryption-aws-kms-key-id": right}},
    }  # fmt: skip
    s3.put_bucket_policy(bucket="first", policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    with pytest.raises(errors.AccessDenied):
        s3.update_object_encryption(bucket="first", key="k", **under(wrong))
    s3.update_object_encryption(bucket="first", key="k", **under(right))


def test_what_is_refused(desk: Any, s3: Any) -> None:
    arn = new_key(desk)
    s3.put_object(bucket="first", key="k", body=b"x")
    s3.put_object(bucket="first", key="twice", body=b"x", server_side_encryption="aws:kms:dsse")
    foreign = arn.replace(desk.account, "444455556666")
    for key, given, error, sentence in (
        ("k", {"object_encryption": {}}, errors.InvalidRequest, "require a valid new encryption type. Valid values are SSEKMS"),
        ("k", under("alias/aws/s3"), errors.InvalidRequest, "require a valid AWS KMS key Amazon Resource Name"),
        ("k", under(""), errors.InvalidRequest, "require an AWS KMS key Amazon Resource Name"),
        ("k", under(foreign), errors.AccessDenied, "must be owned by the same account as the bucket"),
        ("twice", under(arn), errors.InvalidRequest, "source objects with the encryption type DSSE-KMS or SSE-C"),
        ("absent", under(arn), errors.NoSuchKey, "The specified key does not exist"),
        ("k", under(arn[:-1] + "z"), errors.KeyRefused, ""),
    ):  # fmt: skip
        with pytest.raises(error) as refused:
            s3.update_object_encryption(bucket="first", key=key, **given)
        assert sentence in str(refused.value), given
    with pytest.raises(errors.AccessDenied):
        desk.ask("s3", ANONYMOUS).update_object_encryption(bucket="first", key="k", **under(arn))
    assert s3.head_object(bucket="first", key="k")["ServerSideEncryption"] == "AES256"


def test_what_is_locked_keeps_its_key(desk: Any) -> None:
    s3 = desk.ask("s3")
    s3.create_bucket(bucket="locked", object_lock_enabled_for_bucket=True)
    s3.put_object(bucket="locked", key="k", body=b"x", object_lock_legal_hold_status="ON")
    arn = new_key(desk)
    with pytest.raises(errors.AccessDenied, match="protected by S3 Object Lock"):
        s3.update_object_encryption(bucket="locked", key="k", **under(arn))
    s3.put_object_legal_hold(bucket="locked", key="k", legal_hold={"Status": "OFF"})
    s3.update_object_encryption(bucket="locked", key="k", **under(arn))
    assert s3.head_object(bucket="locked", key="k")["SSEKMSKeyId"] == arn
