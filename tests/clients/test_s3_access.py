"""Who may do what with S3, seen by real clients: policies, ACLs, ownership, Block Public Access."""

from __future__ import annotations

import base64
import json
import socket
import urllib.error
import urllib.request
from typing import Any

import pytest
from botocore.exceptions import ClientError

import skyjar as skyjar_module
from skyjar.edge.certificates import Authority
from skyjar.kernel import one_time_codes
from skyjar.testing.running import Account

pytestmark = pytest.mark.client
OTHER = "999999999997"


@pytest.fixture
def bucket(skyjar: Account) -> str:
    name = f"access-{skyjar.number}"
    skyjar.client("s3").create_bucket(Bucket=name)
    return name


def status(url: str) -> int:
    try:
        with urllib.request.urlopen(url) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def code(call: Any, **parameters: Any) -> str:
    """The error's code, or nothing."""
    try:
        call(**parameters)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return ""


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **each} for each in statements]})


def owned(s3: Any, bucket: str, ownership: str) -> None:
    s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls={"Rules": [{"ObjectOwnership": ownership}]})


def canonical(account: Account) -> str:
    return str(account.client("s3").list_buckets()["Owner"]["ID"])


@pytest.mark.spec("s3-055", "s3-058", "s3-061", "s3-062", "s3-063", "s3-064")
def test_ownership_decides_whether_acls_count_and_whose_an_object_is(skyjar: Account, bucket: str) -> None:
    s3, other = skyjar.client("s3"), Account(skyjar.running, OTHER)
    theirs = other.client("s3")
    controls = s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]
    assert controls == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    assert code(s3.put_object_acl, Bucket=bucket, Key="k", ACL="public-read") == "AccessControlListNotSupported"
    owned(s3, bucket, "ObjectWriter")
    assert code(theirs.get_object, Bucket=bucket, Key="k") == "AccessDenied"
    s3.put_object_acl(Bucket=bucket, Key="k", GrantRead=f"id={canonical(other)}")
    assert theirs.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"
    assert [each["Permission"] for each in s3.get_object_acl(Bucket=bucket, Key="k")["Grants"]] == ["READ"]
    assert code(theirs.list_objects_v2, Bucket=bucket) == "AccessDenied"
    own = {"Grantee": {"ID": canonical(skyjar), "Type": "CanonicalUser"}, "Permission": "FULL_CONTROL"}
    reading = {"Grantee": {"ID": canonical(other), "Type": "CanonicalUser"}, "Permission": "READ"}
    writing = {**reading, "Permission": "WRITE"}
    s3.put_bucket_acl(
        Bucket=bucket, AccessControlPolicy={"Owner": {"ID": canonical(skyjar)}, "Grants": [own, reading, writing]}
    )
    assert theirs.list_objects_v2(Bucket=bucket)["KeyCount"] == 1
    theirs.put_object(Bucket=bucket, Key="written", Body=b"x")
    assert theirs.get_object_acl(Bucket=bucket, Key="written")["Owner"]["ID"] == canonical(other)
    owned(s3, bucket, "BucketOwnerPreferred")
    theirs.put_object(Bucket=bucket, Key="kept", Body=b"x")
    theirs.put_object(Bucket=bucket, Key="given", Body=b"x", ACL="bucket-owner-full-control")
    assert theirs.get_object_acl(Bucket=bucket, Key="kept")["Owner"]["ID"] == canonical(other)
    assert s3.get_object_acl(Bucket=bucket, Key="given")["Owner"]["ID"] == canonical(skyjar)
    s3.put_bucket_acl(Bucket=bucket, ACL="private")
    owned(s3, bucket, "BucketOwnerEnforced")
    assert code(s3.put_object_acl, Bucket=bucket, Key="k", ACL="public-read") == "AccessControlListNotSupported"
    assert s3.get_object(Bucket=bucket, Key="kept")["Body"].read() == b"x"
    s3.put_bucket_policy(
        Bucket=bucket,
        Policy=document(
            {"Principal": {"AWS": OTHER}, "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"}
        ),
    )
    assert theirs.get_object(Bucket=bucket, Key="given")["Body"].read() == b"x"
    trust = document({"Principal": {"AWS": OTHER}, "Action": "sts:AssumeRole"})
    role = skyjar.client("iam").create_role(RoleName="shared", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    permitted = document({"Action": "s3:*", "Resource": "*"})
    skyjar.client("iam").put_role_policy(RoleName="shared", PolicyName="p", PolicyDocument=permitted)
    keys = other.client("sts").assume_role(RoleArn=role, RoleSessionName="session")["Credentials"]
    assumed = skyjar.client(
        "s3",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
    assert assumed.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"


@pytest.mark.spec("s3-066", "s3-067", "s3-070")
def test_public_acls_are_refused_or_disregarded(skyjar: Account, bucket: str) -> None:
    s3 = skyjar.client("s3")
    owned(s3, bucket, "ObjectWriter")
    url = f"{skyjar.running.endpoint}/{bucket}/k"
    s3.delete_public_access_block(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", ACL="public-read")
    assert status(url) == 200

    def block(*flags: str) -> None:
        s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=dict.fromkeys(flags, True))

    block("BlockPublicAcls")
    assert code(s3.put_object_acl, Bucket=bucket, Key="k", ACL="public-read") == "AccessDenied"
    assert code(s3.put_object, Bucket=bucket, Key="l", ACL="public-read") == "AccessDenied"
    assert status(url) == 200
    block("IgnorePublicAcls")
    s3.put_object(Bucket=bucket, Key="l", Body=b"x", ACL="public-read")
    assert (status(url), status(url[:-1] + "l")) == (403, 403)
    block("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    everybody = document({"Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"})
    assert code(s3.put_bucket_policy, Bucket=bucket, Policy=everybody) == "AccessDenied"
    assert status(url) == 403


def test_the_account_s_own_block(skyjar: Account, bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """boto3 puts the account before the endpoint's host; not every machine finds names below localhost."""
    s3, find = skyjar.client("s3"), socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, *more: find(host[13:] if host.endswith(".localhost") else host, *more)
    )
    port = skyjar.running.endpoint.rpartition(":")[2]
    control = skyjar.session().client("s3control", endpoint_url=f"http://localhost:{port}")
    assert code(control.get_public_access_block, AccountId=skyjar.number) == "NoSuchPublicAccessBlockConfiguration"
    s3.delete_public_access_block(Bucket=bucket)
    settings = {
        "BlockPublicAcls": False, "IgnorePublicAcls": False, "BlockPublicPolicy": True, "RestrictPublicBuckets": False,
    }  # fmt: skip
    control.put_public_access_block(AccountId=skyjar.number, PublicAccessBlockConfiguration=settings)
    back = control.get_public_access_block(AccountId=skyjar.number)["PublicAccessBlockConfiguration"]
    assert back == settings
    everybody = document({"Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"})
    assert code(s3.put_bucket_policy, Bucket=bucket, Policy=everybody) == "AccessDenied"
    control.delete_public_access_block(AccountId=skyjar.number)
    s3.put_bucket_policy(Bucket=bucket, Policy=everybody)


@pytest.mark.spec("s3-045", "s3-046", "s3-047", "s3-052", "s3-054", "s3-059")
def test_policies_of_both_sides(skyjar: Account, bucket: str) -> None:
    s3, iam, other = skyjar.client("s3"), skyjar.client("iam"), Account(skyjar.running, OTHER)
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    things = f"arn:aws:s3:::{bucket}/*"
    url = f"{skyjar.running.endpoint}/{bucket}/k"

    def user(account: Account, name: str) -> tuple[Any, str]:
        made = account.client("iam").create_user(UserName=name)["User"]["Arn"]
        keys = account.client("iam").create_access_key(UserName=name)["AccessKey"]
        client = account.client(
            "s3", aws_access_key_id=keys["AccessKeyId"], aws_secret_access_key=keys["SecretAccessKey"]
        )
        return client, made

    def get(client: Any) -> str:
        return code(client.get_object, Bucket=bucket, Key="k")

    reading = {"Action": "s3:GetObject", "Resource": things}
    ann, arn = user(skyjar, "ann")
    assert get(ann) == "AccessDenied"
    iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=document(reading))
    assert get(ann) == ""
    iam.delete_user_policy(UserName="ann", PolicyName="p")
    s3.put_bucket_policy(Bucket=bucket, Policy=document({**reading, "Principal": {"AWS": arn}}))
    assert get(ann) == ""
    assert json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])["Statement"][0]["Action"] == "s3:GetObject"
    signed = ann.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"})
    assert (status(signed), status(url)) == (200, 403)
    deny = {**reading, "Effect": "Deny", "Principal": "*"}
    s3.put_bucket_policy(Bucket=bucket, Policy=document({**reading, "Principal": {"AWS": arn}}, deny))
    iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=document(reading))
    assert get(ann) == "AccessDenied"
    assert status(signed) == 403
    stranger, theirs = user(other, f"bob-{skyjar.number}")
    s3.put_bucket_policy(Bucket=bucket, Policy=document({**reading, "Principal": {"AWS": theirs}}))
    assert get(stranger) == "AccessDenied"
    name = f"bob-{skyjar.number}"
    other.client("iam").put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document(reading))
    assert get(stranger) == ""
    s3.delete_bucket_policy(Bucket=bucket)
    assert get(stranger) == "AccessDenied"
    for malformed in (
        "{",
        document(reading),
        document({**reading, "Principal": {"AWS": "arn:aws-us-gov:iam::1:root"}}),
    ):
        assert code(s3.put_bucket_policy, Bucket=bucket, Policy=malformed) == "MalformedPolicy"
    s3.delete_public_access_block(Bucket=bucket)
    s3.put_bucket_policy(Bucket=bucket, Policy=document({**reading, "Principal": "*"}))
    assert status(url) == 200
    s3.delete_bucket_policy(Bucket=bucket)
    owned(s3, bucket, "ObjectWriter")
    s3.put_object_acl(Bucket=bucket, Key="k", ACL="public-read")
    assert status(url) == 200
    s3.put_bucket_policy(Bucket=bucket, Policy=document(deny))
    assert status(url) == 403


@pytest.mark.spec("s3-108", "s3-109", "s3-110", "s3-111")
def test_mfa_delete(still: Account) -> None:
    s3, iam, clock = still.client("s3"), still.client("iam"), still.running.cloud.clock
    bucket = f"mfa-{still.number}"
    s3.create_bucket(Bucket=bucket)
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName="d")["VirtualMFADevice"]
    serial, seed = device["SerialNumber"], base64.b32decode(device["Base32StringSeed"])
    iam.create_user(UserName="admin")
    iam.attach_user_policy(UserName="admin", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")

    def show(step: int = 0) -> str:
        return one_time_codes.code(seed, int(clock.now()) // 30 + step)

    iam.enable_mfa_device(
        UserName="admin", SerialNumber=serial, AuthenticationCode1=show(-1), AuthenticationCode2=show()
    )
    keys = iam.create_access_key(UserName="admin")["AccessKey"]
    admin = still.client("s3", aws_access_key_id=keys["AccessKeyId"], aws_secret_access_key=keys["SecretAccessKey"])
    both = {"Status": "Enabled", "MFADelete": "Enabled"}

    def change(client: Any, mfa: bool = True, **wanted: str) -> str:
        still.running.advance(60)
        more = {"MFA": f"{serial} {show()}"} if mfa else {}
        return code(client.put_bucket_versioning, Bucket=bucket, VersioningConfiguration=wanted, **more)

    assert change(s3, Status="Suspended", MFADelete="Enabled") == "IllegalVersioningConfigurationException"
    assert change(admin, **both) == "AccessDenied"
    assert change(s3, mfa=False, **both) == "AccessDenied"
    assert change(s3, **both) == ""
    found = s3.get_bucket_versioning(Bucket=bucket)
    assert (found["Status"], found["MFADelete"]) == ("Enabled", "Enabled")
    version = s3.put_object(Bucket=bucket, Key="k", Body=b"x")["VersionId"]
    assert s3.delete_object(Bucket=bucket, Key="k")["DeleteMarker"]
    assert len(s3.list_object_versions(Bucket=bucket)["Versions"]) == 1
    assert change(s3, mfa=False, Status="Enabled") == ""
    assert change(s3, mfa=False, Status="Suspended") == "AccessDenied"
    assert code(s3.delete_object, Bucket=bucket, Key="k", VersionId=version) == "AccessDenied"
    still.running.advance(60)
    mfa = f"{serial} {show()}"
    assert code(s3.delete_object, Bucket=bucket, Key="k", VersionId=version, MFA=mfa) == ""
    assert change(s3, Status="Suspended") == ""


@pytest.mark.spec("s3-098", "s3-099")
def test_http_and_https() -> None:
    """Both are spoken; a policy may insist on the second. That loopback counts as secure is switched off for it."""
    with skyjar_module.running(trusts_loopback=False) as cloud:
        account = cloud.account()
        s3 = account.client("s3")
        s3.create_bucket(Bucket="both")
        s3.put_object(Bucket="both", Key="k", Body=b"x")
        authority = cloud.call(lambda: Authority(cloud.cloud.data / "certificates"))
        secure = account.session().client(
            "s3", endpoint_url=cloud.endpoint.replace("http:", "https:"), verify=str(authority.certificate_path)
        )
        for client in (s3, secure):
            assert client.get_object(Bucket="both", Key="k")["Body"].read() == b"x"
        deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::both/*",
                "Condition": {"Bool": {"aws:SecureTransport": "false"}}}  # fmt: skip
        s3.put_bucket_policy(Bucket="both", Policy=document(deny))
        assert code(s3.get_object, Bucket="both", Key="k") == "AccessDenied"
        assert secure.get_object(Bucket="both", Key="k")["Body"].read() == b"x"
