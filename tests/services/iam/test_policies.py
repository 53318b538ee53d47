"""Managed policies, versions, attachments, and what a principal has in the end."""

import json
from typing import Any

import pytest

from skyjar.kernel import credentials
from skyjar.kernel.errors import AWSError
from skyjar.kernel.principals import Principal
from skyjar.services.iam.errors import MalformedPolicyDocumentException

BASIC = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
DYNAMODB = "arn:aws:iam::aws:policy/service-role/AWSLambdaDynamoDBExecutionRole"


def statement(effect: str, *actions: str, **more: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": list(actions), "Resource": "*", **more}


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


SQS = document(statement("Allow", "sqs:*"))


def user(desk: Any, name: str, **parameters: Any) -> Principal:
    iam = desk.ask("iam")
    iam.create_user(user_name=name, **parameters)
    key = iam.create_access_key(user_name=name)["AccessKey"]["AccessKeyId"]
    found = desk.store.transact(lambda tx: credentials.find(tx, key))
    principal: Principal = found.principal
    return principal


def may(desk: Any, who: Principal, service: str = "sqs", operation: str = "list_queues", **parameters: Any) -> bool:
    try:
        getattr(desk.ask(service, who), operation)(**parameters)
    except AWSError as error:
        assert error.code in ("AccessDenied", "AccessDeniedException"), error
        return False
    return True


@pytest.mark.spec("iam-010")
def test_a_user_gains_what_its_groups_have(desk: Any) -> None:
    iam, ann = desk.ask("iam"), user(desk, "ann")
    assert not may(desk, ann)
    iam.create_group(group_name="devs")
    iam.put_group_policy(group_name="devs", policy_name="q", policy_document=SQS)
    iam.add_user_to_group(group_name="devs", user_name="ann")
    assert may(desk, ann)
    iam.delete_group_policy(group_name="devs", policy_name="q")
    assert not may(desk, ann)
    iam.attach_group_policy(group_name="devs", policy_arn="arn:aws:iam::aws:policy/AmazonSQSFullAccess")
    assert may(desk, ann)
    iam.remove_user_from_group(group_name="devs", user_name="ann")
    assert not may(desk, ann)


@pytest.mark.spec("iam-018")
def test_a_deny_overrides_an_allow_overrides_nothing(desk: Any) -> None:
    iam, ann = desk.ask("iam"), user(desk, "ann")
    assert not may(desk, ann)
    iam.put_user_policy(user_name="ann", policy_name="a", policy_document=SQS)
    assert may(desk, ann)
    iam.put_user_policy(user_name="ann", policy_name="d", policy_document=document(statement("Deny", "sqs:ListQueues")))
    with pytest.raises(AWSError, match=r"with an explicit deny in an identity-based policy$"):
        desk.ask("sqs", ann).list_queues()


def test_a_new_default_version_applies_to_whoever_has_the_policy(desk: Any) -> None:
    iam, ann = desk.ask("iam"), user(desk, "ann")
    arn = iam.create_policy(policy_name="p", policy_document=document(statement("Allow", "s3:*")))["Policy"]["Arn"]
    iam.attach_user_policy(user_name="ann", policy_arn=arn)
    assert not may(desk, ann)
    version = iam.create_policy_version(policy_arn=arn, policy_document=SQS)["PolicyVersion"]
    assert (version["VersionId"], version["IsDefaultVersion"]) == ("v2", False)
    assert not may(desk, ann)
    iam.set_default_policy_version(policy_arn=arn, version_id="v2")
    assert may(desk, ann)


def test_five_versions_and_the_default_one_stays(desk: Any) -> None:
    iam = desk.ask("iam")
    arn = iam.create_policy(policy_name="p", policy_document=SQS)["Policy"]["Arn"]
    for _ in range(4):
        iam.create_policy_version(policy_arn=arn, policy_document=SQS, set_as_default=True)
    with pytest.raises(AWSError, match="up to 5 versions"):
        iam.create_policy_version(policy_arn=arn, policy_document=SQS)
    with pytest.raises(AWSError, match="Cannot delete the default version of a policy"):
        iam.delete_policy_version(policy_arn=arn, version_id="v5")
    with pytest.raises(AWSError, match="more than one version"):
        iam.delete_policy(policy_arn=arn)
    for number in range(1, 5):
        iam.delete_policy_version(policy_arn=arn, version_id=f"v{number}")
    assert [each["VersionId"] for each in iam.list_policy_versions(policy_arn=arn)["Versions"]] == ["v5"]
    iam.delete_policy(policy_arn=arn)


@pytest.mark.spec("iam-013")
def test_a_policy_counts_where_it_is_attached(desk: Any) -> None:
    iam = desk.ask("iam")
    trust = document({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"})
    arn = iam.create_policy(policy_name="p", policy_document=SQS)["Policy"]["Arn"]
    iam.create_user(user_name="u")
    iam.create_group(group_name="g")
    iam.create_role(role_name="r", assume_role_policy_document=trust)
    iam.attach_user_policy(user_name="u", policy_arn=arn)
    iam.attach_group_policy(group_name="g", policy_arn=arn)
    iam.attach_role_policy(role_name="r", policy_arn=arn)
    assert iam.get_policy(policy_arn=arn)["Policy"]["AttachmentCount"] == 3
    found = iam.list_entities_for_policy(policy_arn=arn)
    assert [len(found[f"Policy{kind}s"]) for kind in ("User", "Group", "Role")] == [1, 1, 1]
    with pytest.raises(AWSError, match="Cannot delete a policy attached to entities"):
        iam.delete_policy(policy_arn=arn)


@pytest.mark.spec("iam-011", "iam-012", "iam-017")
def test_managed_policies_of_aws_are_there_and_cannot_be_changed(desk: Any) -> None:
    from urllib.parse import unquote

    iam = desk.ask("iam")
    iam.create_policy(policy_name="mine", policy_document=SQS)
    assert [each["PolicyName"] for each in iam.list_policies(scope="Local")["Policies"]] == ["mine"]
    aws = iam.list_policies(scope="AWS")["Policies"]
    assert len(aws) > 30
    assert all(each["Arn"].startswith("arn:aws:iam::aws:policy/") for each in aws)
    policy = iam.get_policy(policy_arn=DYNAMODB)["Policy"]
    version = iam.get_policy_version(policy_arn=DYNAMODB, version_id=policy["DefaultVersionId"])["PolicyVersion"]
    actions = json.loads(unquote(version["Document"]))["Statement"][0]["Action"]
    assert set(actions) == {
        "dynamodb:DescribeStream",
        "dynamodb:GetRecords",
        "dynamodb:GetShardIterator",
        "dynamodb:ListStreams",
        "logs:CreateLogGroup",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
    }
    for name in ("u", "v"):
        iam.create_user(user_name=name)
        iam.attach_user_policy(user_name=name, policy_arn=BASIC)
    with pytest.raises(AWSError) as caught:
        iam.create_policy_version(policy_arn=BASIC, policy_document=SQS)
    assert caught.value.code == "AccessDenied"


def test_every_managed_policy_of_aws_is_a_valid_policy() -> None:
    from skyjar.policy.documents import compile_document
    from skyjar.services.iam import managed

    for policy in managed.policies().values():
        assert compile_document(policy.document).statements


@pytest.mark.spec("iam-025")
def test_a_boundary_caps_identity_policies_but_not_a_resource_policy_that_names_the_user(desk: Any) -> None:
    iam, ann = desk.ask("iam"), user(desk, "ann")
    arn = iam.create_policy(policy_name="b", policy_document=document(statement("Allow", "s3:*")))["Policy"]["Arn"]
    iam.put_user_policy(user_name="ann", policy_name="q", policy_document=SQS)
    assert may(desk, ann)
    iam.put_user_permissions_boundary(user_name="ann", permissions_boundary=arn)
    with pytest.raises(AWSError, match="because no permissions boundary allows the sqs:ListQueues action"):
        desk.ask("sqs", ann).list_queues()
    policy = {
        "Effect": "Allow",
        "Principal": {"AWS": ann.arn},
        "Action": "sqs:SendMessage",
        "Resource": "arn:aws:sqs:us-east-1:111122223333:q",
    }
    url = desk.ask("sqs").create_queue(queue_name="q", attributes={"Policy": document(policy)})["QueueUrl"]
    assert may(desk, ann, operation="send_message", queue_url=url, message_body="x")
    assert not may(desk, ann, operation="receive_message", queue_url=url)
    assert iam.get_policy(policy_arn=arn)["Policy"]["PermissionsBoundaryUsageCount"] == 1
    iam.delete_user_permissions_boundary(user_name="ann")
    assert may(desk, ann)


@pytest.mark.spec("iam-024")
def test_one_policy_fits_many_users(desk: Any) -> None:
    own = document(
        {
            "Effect": "Allow",
            "Action": "ssm:PutParameter",
            "Resource": "arn:aws:ssm:*:*:parameter/home/${aws:username}/*",
        }
    )
    ann, bob = user(desk, "ann"), user(desk, "bob")
    for name in ("ann", "bob"):
        desk.ask("iam").put_user_policy(user_name=name, policy_name="own", policy_document=own)

    def puts(who: Principal, path: str) -> bool:
        return may(desk, who, "ssm", "put_parameter", name=path, value="x", type="String")

    assert puts(ann, "/home/ann/a")
    assert puts(bob, "/home/bob/a")
    assert not puts(ann, "/home/bob/b")
    assert not puts(bob, "/home/ann/b")


def test_tags_of_a_user_are_principal_tags(desk: Any) -> None:
    ann = user(desk, "ann")
    tagged = document(
        statement("Allow", "sqs:ListQueues", Condition={"StringEquals": {"aws:PrincipalTag/team": "blue"}})
    )
    desk.ask("iam").put_user_policy(user_name="ann", policy_name="t", policy_document=tagged)
    assert not may(desk, ann)
    desk.ask("iam").tag_user(user_name="ann", tags=[{"Key": "team", "Value": "blue"}])
    assert may(desk, ann)


def test_a_user_of_the_same_name_does_not_inherit(desk: Any) -> None:
    iam, ann = desk.ask("iam"), user(desk, "ann")
    key = iam.list_access_keys(user_name="ann")["AccessKeyMetadata"][0]["AccessKeyId"]
    iam.delete_access_key(user_name="ann", access_key_id=key)
    iam.delete_user(user_name="ann")
    iam.create_user(user_name="ann")
    iam.put_user_policy(user_name="ann", policy_name="q", policy_document=SQS)
    assert not may(desk, ann)


def test_inline_policies_have_one_quota_together(desk: Any) -> None:
    iam = desk.ask("iam")
    iam.create_user(user_name="ann")
    long = document(statement("Allow", *[f"sqs:Action{number:04d}" for number in range(70)]))
    iam.put_user_policy(user_name="ann", policy_name="a", policy_document=long)
    with pytest.raises(AWSError, match="Maximum policy size of 2048 bytes exceeded for user ann"):
        iam.put_user_policy(user_name="ann", policy_name="b", policy_document=long)


def test_only_an_inline_policy_may_have_no_version(desk: Any) -> None:
    """SAM's policy templates have none. Its variables are plain text then."""
    iam = desk.ask("iam")
    iam.create_user(user_name="ann")
    document = '{"Statement":[{"Effect":"Allow","Action":"sqs:*","Resource":"*"}]}'
    iam.put_user_policy(user_name="ann", policy_name="p", policy_document=document)
    for older in (document, document.replace("{", '{"Version":"2008-10-17",', 1)):
        with pytest.raises(MalformedPolicyDocumentException, match=r"must be version 2012-10-17 or greater\."):
            iam.create_policy(policy_name="m", policy_document=older)
