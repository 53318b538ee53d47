"""Server access logs, delivered as the clock turns."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from typing import Any

import pytest
from botocore.exceptions import ClientError

from skyjar.edge.certificates import Authority
from skyjar.testing.running import Account

pytestmark = pytest.mark.client
FIELD = re.compile(r'"[^"]*"|\[[^]]*\]|\S+')


def code(call: Any, **parameters: Any) -> str:
    try:
        call(**parameters)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return ""


def let_in(account: Account, target: str, source: str) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "logging.s3.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{target}/*",
        "Condition": {
            "ArnLike": {"aws:SourceArn": f"arn:aws:s3:::{source}"},
            "StringEquals": {"aws:SourceAccount": account.number},
        },
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    account.client("s3").put_bucket_policy(Bucket=target, Policy=document)


def keep(s3: Any, source: str, target: str, **more: Any) -> None:
    status = {"LoggingEnabled": {"TargetBucket": target, "TargetPrefix": "log/", **more}}
    s3.put_bucket_logging(Bucket=source, BucketLoggingStatus=status)


def delivered(account: Account, target: str) -> list[list[str]]:
    """The fields of every line in the target bucket."""
    account.running.advance(400)
    s3 = account.client("s3")
    keys = [each["Key"] for each in s3.list_objects_v2(Bucket=target, Prefix="log/").get("Contents", ())]
    text = "".join(s3.get_object(Bucket=target, Key=key)["Body"].read().decode() for key in keys)
    return [FIELD.findall(line) for line in text.splitlines()]


@pytest.mark.spec("s3-160", "s3-161")
def test_every_request_has_its_line(still: Account) -> None:
    s3, iam = still.client("s3"), still.client("iam")
    source, target = f"logged-{still.number}", f"logs-{still.number}"
    for bucket in (source, target):
        s3.create_bucket(Bucket=bucket)
    iam.create_user(UserName="u")
    keys = iam.create_access_key(UserName="u")["AccessKey"]
    nobody = still.client("s3", aws_access_key_id=keys["AccessKeyId"], aws_secret_access_key=keys["SecretAccessKey"])
    keep(s3, source, target)
    back = s3.get_bucket_logging(Bucket=source)["LoggingEnabled"]
    assert back == {"TargetBucket": target, "TargetPrefix": "log/"}
    s3.put_object(Bucket=source, Key="a b", Body=b"12345")
    assert delivered(still, target) == []  # which has not let the log in
    let_in(still, target, source)
    s3.put_object(Bucket=source, Key="a b", Body=b"12345")
    s3.get_object(Bucket=source, Key="a b")
    assert code(nobody.get_object, Bucket=source, Key="a b") == "AccessDenied"
    s3.list_objects_v2(Bucket=source)
    s3.get_bucket_versioning(Bucket=source)
    lines = delivered(still, target)
    assert {len(line) for line in lines} == {27}
    told = [(line[6], line[7], line[9], line[10]) for line in lines]
    assert told == [
        ("REST.PUT.OBJECT", "a%20b", "200", "-"),
        ("REST.GET.OBJECT", "a%20b", "200", "-"),
        ("REST.GET.OBJECT", "a%20b", "403", "AccessDenied"),
        ("REST.GET.BUCKET", "-", "200", "-"),
        ("REST.GET.VERSIONING", "-", "200", "-"),
    ]
    owner = s3.list_buckets()["Owner"]["ID"]
    assert {line[0] for line in lines} == {owner}
    assert [line[4] for line in lines[1:3]] == [owner, f"arn:aws:iam::{still.number}:user/u"]
    assert (lines[1][1], lines[1][3], lines[1][11], lines[1][19]) == (source, "127.0.0.1", "5", "SigV4")
    assert lines[1][8] == f'"GET /{source}/a%20b HTTP/1.1"'
    s3.put_bucket_logging(Bucket=source, BucketLoggingStatus={})
    s3.get_object(Bucket=source, Key="a b")
    assert len([line for line in delivered(still, target) if line[6] == "REST.GET.OBJECT"]) == 2


def test_what_each_kind_of_request_tells(still: Account, found_names: None) -> None:
    """The object's size and version, the cipher, the access point; copies, deletions of many, websites and forms."""
    s3, source, target = still.client("s3"), f"logged-{still.number}", f"logs-{still.number}"
    for bucket in (source, target):
        s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=source, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_website(Bucket=source, WebsiteConfiguration={"IndexDocument": {"Suffix": "k"}})
    host = still.running.endpoint.removeprefix("http://")
    control = still.session().client("s3control", endpoint_url=f"http://localhost:{host.rpartition(':')[2]}")
    point = control.create_access_point(AccountId=still.number, Name="front", Bucket=source)
    let_in(still, target, source)
    keep(s3, source, target)
    big = b"x" * 300_000
    versions = [
        s3.put_object(Bucket=source, Key=key, Body=body)["VersionId"] for key, body in (("k", b"12345"), ("big", big))
    ]
    s3.get_object(Bucket=source, Key="big", Range="bytes=0-9", VersionId=versions[1])["Body"].read()
    s3.head_object(Bucket=source, Key="k")
    s3.get_object(Bucket=point["Alias"], Key="k")
    secure(still, "s3").get_object(Bucket=source, Key="k")
    s3.copy_object(Bucket=source, Key="copy", CopySource=f"{source}/k")
    s3.get_object_tagging(Bucket=source, Key="k")
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(f"{still.running.endpoint}/_aws/s3-website/{source}/k")
    s3.delete_objects(Bucket=source, Delete={"Objects": [{"Key": "a b"}, {"Key": "copy"}]})
    whole = delivered(still, target)[1:]  # the first is that logging was switched on
    lines = [[line[6], line[7], line[9], line[11], line[12]] for line in whole]
    assert lines == [
        ["REST.PUT.OBJECT", "k", "200", "-", "5"],
        ["REST.PUT.OBJECT", "big", "200", "-", "300000"],
        ["REST.GET.OBJECT", "big", "206", "10", "300000"],
        ["REST.HEAD.OBJECT", "k", "200", "-", "5"],
        ["REST.GET.OBJECT", "k", "200", "5", "5"],
        ["REST.GET.OBJECT", "k", "200", "5", "5"],
        ["REST.COPY.OBJECT", "copy", "200", lines[6][3], "-"],
        ["REST.COPY.OBJECT_GET", "k", "200", lines[7][3], "-"],
        ["REST.GET.TAGGING", "k", "200", lines[8][3], "-"],
        ["WEBSITE.GET.OBJECT", "k", "403", lines[9][3], "-"],
        ["REST.POST.MULTI_OBJECT_DELETE", "-", "200", lines[10][3], "-"],
        ["BATCH.DELETE.OBJECT", "a%20b", "204", "-", "-"],
        ["BATCH.DELETE.OBJECT", "copy", "204", "-", "-"],
    ]
    assert [line[17] for line in whole[:3]] == [versions[0], versions[1], versions[1]]
    assert [line[24] for line in whole].count(point["AccessPointArn"]) == 1 and whole[4][24] == point["AccessPointArn"]
    version, cipher = whole[5][23], whole[5][20]
    assert (version, cipher.startswith("TLS_")) == ("TLSv1.3", True)
    assert {(line[23], line[20]) for line in whole if line is not whole[5]} == {("-", "-")}
    assert whole[-1][8] == "-" and {len(line) for line in whole} == {27}


def secure(account: Account, service: str) -> Any:
    cloud = account.running
    authority = cloud.call(lambda: Authority(cloud.cloud.data / "certificates"))
    return account.session().client(
        service, endpoint_url=cloud.endpoint.replace("http:", "https:"), verify=str(authority.certificate_path)
    )


@pytest.mark.spec("s3-162", "s3-163")
def test_targets(still: Account) -> None:
    s3 = still.client("s3")
    source, other, far = f"source-{still.number}", f"other-{still.number}", f"far-{still.number}"
    for bucket in (source, other):
        s3.create_bucket(Bucket=bucket)
    europe = still.session(region_name="eu-west-1").client("s3", endpoint_url=still.running.endpoint)
    europe.create_bucket(Bucket=far, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    assert code(keep, s3=s3, source=source, target="no-such-bucket-there") == "InvalidTargetBucketForLogging"
    assert code(keep, s3=s3, source=source, target=far) == "CrossLocationLoggingProhibited"
    strange = f"strange-{still.number}"
    Account(still.running, "999999999994").client("s3").create_bucket(Bucket=strange)
    assert code(keep, s3=s3, source=source, target=strange) == "InvalidTargetBucketForLogging"

    def grows(target: str) -> bool:
        """Whether its log goes on growing with nobody asking for anything but to see it."""
        s3.put_object(Bucket=source, Key="k", Body=b"x")
        still.running.advance(2000)
        listed = s3.list_objects_v2(Bucket=target, Prefix="log/")["KeyCount"]
        return bool(listed > 2)

    let_in(still, other, source)
    keep(s3, source, other, TargetObjectKeyFormat={"PartitionedPrefix": {"PartitionDateSource": "DeliveryTime"}})
    assert not grows(other)
    (key,) = [each["Key"] for each in s3.list_objects_v2(Bucket=other)["Contents"]]
    assert re.fullmatch(rf"log/{still.number}/us-east-1/{source}/\d{{4}}/\d\d/\d\d/[\d-]{{20}}[0-9A-F]{{16}}", key)
    let_in(still, source, source)
    keep(s3, source, source)
    assert grows(source)
    s3.put_bucket_logging(Bucket=source, BucketLoggingStatus={})


def test_target_grants_are_the_acl_of_the_log(still: Account) -> None:
    s3 = still.client("s3")
    source, target = f"logged-{still.number}", f"logs-{still.number}"
    for bucket in (source, target):
        s3.create_bucket(Bucket=bucket)
    let_in(still, target, source)
    everybody = {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"}
    granted = [{"Grantee": everybody, "Permission": "READ"}]
    with pytest.raises(ClientError, match="InvalidTargetBucketForLogging"):
        keep(s3, source, target, TargetGrants=granted)
    s3.put_bucket_ownership_controls(
        Bucket=target, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]}
    )
    keep(s3, source, target, TargetGrants=granted)
    assert s3.get_bucket_logging(Bucket=source)["LoggingEnabled"]["TargetGrants"] == granted
    s3.put_object(Bucket=source, Key="k", Body=b"1")
    assert delivered(still, target)
    (log,) = s3.list_objects_v2(Bucket=target, Prefix="log/")["Contents"]
    grants = s3.get_object_acl(Bucket=target, Key=log["Key"])["Grants"]
    assert [(each["Grantee"]["Type"], each["Permission"]) for each in grants] == [
        ("CanonicalUser", "FULL_CONTROL"), ("Group", "READ"),
    ]  # fmt: skip


def test_a_file_for_each_day_of_what_happened(still: Account) -> None:
    s3 = still.client("s3")
    source, target = f"source-{still.number}", f"target-{still.number}"
    for name in (source, target):
        s3.create_bucket(Bucket=name)
    let_in(still, target, source)
    by_event = {"PartitionedPrefix": {"PartitionDateSource": "EventTime"}}
    with pytest.raises(ClientError) as caught:
        keep(s3, source, target, TargetObjectKeyFormat={**by_event, "SimplePrefix": {}})
    assert caught.value.response["Error"]["Code"] == "MalformedXML"
    keep(s3, source, target, TargetObjectKeyFormat=by_event)
    now = still.running.call(still.running.cloud.clock.now)
    still.running.advance(86_400 - now % 86_400 - 60)  # a minute before midnight
    s3.head_bucket(Bucket=source)
    still.running.advance(120)
    s3.head_bucket(Bucket=source)
    still.running.advance(400)
    keys = [each["Key"] for each in s3.list_objects_v2(Bucket=target, Prefix="log/")["Contents"]]
    days = [
        re.fullmatch(rf"log/{still.number}/us-east-1/{source}/(.{{10}})/(.{{10}})-00-00-00-.{{16}}", key)
        for key in keys
    ]
    found = {day[1].replace("/", "-") for day in days if day is not None and day[1].replace("/", "-") == day[2]}
    assert (len(keys), len(found)) in ((2, 2), (3, 2))  # what set the logging up was of the first day
