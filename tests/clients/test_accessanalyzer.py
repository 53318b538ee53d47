"""Access Analyzer with boto3."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest
from botocore.exceptions import ClientError

from skyjar.testing.running import Account

pytestmark = pytest.mark.client

DAY = 86_400
OTHER = "444455556666"


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def trust(principal: dict[str, str]) -> str:
    return document({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})


def findings(client: Any, arn: str, **criteria: Any) -> list[dict[str, Any]]:
    wanted = {"status": {"eq": ["ACTIVE"]}, **criteria}
    pages = client.get_paginator("list_findings_v2").paginate(analyzerArn=arn, filter=wanted)
    return [each for page in pages for each in page["findings"]]


@pytest.mark.spec("accessanalyzer-001")
def test_a_bucket_shared_with_another_account_is_found(account: Account) -> None:
    s3, client = account.client("s3"), account.client("accessanalyzer")
    s3.create_bucket(Bucket=f"shared-{account.number}")
    arn = client.create_analyzer(analyzerName="external", type="ACCOUNT")["arn"]
    bucket = f"arn:aws:s3:::shared-{account.number}"
    policy = document(
        {"Effect": "Allow", "Principal": {"AWS": OTHER}, "Action": "s3:GetObject", "Resource": f"{bucket}/*"},
        {"Effect": "Allow", "Principal": {"AWS": account.number}, "Action": "s3:PutObject", "Resource": f"{bucket}/*"},
    )
    s3.put_bucket_policy(Bucket=f"shared-{account.number}", Policy=policy)
    client.start_resource_scan(analyzerArn=arn, resourceArn=bucket)
    account.running.settle()
    [found] = client.list_findings(analyzerArn=arn)["findings"]
    assert (found["resource"], found["resourceType"], found["status"]) == (bucket, "AWS::S3::Bucket", "ACTIVE")
    assert (found["principal"], found["action"]) == ({"AWS": OTHER}, ["s3:GetObject"])
    assert found["isPublic"] is False
    detail = client.get_finding_v2(analyzerArn=arn, id=found["id"])
    assert detail["findingType"] == "ExternalAccess"
    assert detail["findingDetails"][0]["externalAccessDetails"]["principal"] == {"AWS": OTHER}
    with pytest.raises(client.exceptions.ServiceQuotaExceededException):
        client.create_analyzer(analyzerName="second", type="ACCOUNT")


@pytest.fixture
def idle(still: Account) -> Any:
    """An analyzer of unused access, and what it may find: a role, and a user with a key and a password."""
    iam = still.client("iam")
    policy = document(
        {"Effect": "Allow", "Action": ["sqs:ListQueues", "sqs:DeleteQueue", "sqs:Tag*"], "Resource": "*"},
        {"Effect": "Allow", "Action": "kms:*", "Resource": "*"},
    )
    for name in ("idle", "busy"):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust({"AWS": still.number}))
        iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=policy)
    iam.create_user(UserName="ann")
    iam.create_access_key(UserName="ann")
    iam.create_login_profile(UserName="ann", Password="Correct-horse-1")
    client = still.client("accessanalyzer")
    client.create_analyzer(
        analyzerName="unused",
        type="ACCOUNT_UNUSED_ACCESS",
        configuration={"unusedAccess": {"unusedAccessAge": 90}},
    )
    still.running.advance(90 * DAY)
    return client


def use(still: Account, role: str) -> None:
    made = still.client("sts").assume_role(RoleArn=f"arn:aws:iam::{still.number}:role/{role}", RoleSessionName="busy")
    keys = made["Credentials"]
    still.client(
        "sqs",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    ).list_queues()


@pytest.mark.spec("accessanalyzer-002")
@pytest.mark.spec("accessanalyzer-003")
def test_what_nobody_uses_is_found(still: Account, idle: Any) -> None:
    use(still, "busy")
    still.running.call(still.running.cloud.pipeline.records.flush)
    still.running.advance(2 * DAY)
    arn = idle.get_analyzer(analyzerName="unused")["analyzer"]["arn"]
    found = {(each["findingType"], each["resource"].rpartition("/")[2]): each for each in findings(idle, arn)}
    assert set(found) == {
        ("UnusedIAMRole", "idle"),
        ("UnusedIAMUserAccessKey", "ann"),
        ("UnusedIAMUserPassword", "ann"),
        ("UnusedPermission", "busy"),
    }
    detail = idle.get_finding_v2(analyzerArn=arn, id=found["UnusedPermission", "busy"]["id"])
    by_service = {
        each["unusedPermissionDetails"]["serviceNamespace"]: each["unusedPermissionDetails"]
        for each in detail["findingDetails"]
    }
    assert set(by_service) == {"kms", "sqs"}
    assert "actions" not in by_service["kms"]
    unused = {each["action"] for each in by_service["sqs"]["actions"]}
    assert unused == {"sqs:DeleteQueue", "sqs:TagQueue"}
    idle.update_findings(analyzerArn=arn, status="ARCHIVED", ids=[found["UnusedIAMRole", "idle"]["id"]])
    assert len(findings(idle, arn)) == 3


def test_a_function_shared_with_an_account(account: Account) -> None:
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as file:
        file.writestr("app.py", "def handler(event, context): pass")
    role = account.client("iam").create_role(
        RoleName="f", AssumeRolePolicyDocument=trust({"Service": "lambda.amazonaws.com"})
    )["Role"]["Arn"]
    functions = account.client("lambda")
    functions.create_function(
        FunctionName="f", Runtime="python3.11", Role=role, Handler="app.handler", Code={"ZipFile": package.getvalue()}
    )
    functions.add_permission(FunctionName="f", StatementId="s", Action="lambda:InvokeFunction", Principal=OTHER)
    client = account.client("accessanalyzer")
    arn = client.create_analyzer(analyzerName="a", type="ACCOUNT")["arn"]
    account.running.settle()
    [found] = findings(client, arn)
    assert (found["resourceType"], found["resource"].rpartition(":")[2]) == ("AWS::Lambda::Function", "f")


def test_analyzers_are_judged_by_their_arns(account: Account) -> None:
    iam = account.client("iam")
    iam.create_user(UserName="dev")
    allowed = document(
        {
            "Effect": "Allow",
            "Action": ["access-analyzer:Create*", "access-analyzer:ListFindings"],
            "Resource": "arn:aws:access-analyzer:*:*:analyzer/a",
        }
    )
    iam.put_user_policy(UserName="dev", PolicyName="p", PolicyDocument=allowed)
    key = iam.create_access_key(UserName="dev")["AccessKey"]
    client = account.client(
        "accessanalyzer", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"]
    )
    with pytest.raises(ClientError, match="iam:CreateServiceLinkedRole"):
        client.create_analyzer(analyzerName="a", type="ACCOUNT")
    account.client("iam").create_service_linked_role(AWSServiceName="access-analyzer.amazonaws.com")
    arn = client.create_analyzer(analyzerName="a", type="ACCOUNT")["arn"]
    assert client.list_findings_v2(analyzerArn=arn)["findings"] == []
    with pytest.raises(ClientError, match="access-analyzer:GetAnalyzer"):
        client.get_analyzer(analyzerName="a")


@pytest.fixture
def trail(still: Account) -> str:
    """A trail of management events with a bucket that takes them."""
    name = f"logs-{still.number}"
    still.client("s3").create_bucket(Bucket=name)
    service = {"Service": "cloudtrail.amazonaws.com"}
    policy = document(
        {"Effect": "Allow", "Principal": service, "Action": "s3:GetBucketAcl", "Resource": f"arn:aws:s3:::{name}"},
        {"Effect": "Allow", "Principal": service, "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{name}/*"},
    )
    still.client("s3").put_bucket_policy(Bucket=name, Policy=policy)
    cloudtrail = still.client("cloudtrail")
    arn: str = cloudtrail.create_trail(Name="all", S3BucketName=name)["TrailARN"]
    cloudtrail.start_logging(Name="all")
    return arn


def test_a_policy_is_made_from_what_was_called(still: Account, trail: str) -> None:
    iam = still.client("iam")
    begins = still.running.cloud.clock.now()
    for name, principal in (("app", {"AWS": still.number}), ("reader", {"Service": "access-analyzer.amazonaws.com"})):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(principal))
    everything = document({"Effect": "Allow", "Action": "*", "Resource": "*"})
    iam.put_role_policy(RoleName="app", PolicyName="p", PolicyDocument=everything)
    keys = still.client("sts").assume_role(RoleArn=f"arn:aws:iam::{still.number}:role/app", RoleSessionName="app")[
        "Credentials"
    ]
    own = {
        "aws_access_key_id": keys["AccessKeyId"],
        "aws_secret_access_key": keys["SecretAccessKey"],
        "aws_session_token": keys["SessionToken"],
    }
    still.client("sqs", **own).create_queue(QueueName="q")
    still.client("s3", **own).list_buckets()
    still.client("lambda", **own).list_functions()
    with pytest.raises(ClientError):
        still.client("kms", **own).describe_key(KeyId="alias/none")
    still.client("kms").list_keys()
    still.running.advance(3600)

    client = still.client("accessanalyzer")
    request: dict[str, Any] = {
        "policyGenerationDetails": {"principalArn": f"arn:aws:iam::{still.number}:role/app"},
        "cloudTrailDetails": {
            "trails": [{"cloudTrailArn": trail, "allRegions": True}],
            "accessRole": f"arn:aws:iam::{still.number}:role/reader",
            "startTime": begins,
        },
    }
    refused = client.start_policy_generation(**request)["jobId"]
    still.running.settle()
    job = client.get_generated_policy(jobId=refused)["jobDetails"]
    assert (job["status"], job["jobError"]["code"]) == ("FAILED", "AUTHORIZATION_ERROR")

    bucket = f"arn:aws:s3:::logs-{still.number}"
    reading = document(
        {"Effect": "Allow", "Action": "cloudtrail:GetTrail", "Resource": "*"},
        {"Effect": "Allow", "Action": ["s3:ListBucket", "s3:GetObject"], "Resource": [bucket, f"{bucket}/*"]},
    )
    iam.put_role_policy(RoleName="reader", PolicyName="p", PolicyDocument=reading)
    identity = client.start_policy_generation(**request)["jobId"]
    still.running.settle()
    answer = client.get_generated_policy(jobId=identity, includeResourcePlaceholders=True)
    assert answer["jobDetails"]["status"] == "SUCCEEDED"
    assert answer["generatedPolicyResult"]["properties"]["isComplete"]
    [made] = answer["generatedPolicyResult"]["generatedPolicies"]
    statements = json.loads(made["policy"])["Statement"]
    by_action = {action: each["Resource"] for each in statements for action in each["Action"]}
    assert by_action == {
        "lambda:ListFunctions": "*",
        "s3:ListAllMyBuckets": "*",
        "sqs:CreateQueue": "arn:aws:sqs:${Region}:${Account}:${QueueName}",
    }
    listed = client.list_policy_generations()["policyGenerations"]
    assert {each["jobId"]: each["status"] for each in listed} == {identity: "SUCCEEDED", refused: "FAILED"}
    client.cancel_policy_generation(jobId=identity)


def test_policies_are_checked(account: Account) -> None:
    client = account.client("accessanalyzer")
    wild = document({"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"})
    [found] = client.validate_policy(policyDocument=wild, policyType="IDENTITY_POLICY")["findings"]
    assert (found["findingType"], found["issueCode"]) == ("SECURITY_WARNING", "PASS_ROLE_WITH_STAR_IN_RESOURCE")
    read = document({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"})
    more = client.check_no_new_access(newPolicyDocument=wild, existingPolicyDocument=read, policyType="IDENTITY_POLICY")
    assert (more["result"], more["reasons"][0]["statementIndex"]) == ("FAIL", 0)
    granted = client.check_access_not_granted(
        policyDocument=read, access=[{"actions": ["s3:PutObject"]}], policyType="IDENTITY_POLICY"
    )
    assert granted["result"] == "PASS"
    public = document({"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"})
    assert client.check_no_public_access(policyDocument=public, resourceType="AWS::SQS::Queue")["result"] == "FAIL"


def test_rules_resources_and_previews_on_the_wire(account: Account) -> None:
    client, sqs = account.client("accessanalyzer"), account.client("sqs")
    queue = f"arn:aws:sqs:us-east-1:{account.number}:q"
    shared = document({"Effect": "Allow", "Principal": {"AWS": OTHER}, "Action": "sqs:SendMessage", "Resource": queue})
    sqs.create_queue(QueueName="q", Attributes={"Policy": shared})
    rule = {"ruleName": "expected", "filter": {"resourceType": {"eq": ["AWS::SQS::Queue"]}, "error": {"exists": False}}}
    arn = client.create_analyzer(analyzerName="a", type="ACCOUNT", archiveRules=[rule], tags={"team": "x"})["arn"]
    account.running.settle()
    assert findings(client, arn) == []
    assert client.get_archive_rule(analyzerName="a", ruleName="expected")["archiveRule"]["filter"] == rule["filter"]
    client.update_archive_rule(analyzerName="a", ruleName="expected", filter={"isPublic": {"eq": ["true"]}})
    assert len(client.list_archive_rules(analyzerName="a")["archiveRules"]) == 1
    client.delete_archive_rule(analyzerName="a", ruleName="expected")
    client.update_findings(analyzerArn=arn, status="ACTIVE", resourceArn=queue)
    assert [each["resource"] for each in findings(client, arn)] == [queue]
    resource = client.get_analyzed_resource(analyzerArn=arn, resourceArn=queue)["resource"]
    assert (resource["actions"], resource["status"], resource["isPublic"]) == (["sqs:SendMessage"], "ACTIVE", False)
    listed = client.list_analyzed_resources(analyzerArn=arn, resourceType="AWS::SQS::Queue")["analyzedResources"]
    assert [each["resourceArn"] for each in listed] == [queue]
    statistics = client.get_findings_statistics(analyzerArn=arn)["findingsStatistics"][0]
    by_type = statistics["externalAccessFindingsStatistics"]["resourceTypeStatistics"]
    assert by_type["AWS::SQS::Queue"]["totalActiveCrossAccount"] == 1
    configuration = {queue: {"sqsQueue": {"queuePolicy": ""}}}
    preview = client.create_access_preview(analyzerArn=arn, configurations=configuration)["id"]
    account.running.settle()
    shown = client.get_access_preview(accessPreviewId=preview, analyzerArn=arn)["accessPreview"]
    assert (shown["status"], shown["configurations"]) == ("COMPLETED", configuration)
    [gone] = client.list_access_preview_findings(accessPreviewId=preview, analyzerArn=arn)["findings"]
    assert (gone["changeType"], gone["status"], gone["existingFindingStatus"]) == ("CHANGED", "RESOLVED", "ACTIVE")
    assert client.list_access_previews(analyzerArn=arn)["accessPreviews"][0]["id"] == preview
    client.tag_resource(resourceArn=arn, tags={"b": "1"})
    client.untag_resource(resourceArn=arn, tagKeys=["team"])
    assert client.list_tags_for_resource(resourceArn=arn)["tags"] == {"b": "1"}
    client.delete_analyzer(analyzerName="a")
    with pytest.raises(client.exceptions.ResourceNotFoundException) as caught:
        client.get_analyzer(analyzerName="a")
    assert (caught.value.response["resourceId"], caught.value.response["resourceType"]) == ("a", "Analyzer")
