"""Access control lists, Object Ownership and Block Public Access, as callers of several accounts meet them."""

import json
from functools import partial
from typing import Any

import pytest

from skyjar.kernel.principals import ANONYMOUS, root
from skyjar.services.s3 import errors, grants

OTHER = "444455556666"


def owned(s3: Any, ownership: str) -> None:
    rules = {"Rules": [{"ObjectOwnership": ownership}]}
    s3.put_bucket_ownership_controls(bucket="first", ownership_controls=rules)


def unblock(s3: Any) -> None:
    s3.delete_public_access_block(bucket="first")


def let_write(s3: Any) -> None:
    statement = {"Effect": "Allow", "Principal": {"AWS": OTHER}, "Action": ["s3:PutObject", "s3:GetObject"],
                 "Resource": "arn:aws:s3:::first/*"}  # fmt: skip
    s3.put_bucket_policy(bucket="first", policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))


@pytest.mark.parametrize("ownership", ["ObjectWriter", "BucketOwnerPreferred"])
def test_canned_lists_open_and_shut_an_object(desk: Any, s3: Any, ownership: str) -> None:
    owned(s3, ownership)
    unblock(s3)
    anybody, other = desk.ask("s3", ANONYMOUS), desk.ask("s3", root(OTHER))
    s3.put_object(bucket="first", key="k", body=b"x", acl="public-read")
    assert anybody.get_object(bucket="first", key="k")["Body"] == b"x"
    assert other.get_object(bucket="first", key="k")["Body"] == b"x"
    listed = s3.get_object_acl(bucket="first", key="k")["Grants"]
    assert [(each["Permission"], each["Grantee"]["Type"]) for each in listed] == [
        ("FULL_CONTROL", "CanonicalUser"), ("READ", "Group")]  # fmt: skip
    s3.put_object_acl(bucket="first", key="k", acl="authenticated-read")
    with pytest.raises(errors.AccessDenied):
        anybody.get_object(bucket="first", key="k")
    assert other.get_object(bucket="first", key="k")["Body"] == b"x"
    s3.put_object_acl(bucket="first", key="k", acl="private")
    with pytest.raises(errors.AccessDenied):
        other.get_object(bucket="first", key="k")
    assert s3.get_object(bucket="first", key="k")["Body"] == b"x"


def test_grants_on_a_bucket_let_an_account_list_and_write(desk: Any, s3: Any) -> None:
    owned(s3, "BucketOwnerPreferred")
    other = desk.ask("s3", root(OTHER))
    with pytest.raises(errors.AccessDenied):
        other.list_objects_v2(bucket="first")
    grantee = f'id="{grants.canonical_id(OTHER)}"'
    s3.put_bucket_acl(bucket="first", grant_read=grantee, grant_write=grantee)
    other.put_object(bucket="first", key="theirs", body=b"x")
    (row,) = other.list_objects_v2(bucket="first", fetch_owner=True)["Contents"]
    assert row["Owner"] == {"ID": grants.canonical_id(OTHER)}
    with pytest.raises(errors.AccessDenied):
        other.get_bucket_acl(bucket="first")
    with pytest.raises(errors.AccessDenied):
        other.put_object_tagging(bucket="first", key="theirs2", tagging={"TagSet": []})
    back = s3.get_bucket_acl(bucket="first")
    s3.put_bucket_acl(bucket="first", access_control_policy=back)
    assert s3.get_bucket_acl(bucket="first") == back


def test_whoever_writes_owns_the_object(desk: Any, s3: Any) -> None:
    owned(s3, "ObjectWriter")
    let_write(s3)
    other = desk.ask("s3", root(OTHER))
    other.put_object(bucket="first", key="k", body=b"x")
    with pytest.raises(errors.AccessDenied):  # not even the bucket's owner
        s3.get_object(bucket="first", key="k")
    assert other.get_object(bucket="first", key="k")["Body"] == b"x"
    other.put_object_acl(bucket="first", key="k", acl="bucket-owner-read")
    assert s3.get_object(bucket="first", key="k")["Body"] == b"x"
    with pytest.raises(errors.AccessDenied):
        s3.put_object_acl(bucket="first", key="k", acl="private")
    owned(s3, "BucketOwnerEnforced")
    assert s3.get_object_acl(bucket="first", key="k")["Owner"] == {"ID": grants.canonical_id(desk.account)}
    s3.delete_object(bucket="first", key="k")


def test_lists_that_are_refused(desk: Any, s3: Any) -> None:
    with pytest.raises(errors.AccessControlListNotSupported):
        s3.put_object(bucket="first", key="k", body=b"", acl="public-read")
    s3.put_object(bucket="first", key="k", body=b"", acl="bucket-owner-full-control")
    owned(s3, "ObjectWriter")
    for put in (s3.put_bucket_acl, partial(s3.put_object_acl, key="k")):
        with pytest.raises(errors.MissingSecurityHeader) as missing:
            put(bucket="first")
        assert missing.value.fields == {"MissingHeaderName": "x-amz-acl"}
    with pytest.raises(errors.MethodNotAllowed):
        s3.put_object(bucket="first", key="k", body=b"", grant_read='emailAddress="a@example.com"')
    with pytest.raises(errors.InvalidArgument):
        s3.put_object(bucket="first", key="k", body=b"", grant_read='uri="http://acs.amazonaws.com/groups/nobody"')
    with pytest.raises(errors.InvalidRequest):
        s3.put_object_acl(bucket="first", key="k", acl="private", grant_read=f"id={'a' * 64}")
    with pytest.raises(errors.MalformedACL):
        s3.put_bucket_acl(bucket="first", access_control_policy={"Owner": {"ID": "0" * 64}, "Grants": []})
    s3.put_bucket_acl(bucket="first", acl="log-delivery-write")
    with pytest.raises(errors.InvalidBucketAclWithObjectOwnership):
        owned(s3, "BucketOwnerEnforced")
    with pytest.raises(errors.InvalidBucketAclWithObjectOwnership):
        s3.create_bucket(bucket="second", acl="public-read")
    with pytest.raises(errors.InvalidBucketAclWithBlockPublicAccess):
        s3.create_bucket(bucket="second", acl="public-read", object_ownership="ObjectWriter")
    s3.delete_bucket_ownership_controls(bucket="first")
    with pytest.raises(errors.OwnershipControlsNotFound):
        s3.get_bucket_ownership_controls(bucket="first")


def test_blocks_of_the_account_count_with_those_of_the_bucket(desk: Any, s3: Any) -> None:
    owned(s3, "ObjectWriter")
    unblock(s3)
    s3.put_object(bucket="first", key="k", body=b"x", acl="public-read")
    control, anybody = desk.ask("s3control"), desk.ask("s3", ANONYMOUS)
    settings = {"BlockPublicAcls": True, "IgnorePublicAcls": False}
    control.put_public_access_block(account_id=desk.account, public_access_block_configuration=settings)
    with pytest.raises(errors.AccessDenied, match="BlockPublicAcls"):
        s3.put_object_acl(bucket="first", key="k", acl="public-read")
    assert anybody.get_object(bucket="first", key="k")["Body"] == b"x"
    settings = {"IgnorePublicAcls": True, "BlockPublicPolicy": True}
    control.put_public_access_block(account_id=desk.account, public_access_block_configuration=settings)
    with pytest.raises(errors.AccessDenied):
        anybody.get_object(bucket="first", key="k")
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::first/*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    with pytest.raises(errors.AccessDenied, match="BlockPublicPolicy"):
        s3.put_bucket_policy(bucket="first", policy=policy)
    control.delete_public_access_block(account_id=desk.account)
    s3.put_bucket_policy(bucket="first", policy=policy)
    assert anybody.get_object(bucket="first", key="k")["Body"] == b"x"


def test_a_user_of_another_account_needs_its_own_permission_beside_a_grant(desk: Any, s3: Any) -> None:
    from skyjar.kernel.principals import Principal

    owned(s3, "ObjectWriter")
    s3.put_object(bucket="first", key="k", body=b"x", grant_read=f"id={grants.canonical_id(OTHER)}")
    iam = desk.ask("iam", root(OTHER))
    made = iam.create_user(user_name="u")["User"]
    user = Principal(kind="user", account=OTHER, arn=made["Arn"], id=made["UserId"], name="u")
    with pytest.raises(errors.AccessDenied):
        desk.ask("s3", user).get_object(bucket="first", key="k")
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::first/*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(user_name="u", policy_name="p", policy_document=document)
    assert desk.ask("s3", user).get_object(bucket="first", key="k")["Body"] == b"x"


def test_who_may_list_a_bucket_is_told_that_a_key_is_not_there(desk: Any, s3: Any) -> None:
    owned(s3, "ObjectWriter")
    unblock(s3)
    anybody = desk.ask("s3", ANONYMOUS)
    s3.put_bucket_acl(bucket="first", acl="public-read")
    for read in (anybody.get_object, anybody.head_object):
        with pytest.raises(errors.NoSuchKey):
            read(bucket="first", key="absent")
    s3.put_object(bucket="first", key="private", body=b"x")
    with pytest.raises(errors.AccessDenied):
        anybody.get_object(bucket="first", key="private")
    s3.put_bucket_acl(bucket="first", acl="private")
    with pytest.raises(errors.AccessDenied):
        anybody.get_object(bucket="first", key="absent")


def test_who_may_write_to_a_bucket_chooses_who_reads_it(desk: Any, s3: Any) -> None:
    owned(s3, "ObjectWriter")
    unblock(s3)
    s3.put_object(bucket="first", key="owners", body=b"x")
    s3.put_bucket_acl(bucket="first", acl="public-read-write")
    other = desk.ask("s3", root(OTHER))
    other.put_object(bucket="first", key="k", body=b"x", acl="public-read")
    assert desk.ask("s3", ANONYMOUS).get_object(bucket="first", key="k")["Body"] == b"x"
    with pytest.raises(errors.AccessDenied):
        other.put_object_acl(bucket="first", key="owners", acl="public-read")


def test_everybody_but_somebody_is_nobody_to_allow(s3: Any) -> None:
    statement = {"Effect": "Allow", "NotPrincipal": {"AWS": OTHER}, "Action": "s3:GetObject",
                 "Resource": "arn:aws:s3:::first/*"}  # fmt: skip
    unblock(s3)
    with pytest.raises(errors.MalformedPolicy, match="Allow with NotPrincipal is not allowed"):
        s3.put_bucket_policy(bucket="first", policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    s3.put_bucket_policy(
        bucket="first", policy=json.dumps({"Version": "2012-10-17", "Statement": [{**statement, "Effect": "Deny"}]})
    )
