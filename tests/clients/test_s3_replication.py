"""Replication through boto3: within a Region, across Regions and accounts, on a clock that stands still."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from skyjar.testing.running import Account

pytestmark = pytest.mark.client


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **each} for each in statements]})


def code(call: Any, **parameters: Any) -> str:
    try:
        call(**parameters)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return ""


class World:
    """A source bucket, destinations, and the role that copies."""

    def __init__(self, account: Account) -> None:
        self.account, self.s3 = account, account.client("s3")
        self.source = self.bucket("source")
        trust = document({"Action": "sts:AssumeRole", "Principal": {"Service": "s3.amazonaws.com"}})
        self.iam = account.client("iam")
        self.role = self.iam.create_role(RoleName="copier", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        self.let(
            "s3:GetReplicationConfiguration",
            "s3:GetObjectVersionForReplication",
            "s3:GetObjectVersionTagging",
            "s3:Replicate*",
        )

    def bucket(self, name: str, region: str = "us-east-1", account: Account | None = None, **more: Any) -> str:
        full = f"{name}-{self.account.number}"
        of = account or self.account
        s3 = of.session(region_name=region).client("s3", endpoint_url=of.running.endpoint)
        place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        s3.create_bucket(Bucket=full, **place, **more)
        s3.put_bucket_versioning(Bucket=full, VersioningConfiguration={"Status": "Enabled"})
        return full

    def let(self, *actions: str) -> None:
        policy = document({"Action": list(actions), "Resource": "*"})
        self.iam.put_role_policy(RoleName="copier", PolicyName="p", PolicyDocument=policy)

    def rules(self, *rules: dict[str, Any], source: str = "") -> None:
        every = [
            {"ID": f"r{n}", "Priority": n, "Status": "Enabled", "DeleteMarkerReplication": {"Status": "Disabled"},
             "Filter": {"Prefix": ""}, **rule}
            for n, rule in enumerate(rules)
        ]  # fmt: skip
        wanted = {"Role": self.role, "Rules": every}
        self.s3.put_bucket_replication(Bucket=source or self.source, ReplicationConfiguration=wanted)
        assert self.s3.get_bucket_replication(Bucket=source or self.source)["ReplicationConfiguration"] == wanted

    def put(self, key: str, body: bytes = b"x", **more: Any) -> str:
        return str(self.s3.put_object(Bucket=self.source, Key=key, Body=body, **more)["VersionId"])

    def status(self, key: str, bucket: str = "") -> str:
        """Of the replication; once what is due has been done."""
        self.account.running.advance(1)
        head = self.s3.head_object(Bucket=bucket or self.source, Key=key)
        return str(head.get("ReplicationStatus", ""))

    def keys(self, bucket: str) -> list[str]:
        self.account.running.advance(1)
        return [each["Key"] for each in self.s3.list_objects_v2(Bucket=bucket).get("Contents", ())]


def to(bucket: str, **more: Any) -> dict[str, Any]:
    return {"Destination": {"Bucket": f"arn:aws:s3:::{bucket}", **more}}


@pytest.fixture
def world(still: Account) -> World:
    return World(still)


@pytest.mark.spec("s3-121", "s3-123", "s3-126", "s3-128", "s3-129")
def test_new_objects_are_copied_whole(world: World) -> None:
    s3 = world.s3
    target = world.bucket("target")
    plain = f"plain-{world.account.number}"
    s3.create_bucket(Bucket=plain)
    wanted = {"Role": world.role, "Rules": [{"Status": "Enabled", "Prefix": "", **to(target)}]}
    assert code(s3.put_bucket_replication, Bucket=plain, ReplicationConfiguration=wanted) == "InvalidRequest"
    unversioned = {**wanted, "Rules": [{"Status": "Enabled", "Prefix": "", **to(plain)}]}
    with pytest.raises(ClientError, match="Versioning must be Enabled"):
        s3.put_bucket_replication(Bucket=world.source, ReplicationConfiguration=unversioned)
    world.put("older")
    world.rules(to(target))
    body = b"x" * 100_000
    version = world.put(
        "k", body, Metadata={"a": "b"}, Tagging="c=d", ContentType="text/plain", ChecksumAlgorithm="XXHASH128"
    )
    assert (world.status("k"), world.status("k", target)) == ("COMPLETED", "REPLICA")
    source, replica = (
        s3.get_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED") for bucket in (world.source, target)
    )
    assert replica["Body"].read() == body
    for member in ("VersionId", "LastModified", "Metadata", "ETag", "ContentType", "TagCount", "ChecksumXXHASH128"):
        assert replica[member] == source[member]
    assert replica["VersionId"] == version
    assert s3.get_object(Bucket=target, Key="k", VersionId=version)["Body"].read() == body
    assert world.keys(target) == ["k"]
    world.put("k", b"second")
    world.status("k")
    assert s3.get_object(Bucket=target, Key="k")["Body"].read() == b"second"
    assert len(s3.list_object_versions(Bucket=target)["Versions"]) == 2
    s3.delete_object(Bucket=target, Key="k", VersionId=version)
    assert len(s3.list_object_versions(Bucket=target)["Versions"]) == 1


def test_an_object_that_waits_says_so(world: World) -> None:
    """What is due is done between two requests; the answer to the write's own HEAD may come before."""
    target = world.bucket("target")
    world.rules(to(target))
    world.put("k")
    assert world.s3.head_object(Bucket=world.source, Key="k")["ReplicationStatus"] in ("PENDING", "COMPLETED")


@pytest.mark.spec("s3-122", "s3-124", "s3-125")
def test_other_regions_and_accounts(world: World) -> None:
    s3, other = world.s3, Account(world.account.running, "999999999996")
    near, far, strange = world.bucket("near"), world.bucket("far", "eu-west-1"), world.bucket("strange", account=other)
    world.rules(to(near), to(far), to(strange))
    world.put("k")
    assert world.status("k") == "FAILED"  # the other account has not allowed it
    assert (world.keys(near), world.keys(far)) == (["k"], ["k"])
    theirs = other.client("s3")
    assert theirs.list_objects_v2(Bucket=strange)["KeyCount"] == 0
    actions = ["s3:ReplicateObject", "s3:ReplicateDelete"]
    allowed = {"Principal": {"AWS": world.role}, "Action": actions, "Resource": f"arn:aws:s3:::{strange}/*"}
    theirs.put_bucket_policy(Bucket=strange, Policy=document(allowed))
    world.put("l")
    assert world.status("l") == "COMPLETED"
    assert theirs.get_object(Bucket=strange, Key="l")["Body"].read() == b"x"
    world.let("s3:GetReplicationConfiguration", "s3:GetObjectVersionForReplication")
    world.put("m")
    assert world.status("m") == "FAILED"
    assert code(s3.head_object, Bucket=near, Key="m") == "404"


def test_tags_and_the_owner_need_permissions_of_their_own(world: World) -> None:
    other = Account(world.account.running, "999999999995")
    strange = world.bucket("strange", account=other)
    theirs = {"Account": other.number, "AccessControlTranslation": {"Owner": "Destination"}}
    world.rules(to(strange, **theirs))

    def let(*actions: str) -> None:
        allowed = {"Principal": {"AWS": world.role}, "Action": actions, "Resource": f"arn:aws:s3:::{strange}/*"}
        other.client("s3").put_bucket_policy(Bucket=strange, Policy=document(allowed))

    reading = ("s3:GetReplicationConfiguration", "s3:GetObjectVersionForReplication")
    world.let(*reading, "s3:ReplicateObject", "s3:ObjectOwnerOverrideToBucketOwner")
    let("s3:ReplicateObject")
    world.put("a")
    assert world.status("a") == "FAILED"
    let("s3:ReplicateObject", "s3:ObjectOwnerOverrideToBucketOwner")
    world.let(*reading, "s3:ReplicateObject")
    world.put("b")
    assert world.status("b") == "FAILED"
    world.let(*reading, "s3:ReplicateObject", "s3:ObjectOwnerOverrideToBucketOwner")
    world.put("c", Tagging="x=y")
    assert world.status("c") == "COMPLETED"
    assert other.client("s3").get_object_tagging(Bucket=strange, Key="c")["TagSet"] == []
    world.let(*reading, "s3:GetObjectVersionTagging", "s3:ReplicateObject", "s3:ObjectOwnerOverrideToBucketOwner")
    world.put("d", Tagging="x=y")
    assert world.status("d") == "COMPLETED"
    assert other.client("s3").get_object_tagging(Bucket=strange, Key="d")["TagSet"] == [{"Key": "x", "Value": "y"}]


def test_configurations_that_cannot_be(world: World) -> None:
    far = world.bucket("far")
    for wrong, of in (
        ({**to(far, StorageClass="NONE")}, "MalformedXML"),
        ({**to(far), "ID": "x" * 256}, "InvalidArgument"),
    ):
        with pytest.raises(ClientError) as caught:
            world.rules(wrong)
        assert caught.value.response["Error"]["Code"] == of
    world.rules(to(far))
    suspended = {"Bucket": world.source, "VersioningConfiguration": {"Status": "Suspended"}}
    assert code(world.s3.put_bucket_versioning, **suspended) == "InvalidBucketState"
    world.s3.delete_bucket_replication(Bucket=world.source)
    world.s3.put_bucket_versioning(**suspended)


@pytest.mark.spec("s3-127", "s3-130", "s3-131")
def test_rules_choose_and_go_one_way_without_chaining(world: World) -> None:
    s3 = world.s3
    second, third = world.bucket("second"), world.bucket("third")
    world.rules(
        {"Filter": {"Prefix": "in/"}, **to(second)}, {"Filter": {"Tag": {"Key": "copy", "Value": "yes"}}, **to(second)}
    )
    world.rules(to(third), source=second)
    for key, tagging in (("in/a", ""), ("tagged", "copy=yes"), ("out", "copy=no")):
        world.put(key, Tagging=tagging)
    assert world.keys(second) == ["in/a", "tagged"]
    assert world.keys(third) == []
    s3.put_object(Bucket=second, Key="in/own", Body=b"x")
    assert world.keys(third) == ["in/own"]
    assert "in/own" not in world.keys(world.source)
    world.rules(to(second))
    world.put("all")
    assert "all" in world.keys(second)


@pytest.mark.spec("s3-133", "s3-134")
def test_deletions(world: World) -> None:
    s3 = world.s3
    kept, marked = world.bucket("kept"), world.bucket("marked")
    world.rules(to(kept), {"DeleteMarkerReplication": {"Status": "Enabled"}, **to(marked)})
    version = world.put("k")
    world.status("k")
    marker = s3.delete_object(Bucket=world.source, Key="k")["VersionId"]
    assert (world.keys(kept), world.keys(marked)) == (["k"], [])
    (replica,) = s3.list_object_versions(Bucket=marked)["DeleteMarkers"]
    assert (replica["VersionId"], replica["IsLatest"]) == (marker, True)
    s3.delete_object(Bucket=world.source, Key="k", VersionId=version)
    world.account.running.advance(1)
    for bucket in (kept, marked):
        assert s3.get_object(Bucket=bucket, Key="k", VersionId=version)["Body"].read() == b"x"


@pytest.mark.spec("s3-135", "s3-136")
def test_what_is_not_copied(world: World) -> None:
    s3, other = world.s3, Account(world.account.running, "999999999996")
    target = world.bucket("target")
    world.rules({"DeleteMarkerReplication": {"Status": "Enabled"}, **to(target)})
    s3.put_bucket_ownership_controls(
        Bucket=world.source, OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    )
    allowed = {
        "Principal": {"AWS": other.number},
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{world.source}/*",
    }
    s3.put_bucket_policy(Bucket=world.source, Policy=document(allowed))
    theirs = other.client("s3")
    theirs.put_object(Bucket=world.source, Key="theirs", Body=b"x")
    world.put("archived", StorageClass="GLACIER")
    world.put("own")
    assert world.keys(target) == ["own"]
    assert theirs.head_object(Bucket=world.source, Key="theirs")["ReplicationStatus"] == "FAILED"
    s3.put_bucket_ownership_controls(
        Bucket=world.source, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    )
    theirs.put_object(Bucket=world.source, Key="given", Body=b"x")
    assert world.keys(target) == ["given", "own"]
    rule = {"ID": "r", "Status": "Enabled", "Filter": {}, "Expiration": {"Days": 1}}
    s3.put_bucket_lifecycle_configuration(Bucket=world.source, LifecycleConfiguration={"Rules": [rule]})
    world.account.running.advance(2 * 86400)
    assert (world.keys(world.source), world.keys(target)) == (["theirs"], ["given", "own"])  # lifecycle waits for it


def test_what_replication_lacks_is_refused_by_name(world: World) -> None:
    target = world.bucket("target")
    with pytest.raises(ClientError, match="ExistingObjectReplication"):
        world.rules({"ExistingObjectReplication": {"Status": "Enabled"}, **to(target)})
    world.s3.delete_bucket_replication(Bucket=world.source)
    assert code(world.s3.get_bucket_replication, Bucket=world.source) == "ReplicationConfigurationNotFoundError"
