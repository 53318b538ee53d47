"""Policies: the tree, what is attached where, and what really is denied."""

import json
from typing import Any

import pytest

from skyjar.kernel.errors import AWSError
from skyjar.kernel.principals import Principal, root

MEMBER = "444455556666"
SCP = "SERVICE_CONTROL_POLICY"
RCP = "RESOURCE_CONTROL_POLICY"


def refusal(function: Any, **parameters: Any) -> tuple[str, str]:
    with pytest.raises(AWSError) as caught:
        function(**parameters)
    return caught.value.code, str(caught.value.fields.get("Reason", ""))


def document(effect: str, action: str, **more: Any) -> str:
    return json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": effect, "Action": action, "Resource": "*", **more}]}
    )


class Tree:
    """An organization of one member, in the inner of two units."""

    def __init__(self, desk: Any, *types: str) -> None:
        self.orgs = desk.ask("organizations")
        self.id = self.orgs.create_organization()["Organization"]["Id"]
        self.root = self.orgs.list_roots()["Roots"][0]["Id"]
        self.outer = self.unit(self.root, "outer")
        self.inner = self.unit(self.outer, "inner")
        asked = self.orgs.invite_account_to_organization(target={"Id": MEMBER, "Type": "ACCOUNT"})["Handshake"]
        desk.ask("organizations", root(MEMBER)).accept_handshake(handshake_id=asked["Id"])
        self.orgs.move_account(account_id=MEMBER, source_parent_id=self.root, destination_parent_id=self.inner)
        for policy_type in types:
            self.orgs.enable_policy_type(root_id=self.root, policy_type=policy_type)

    def unit(self, parent: str, name: str) -> str:
        made = self.orgs.create_organizational_unit(parent_id=parent, name=name)["OrganizationalUnit"]
        return str(made["Id"])

    def policy(self, content: str, policy_type: str = SCP, name: str = "p") -> str:
        made = self.orgs.create_policy(content=content, description="", name=name, type=policy_type)["Policy"]
        return str(made["PolicySummary"]["Id"])


def test_a_deny_on_a_unit_reaches_every_account_below_and_its_root_user(desk: Any) -> None:
    tree = Tree(desk, SCP)
    sqs = desk.ask("sqs", root(MEMBER))
    sqs.create_queue(queue_name="a")
    denied = tree.policy(document("Deny", "sqs:*"))
    tree.orgs.attach_policy(policy_id=denied, target_id=tree.outer)
    with pytest.raises(AWSError) as caught:
        sqs.create_queue(queue_name="b")
    assert caught.value.message == (
        f"User: arn:aws:iam::{MEMBER}:root is not authorized to perform: sqs:CreateQueue on resource: "
        f"arn:aws:sqs:us-east-1:{MEMBER}:b with an explicit deny in a service control policy"
    )
    desk.ask("ssm", root(MEMBER)).describe_parameters()
    tree.orgs.move_account(account_id=MEMBER, source_parent_id=tree.inner, destination_parent_id=tree.root)
    sqs.create_queue(queue_name="b")
    tree.orgs.attach_policy(policy_id=denied, target_id=tree.root)
    desk.ask("sqs").create_queue(queue_name="of the management account".replace(" ", "-"))
    assert refusal(sqs.create_queue, queue_name="c")[0] == "AccessDenied"
    tree.orgs.disable_policy_type(root_id=tree.root, policy_type=SCP)
    sqs.create_queue(queue_name="c")


def test_every_level_must_allow(desk: Any) -> None:
    tree = Tree(desk, SCP)
    sqs, ssm = desk.ask("sqs", root(MEMBER)), desk.ask("ssm", root(MEMBER))
    only = tree.policy(document("Allow", "sqs:*"))
    tree.orgs.attach_policy(policy_id=only, target_id=tree.inner)
    ssm.describe_parameters()
    tree.orgs.detach_policy(policy_id="p-FullAWSAccess", target_id=tree.inner)
    sqs.create_queue(queue_name="a")
    assert refusal(ssm.describe_parameters)[0] == "AccessDeniedException"
    assert refusal(tree.orgs.detach_policy, policy_id=only, target_id=tree.inner) == (
        "ConstraintViolationException",
        "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
    )
    tree.orgs.update_policy(policy_id=only, content=document("Allow", "ssm:*"))
    ssm.describe_parameters()
    assert refusal(sqs.create_queue, queue_name="b")[0] == "AccessDenied"


def test_roles_of_services_are_exempt(desk: Any) -> None:
    tree = Tree(desk, SCP)
    tree.orgs.attach_policy(policy_id=tree.policy(document("Deny", "*")), target_id=MEMBER)
    sqs = desk.ask("sqs", root(MEMBER))
    assert refusal(sqs.list_queues)[0] == "AccessDenied"
    linked = Principal(
        kind="role",
        account=MEMBER,
        arn=f"arn:aws:sts::{MEMBER}:assumed-role/AWSServiceRoleForX/s",
        name="AWSServiceRoleForX",
        path="/aws-service-role/x.amazonaws.com/",
    )
    with pytest.raises(AWSError) as caught:
        desk.ask("sqs", linked).list_queues()
    assert "service control policy" not in caught.value.message  # it has no policy of its own here


def test_a_resource_control_policy_binds_whoever_comes(desk: Any) -> None:
    tree = Tree(desk, RCP)
    s3 = desk.ask("s3", root(MEMBER))
    s3.create_bucket(bucket="held")
    stranger = {"AWS": f"arn:aws:iam::{desk.account}:root"}
    statement = {"Effect": "Allow", "Principal": stranger, "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::held"}
    s3.put_bucket_policy(bucket="held", policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    outside = desk.ask("s3")
    assert outside.list_objects_v2(bucket="held")["KeyCount"] == 0
    perimeter = document(
        "Deny", "s3:*", Principal="*", Condition={"StringNotEqualsIfExists": {"aws:PrincipalAccount": MEMBER}}
    )
    attached = tree.policy(perimeter, RCP)
    tree.orgs.attach_policy(policy_id=attached, target_id=MEMBER)
    with pytest.raises(AWSError) as caught:
        outside.list_objects_v2(bucket="held")
    assert caught.value.message.endswith("with an explicit deny in a resource control policy")
    s3.list_objects_v2(bucket="held")
    assert refusal(tree.orgs.detach_policy, policy_id="p-RCPFullAWSAccess", target_id=MEMBER)[1] == (
        "NON_DETACHABLE_POLICY"
    )


def test_membership_is_a_condition(desk: Any) -> None:
    tree = Tree(desk)
    url = desk.ask("sqs").create_queue(queue_name="q")["QueueUrl"]
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "sqs:SendMessage",
        "Resource": "*",
        "Condition": {
            "StringEquals": {"aws:PrincipalOrgID": tree.id, "aws:ResourceOrgID": "${aws:PrincipalOrgID}"},
            "ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": f"{tree.id}/{tree.root}/{tree.outer}/*"},
        },
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    desk.ask("sqs").set_queue_attributes(queue_url=url, attributes={"Policy": policy})
    desk.ask("sqs", root(MEMBER)).send_message(queue_url=url, message_body="x")
    stranger = desk.ask("sqs", root("999999999999"))
    assert refusal(stranger.send_message, queue_url=url, message_body="x")[0] == "AccessDenied"
    tree.orgs.move_account(account_id=MEMBER, source_parent_id=tree.inner, destination_parent_id=tree.root)
    assert refusal(desk.ask("sqs", root(MEMBER)).send_message, queue_url=url, message_body="x")[0] == "AccessDenied"


def test_the_resource_policy_delegates(desk: Any) -> None:
    tree = Tree(desk, SCP)
    member = desk.ask("organizations", root(MEMBER))
    assert refusal(member.describe_policy, policy_id="p-FullAWSAccess")[0] == "AccessDeniedException"
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{MEMBER}:root"},
        "Action": ["organizations:CreatePolicy", "organizations:ListAccounts"],
        "Resource": "*",
        "Condition": {"StringLikeIfExists": {"organizations:PolicyType": [SCP]}},
    }
    content = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    tree.orgs.put_resource_policy(content=content)
    assert len(member.list_accounts()["Accounts"]) == 2
    tags = '{"tags":{}}'
    assert member.create_policy(content=document("Deny", "s3:*"), description="", name="x", type=SCP)
    assert refusal(member.create_policy, content=tags, description="", name="y", type="TAG_POLICY")[0] == (
        "AccessDeniedException"
    )
    assert refusal(member.describe_policy, policy_id="p-FullAWSAccess")[0] == "AccessDeniedException"
    more = content.replace("ListAccounts", "CloseAccount")
    assert refusal(tree.orgs.put_resource_policy, content=more)[1] == "UNSUPPORTED_ACTION_IN_RESOURCE_POLICY"
    tree.orgs.delete_resource_policy()
    assert refusal(tree.orgs.describe_resource_policy)[0] == "ResourcePolicyNotFoundException"
    assert refusal(member.list_accounts)[0] == "AccessDeniedException"


def test_policies_that_aws_would_refuse(desk: Any) -> None:
    tree = Tree(desk, SCP)
    create = tree.orgs.create_policy
    given = {"description": "", "name": "n"}
    for content, policy_type in (
        ("{", SCP),
        (document("Allow", "s3:*", Principal="*"), SCP),
        (document("Allow", "s3:*", Principal="*"), RCP),
        ('{"tags":{"a":{"tag_key":"A"}}}', "TAG_POLICY"),
        ('{"plans":{}}', "TAG_POLICY"),
        ('{"tags":{"a":{"tag_key":{"@@set":"A"}}}}', "TAG_POLICY"),
    ):
        assert refusal(create, content=content, type=policy_type, **given)[0] == "MalformedPolicyDocumentException"
    long = document("Deny", "s3:*", Sid="x" * 5_200)
    assert refusal(create, content=long, type=SCP, **given)[1] == "POLICY_CONTENT_LIMIT_EXCEEDED"
    policy = tree.policy(document("Deny", "s3:*"))
    assert refusal(create, content=document("Deny", "s3:*"), type=SCP, description="", name="p")[0] == (
        "DuplicatePolicyException"
    )
    assert refusal(tree.orgs.update_policy, policy_id="p-FullAWSAccess", name="x")[1] == "IMMUTABLE_POLICY"
    tree.orgs.attach_policy(policy_id=policy, target_id=tree.root)
    assert refusal(tree.orgs.attach_policy, policy_id=policy, target_id=tree.root)[0] == (
        "DuplicatePolicyAttachmentException"
    )
    assert refusal(tree.orgs.delete_policy, policy_id=policy)[0] == "PolicyInUseException"
    for number in range(3):
        tree.orgs.attach_policy(policy_id=tree.policy(document("Deny", "s3:*"), name=f"{number}"), target_id=tree.root)
    sixth = tree.policy(document("Deny", "s3:*"), name="six")
    assert refusal(tree.orgs.attach_policy, policy_id=sixth, target_id=tree.root)[1] == (
        "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED"
    )
    assert refusal(tree.orgs.detach_policy, policy_id=sixth, target_id=tree.root)[0] == "PolicyNotAttachedException"


def test_five_levels_of_units(desk: Any) -> None:
    tree = Tree(desk)
    parent = tree.inner
    for level in range(3):
        parent = tree.unit(parent, f"level {level}")
    deeper = tree.orgs.create_organizational_unit
    assert refusal(deeper, parent_id=parent, name="six")[1] == "OU_DEPTH_LIMIT_EXCEEDED"
    assert refusal(deeper, parent_id=tree.root, name="outer")[0] == "DuplicateOrganizationalUnitException"
    assert refusal(tree.orgs.delete_organizational_unit, organizational_unit_id=tree.outer)[0] == (
        "OrganizationalUnitNotEmptyException"
    )
    assert tree.orgs.list_parents(child_id=MEMBER)["Parents"] == [{"Id": tree.inner, "Type": "ORGANIZATIONAL_UNIT"}]
    assert tree.orgs.list_children(parent_id=tree.inner, child_type="ACCOUNT")["Children"] == [
        {"Id": MEMBER, "Type": "ACCOUNT"}
    ]


def test_management_policies_add_up(desk: Any) -> None:
    tree = Tree(desk, "TAG_POLICY")
    describe = desk.ask("organizations", root(MEMBER)).describe_effective_policy
    assert refusal(describe, policy_type="TAG_POLICY")[0] == "EffectivePolicyNotFoundException"
    above = {
        "tags": {
            "cost": {
                "tag_key": {"@@assign": "Cost", "@@operators_allowed_for_child_policies": ["@@none"]},
                "tag_value": {"@@assign": ["1", "2"]},
            }
        }
    }
    below = {"tags": {"cost": {"tag_key": {"@@assign": "COST"}, "tag_value": {"@@append": ["3"], "@@remove": ["1"]}}}}
    for target, content in ((tree.root, above), (tree.inner, below)):
        policy = tree.policy(json.dumps(content), "TAG_POLICY", target)
        tree.orgs.attach_policy(policy_id=policy, target_id=target)
    effective = describe(policy_type="TAG_POLICY")["EffectivePolicy"]
    assert json.loads(effective["PolicyContent"]) == {"tags": {"cost": {"tag_key": "Cost", "tag_value": ["2", "3"]}}}
    assert refusal(describe, policy_type="TAG_POLICY", target_id=desk.account)[0] == "AccessDeniedException"
