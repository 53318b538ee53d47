"""Organizations with boto3: what a policy of the organization denies is denied, on the next call."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from skyjar.testing.running import Account

pytestmark = pytest.mark.client
ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def refusal(function: Any, **parameters: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        function(**parameters)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def deny(action: str) -> str:
    return document({"Effect": "Deny", "Action": action, "Resource": "*"})


class Tree:
    """An organization with service control policies, and a member account in the inner of two units."""

    def __init__(self, account: Account) -> None:
        self.management = account
        self.member = account.running.account()
        self.orgs = account.client("organizations")
        self.orgs.create_organization(FeatureSet="ALL")
        self.root = self.orgs.list_roots()["Roots"][0]["Id"]
        self.orgs.enable_policy_type(RootId=self.root, PolicyType="SERVICE_CONTROL_POLICY")
        asked = self.orgs.invite_account_to_organization(Target={"Id": self.member.number, "Type": "ACCOUNT"})
        self.member.client("organizations").accept_handshake(HandshakeId=asked["Handshake"]["Id"])
        self.outer = self.unit(self.root, "outer")
        self.inner = self.unit(self.outer, "inner")
        self.orgs.move_account(AccountId=self.member.number, SourceParentId=self.root, DestinationParentId=self.inner)

    def unit(self, parent: str, name: str) -> str:
        return str(self.orgs.create_organizational_unit(ParentId=parent, Name=name)["OrganizationalUnit"]["Id"])

    def attach(self, content: str, *targets: str) -> str:
        made = self.orgs.create_policy(Content=content, Description="", Name="p", Type="SERVICE_CONTROL_POLICY")
        policy = str(made["Policy"]["PolicySummary"]["Id"])
        for target in targets:
            self.orgs.attach_policy(PolicyId=policy, TargetId=target)
        return policy

    def user(self, name: str, policy: str) -> Any:
        """An SQS client of a user of the member account."""
        iam = self.member.client("iam")
        iam.create_user(UserName=name)
        if policy:
            iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=policy)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return self.member.client(
            "sqs", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"]
        )


@pytest.fixture
def tree(account: Account) -> Tree:
    return Tree(account)


@pytest.mark.spec("organizations-001")
@pytest.mark.parametrize("features", ["CONSOLIDATED_BILLING", "ALL"])
def test_the_management_account_is_shown_to_every_member(account: Account, features: str) -> None:
    orgs = account.client("organizations")
    made = orgs.create_organization(FeatureSet=features)["Organization"]
    guest = account.running.account()
    asked = orgs.invite_account_to_organization(Target={"Id": guest.number, "Type": "ACCOUNT"})["Handshake"]
    guest.client("organizations").accept_handshake(HandshakeId=asked["Id"])
    for client in (orgs, guest.client("organizations")):
        shown = client.describe_organization()["Organization"]
        assert shown["FeatureSet"] == features
        assert shown["MasterAccountId"] == account.number
        assert shown["MasterAccountArn"] == (
            f"arn:aws:organizations::{account.number}:account/{made['Id']}/{account.number}"
        )


@pytest.mark.spec("organizations-002")
def test_a_policy_is_attached_to_a_root_a_unit_and_an_account(tree: Tree) -> None:
    policy = tree.attach(deny("s3:*"), tree.root, tree.inner, tree.member.number)
    shown = tree.orgs.list_targets_for_policy(PolicyId=policy)["Targets"]
    assert {(each["TargetId"], each["Type"]) for each in shown} == {
        (tree.root, "ROOT"),
        (tree.inner, "ORGANIZATIONAL_UNIT"),
        (tree.member.number, "ACCOUNT"),
    }
    held = tree.orgs.list_policies_for_target(TargetId=tree.inner, Filter="SERVICE_CONTROL_POLICY")["Policies"]
    assert {each["Id"] for each in held} == {"p-FullAWSAccess", policy}


@pytest.mark.spec("organizations-003")
def test_both_the_organization_and_the_own_policies_must_allow(tree: Tree) -> None:
    idle, busy = tree.user("idle", ""), tree.user("busy", document(ALL))
    assert refusal(idle.list_queues)[0] == "AccessDenied"
    assert "QueueUrls" not in busy.list_queues()
    only_s3 = tree.attach(document({**ALL, "Action": "s3:*"}), tree.member.number)
    tree.orgs.detach_policy(PolicyId="p-FullAWSAccess", TargetId=tree.member.number)
    code, message = refusal(busy.list_queues)
    assert code == "AccessDenied"
    assert message.endswith("because no service control policy allows the sqs:ListQueues action")
    tree.orgs.attach_policy(PolicyId="p-FullAWSAccess", TargetId=tree.member.number)
    tree.orgs.detach_policy(PolicyId=only_s3, TargetId=tree.member.number)
    busy.list_queues()
    tree.orgs.update_policy(PolicyId=only_s3, Content=deny("sqs:*"))
    tree.orgs.attach_policy(PolicyId=only_s3, TargetId=tree.member.number)
    assert refusal(busy.list_queues)[1].endswith("with an explicit deny in a service control policy")
    tree.orgs.detach_policy(PolicyId=only_s3, TargetId=tree.member.number)
    busy.list_queues()


@pytest.mark.spec("organizations-004")
def test_the_root_user_of_a_member_is_limited(tree: Tree) -> None:
    sqs = tree.member.client("sqs")
    sqs.list_queues()
    tree.attach(deny("sqs:*"), tree.member.number)
    code, message = refusal(sqs.list_queues)
    assert code == "AccessDenied"
    assert message.startswith(f"User: arn:aws:iam::{tree.member.number}:root is not authorized")


@pytest.mark.spec("organizations-005")
def test_policies_are_inherited_downwards(tree: Tree) -> None:
    other = tree.management.running.account()
    asked = tree.orgs.invite_account_to_organization(Target={"Id": other.number, "Type": "ACCOUNT"})["Handshake"]
    other.client("organizations").accept_handshake(HandshakeId=asked["Id"])
    nested, beside = tree.member.client("sqs"), other.client("sqs")
    of_unit = tree.attach(deny("sqs:*"), tree.outer)
    assert refusal(nested.list_queues)[0] == "AccessDenied"
    beside.list_queues()
    tree.orgs.detach_policy(PolicyId=of_unit, TargetId=tree.outer)
    nested.list_queues()
    tree.orgs.attach_policy(PolicyId=of_unit, TargetId=tree.root)
    assert refusal(nested.list_queues)[0] == refusal(beside.list_queues)[0] == "AccessDenied"
    tree.orgs.detach_policy(PolicyId=of_unit, TargetId=tree.root)
    tree.orgs.attach_policy(PolicyId=of_unit, TargetId=other.number)
    nested.list_queues()
    assert refusal(beside.list_queues)[0] == "AccessDenied"


@pytest.mark.spec("organizations-006")
def test_the_management_account_is_never_limited(tree: Tree) -> None:
    tree.attach(deny("*"), tree.root)
    assert refusal(tree.member.client("sqs").list_queues)[0] == "AccessDenied"
    tree.management.client("sqs").list_queues()
    tree.management.client("iam").list_users()


def test_a_created_account_is_entered_through_its_role(account: Account) -> None:
    orgs = account.client("organizations")
    orgs.create_organization()
    status = orgs.create_account(Email=f"{account.number}-dev@example.com", AccountName="dev")["CreateAccountStatus"]
    account.running.settle()
    status = orgs.describe_create_account_status(CreateAccountRequestId=status["Id"])["CreateAccountStatus"]
    assert status["State"] == "SUCCEEDED"
    arn = f"arn:aws:iam::{status['AccountId']}:role/OrganizationAccountAccessRole"
    held = account.client("sts").assume_role(RoleArn=arn, RoleSessionName="me")["Credentials"]
    inside = account.session(
        aws_access_key_id=held["AccessKeyId"],
        aws_secret_access_key=held["SecretAccessKey"],
        aws_session_token=held["SessionToken"],
    ).client("sqs", endpoint_url=account.running.endpoint)
    assert status["AccountId"] in inside.create_queue(QueueName="q")["QueueUrl"]


def test_errors_carry_their_reasons(account: Account) -> None:
    orgs = account.client("organizations")
    with pytest.raises(orgs.exceptions.AWSOrganizationsNotInUseException):
        orgs.describe_organization()
    orgs.create_organization()
    with pytest.raises(orgs.exceptions.ConstraintViolationException) as caught:
        orgs.close_account(AccountId=account.number)
    assert caught.value.response["Reason"] == "CANNOT_CLOSE_MANAGEMENT_ACCOUNT"
    assert refusal(orgs.describe_account, AccountId="x")[0] == "InvalidInputException"
