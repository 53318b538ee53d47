"""Findings of external access: they come, change and go with the policies of real resources."""

from __future__ import annotations

from typing import Any

import pytest

from skyjar.services.accessanalyzer import limits
from skyjar.services.accessanalyzer.errors import (
    ConflictException,
    ResourceNotFoundException,
    ServiceQuotaExceededException,
    ValidationException,
)

OTHER = "444455556666"
BUCKET = "arn:aws:s3:::photos"


def allow(arn: str, action: Any, principal: Any = {"AWS": OTHER}) -> dict[str, Any]:  # noqa: B006 - never changed
    return {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": arn}


@pytest.fixture
def bucket(desk: Any, document: Any) -> Any:
    """Share the bucket with another account, for these actions."""
    s3 = desk.ask("s3")
    s3.create_bucket(bucket="photos")

    def share(*actions: str) -> None:
        s3.put_bucket_policy(bucket="photos", policy=document(allow(f"{BUCKET}/*", list(actions))))

    return share


def active(analyzer: Any, arn: str, **more: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = analyzer.list_findings(
        analyzer_arn=arn, filter={"status": {"eq": ["ACTIVE"]}, **more}
    )["findings"]
    return found


def test_every_kind_of_resource_is_asked(desk: Any, analyzer: Any, made: Any, document: Any, bucket: Any) -> None:
    bucket("s3:GetObject")
    account = desk.account
    sqs, kms, secrets = desk.ask("sqs"), desk.ask("kms"), desk.ask("secretsmanager")
    queue = f"arn:aws:sqs:us-east-1:{account}:q"
    sqs.create_queue(queue_name="q", attributes={"Policy": document(allow(queue, "sqs:SendMessage"))})
    sqs.create_queue(queue_name="own")
    key = kms.create_key()["KeyMetadata"]
    kms.create_grant(key_id=key["KeyId"], grantee_principal=f"arn:aws:iam::{OTHER}:root", operations=["Decrypt"])
    secret = secrets.create_secret(name="s", secret_string="x")["ARN"]
    secrets.put_resource_policy(secret_id="s", resource_policy=document(allow("*", "secretsmanager:GetSecretValue")))
    trust = {"Effect": "Allow", "Principal": {"AWS": OTHER}, "Action": "sts:AssumeRole"}
    role = desk.ask("iam").create_role(role_name="r", assume_role_policy_document=document(trust))["Role"]["Arn"]
    ecr = desk.ask("ecr")
    repository = ecr.create_repository(repository_name="images")["repository"]["repositoryArn"]
    pull = {"Effect": "Allow", "Principal": "*", "Action": "ecr:BatchGetImage"}
    ecr.set_repository_policy(repository_name="images", policy_text=document(pull))

    arn = made()
    found = {each["resource"]: each for each in active(analyzer, arn)}
    assert {name: (each["resourceType"], each["action"]) for name, each in found.items()} == {
        BUCKET: ("AWS::S3::Bucket", ["s3:GetObject"]),
        queue: ("AWS::SQS::Queue", ["sqs:SendMessage"]),
        key["Arn"]: ("AWS::KMS::Key", ["kms:Decrypt"]),
        secret: ("AWS::SecretsManager::Secret", ["secretsmanager:GetSecretValue"]),
        role: ("AWS::IAM::Role", ["sts:AssumeRole"]),
        repository: ("AWS::ECR::Repository", ["ecr:BatchGetImage"]),
    }
    assert found[BUCKET]["principal"] == {"AWS": OTHER}
    assert found[BUCKET]["sources"] == [{"type": "POLICY"}]
    assert [name for name, each in found.items() if each["isPublic"]] == [repository]
    queues = analyzer.list_analyzed_resources(analyzer_arn=arn, resource_type="AWS::SQS::Queue")
    assert len(queues["analyzedResources"]) == 2
    statistics = analyzer.get_findings_statistics(analyzer_arn=arn)["findingsStatistics"][0]
    assert statistics["externalAccessFindingsStatistics"]["totalActiveFindings"] == 6


def test_findings_follow_the_policy(desk: Any, analyzer: Any, made: Any, bucket: Any) -> None:
    bucket("s3:GetObject")
    arn = made()
    [first] = active(analyzer, arn)
    bucket("s3:GetObject", "s3:PutObject")
    desk.settle()
    assert active(analyzer, arn) == [first]
    desk.advance(limits.NOTICE_S)
    [changed] = active(analyzer, arn)
    assert (changed["id"], changed["createdAt"]) == (first["id"], first["createdAt"])
    assert changed["action"] == ["s3:GetObject", "s3:PutObject"]
    assert changed["updatedAt"] > first["updatedAt"]
    desk.ask("s3").delete_bucket_policy(bucket="photos")
    analyzer.start_resource_scan(analyzer_arn=arn, resource_arn=BUCKET)
    desk.settle()
    assert active(analyzer, arn) == []
    assert analyzer.get_finding(analyzer_arn=arn, id=first["id"])["finding"]["status"] == "RESOLVED"
    bucket("s3:GetObject")
    desk.advance(limits.SCAN_EVERY_S)
    assert [each["id"] for each in active(analyzer, arn)] == [first["id"]]
    desk.ask("s3").delete_bucket(bucket="photos")
    desk.advance(limits.SCAN_EVERY_S)
    assert analyzer.get_finding(analyzer_arn=arn, id=first["id"])["finding"]["status"] == "RESOLVED"
    with pytest.raises(ResourceNotFoundException):
        analyzer.get_analyzed_resource(analyzer_arn=arn, resource_arn=BUCKET)
    desk.advance(limits.RESOLVED_KEPT_S + 2 * limits.SCAN_EVERY_S)
    with pytest.raises(ResourceNotFoundException):
        analyzer.get_finding(analyzer_arn=arn, id=first["id"])


def test_what_blocks_make_void_is_no_finding(desk: Any, analyzer: Any, made: Any, document: Any, bucket: Any) -> None:
    s3 = desk.ask("s3")
    s3.delete_public_access_block(bucket="photos")
    s3.put_bucket_policy(bucket="photos", policy=document(allow(f"{BUCKET}/*", "s3:GetObject", "*")))
    arn = made()
    [found] = active(analyzer, arn)
    assert found["isPublic"]
    s3.put_public_access_block(bucket="photos", public_access_block_configuration={"RestrictPublicBuckets": True})
    desk.advance(limits.NOTICE_S)
    assert active(analyzer, arn) == []


def test_a_policy_that_shuts_the_analyzer_out_is_an_error(
    desk: Any, analyzer: Any, made: Any, document: Any, bucket: Any
) -> None:
    everybody = {"ArnNotLike": {"aws:PrincipalArn": f"arn:aws:iam::{desk.account}:root"}}
    deny = {"Effect": "Deny", "Principal": "*", "Condition": everybody}
    buckets = {**deny, "Action": "s3:*", "Resource": [BUCKET, f"{BUCKET}/*"]}
    desk.ask("s3").put_bucket_policy(bucket="photos", policy=document(buckets))
    queue = f"arn:aws:sqs:us-east-1:{desk.account}:q"
    shut = document({**deny, "Action": "sqs:*", "Resource": queue})
    desk.ask("sqs").create_queue(queue_name="q", attributes={"Policy": shut})
    found = active(analyzer, made())
    assert {(each["error"], each["resource"]) for each in found} == {
        ("ACCESS_DENIED", BUCKET),
        ("ACCESS_DENIED", queue),
    }


def test_archive_rules_archive_what_is_expected(desk: Any, analyzer: Any, made: Any, bucket: Any) -> None:
    bucket("s3:GetObject")
    expected = {"principal.AWS": {"contains": [OTHER]}, "isPublic": {"eq": ["false"]}}
    arn = made(archive_rules=[{"ruleName": "partner", "filter": expected}])
    [archived] = analyzer.list_findings(analyzer_arn=arn)["findings"]
    assert archived["status"] == "ARCHIVED"
    analyzer.update_findings(analyzer_arn=arn, status="ACTIVE", ids=[archived["id"]])
    assert len(active(analyzer, arn)) == 1
    analyzer.apply_archive_rule(analyzer_arn=arn, rule_name="partner")
    assert active(analyzer, arn) == []
    analyzer.update_archive_rule(
        analyzer_name="a", rule_name="partner", filter={"resourceType": {"neq": ["AWS::S3::Bucket"]}}
    )
    analyzer.update_findings(analyzer_arn=arn, status="ACTIVE", resource_arn=BUCKET)
    analyzer.apply_archive_rule(analyzer_arn=arn, rule_name="partner")
    assert len(active(analyzer, arn)) == 1
    with pytest.raises(ConflictException):
        analyzer.create_archive_rule(analyzer_name="a", rule_name="partner", filter=expected)
    with pytest.raises(ValidationException, match="filter key colour"):
        analyzer.create_archive_rule(analyzer_name="a", rule_name="b", filter={"colour": {"eq": ["red"]}})
    analyzer.delete_archive_rule(analyzer_name="a", rule_name="partner", client_token="once")
    analyzer.delete_archive_rule(analyzer_name="a", rule_name="partner", client_token="once")
    with pytest.raises(ResourceNotFoundException):
        analyzer.get_archive_rule(analyzer_name="a", rule_name="partner")


def test_an_account_has_one_analyzer_of_a_kind(desk: Any, analyzer: Any, made: Any) -> None:
    arn = made(tags={"team": "x"}, client_token="t")
    assert analyzer.create_analyzer(analyzer_name="a", type="ACCOUNT", client_token="t") == {"arn": arn}
    with pytest.raises(ConflictException):
        analyzer.create_analyzer(analyzer_name="a", type="ACCOUNT")
    with pytest.raises(ServiceQuotaExceededException):
        analyzer.create_analyzer(analyzer_name="b", type="ACCOUNT")
    with pytest.raises(ValidationException, match="not a member of an organization"):
        analyzer.create_analyzer(analyzer_name="b", type="ORGANIZATION")
    with pytest.raises(ValidationException):
        analyzer.update_analyzer(analyzer_name="a", configuration={})
    shown = analyzer.get_analyzer(analyzer_name="a")["analyzer"]
    assert (shown["status"], shown["type"], shown["tags"]) == ("ACTIVE", "ACCOUNT", {"team": "x"})
    role = desk.ask("iam").get_role(role_name="AWSServiceRoleForAccessAnalyzer")["Role"]
    assert role["Path"] == "/aws-service-role/access-analyzer.amazonaws.com/"
    analyzer.delete_analyzer(analyzer_name="a")
    assert analyzer.list_analyzers()["analyzers"] == []
    desk.advance(2 * limits.SCAN_EVERY_S)


def test_an_organization_trusts_its_members(desk: Any, analyzer: Any, made: Any, document: Any, bucket: Any) -> None:
    from skyjar.kernel.principals import root

    organizations = desk.ask("organizations")
    organizations.create_organization(feature_set="ALL")
    request = organizations.create_account(email="m@example.com", account_name="m")["CreateAccountStatus"]["Id"]
    desk.settle()
    status = organizations.describe_create_account_status(create_account_request_id=request)
    member = status["CreateAccountStatus"]["AccountId"]
    queue = f"arn:aws:sqs:us-east-1:{member}:q"
    shared = document(allow(queue, "sqs:SendMessage"), allow(queue, "sqs:ReceiveMessage", {"AWS": desk.account}))
    desk.ask("sqs", root(member)).create_queue(queue_name="q", attributes={"Policy": shared})
    own = document(allow(f"{BUCKET}/*", "s3:GetObject", {"AWS": member}))
    desk.ask("s3").put_bucket_policy(bucket="photos", policy=own)
    found = active(analyzer, made("ORGANIZATION"))
    roles = [each for each in found if each["resourceType"] == "AWS::IAM::Role"]
    assert roles == []
    assert [(each["resource"], each["resourceOwnerAccount"], each["action"]) for each in found] == [
        (queue, member, ["sqs:SendMessage"])
    ]
    assert found[0]["resourceControlPolicyRestriction"] == "NOT_APPLICABLE"
    _forbid_in(organizations, member, document)
    arn = analyzer.get_analyzer(analyzer_name="a")["analyzer"]["arn"]
    analyzer.start_resource_scan(analyzer_arn=arn, resource_arn=queue, resource_owner_account=member)
    desk.settle()
    assert active(analyzer, arn)[0]["resourceControlPolicyRestriction"] == "APPLICABLE"


def _forbid_in(organizations: Any, account: str, document: Any) -> None:
    """Attach a resource control policy to an account."""
    root = organizations.list_roots()["Roots"][0]["Id"]
    organizations.enable_policy_type(root_id=root, policy_type="RESOURCE_CONTROL_POLICY")
    deny = {"Effect": "Deny", "Principal": "*", "Action": "sqs:DeleteQueue", "Resource": "*"}
    policy = organizations.create_policy(
        name="p", description="", type="RESOURCE_CONTROL_POLICY", content=document(deny)
    )["Policy"]["PolicySummary"]["Id"]
    organizations.attach_policy(policy_id=policy, target_id=account)
