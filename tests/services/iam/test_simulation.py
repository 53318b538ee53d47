"""The policy simulator."""

import json
from typing import Any

import pytest

from skyjar.kernel.errors import AWSError
from skyjar.kernel.principals import root


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def entry(key: str, *values: str, kind: str = "string") -> dict[str, Any]:
    return {"ContextKeyName": key, "ContextKeyValues": list(values), "ContextKeyType": kind}


def decisions(desk: Any, policy: str, *actions: str, **parameters: Any) -> list[str]:
    found = desk.ask("iam").simulate_custom_policy(policy_input_list=[policy], action_names=list(actions), **parameters)
    return [result["EvalDecision"] for result in found["EvaluationResults"]]


WINDOW = document(
    {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "*"},
    {
        "Effect": "Deny",
        "Action": "s3:GetObject",
        "Resource": "*",
        "Condition": {
            "DateGreaterThan": {"aws:CurrentTime": "2020-12-01T00:00:00Z"},
            "DateLessThan": {"aws:CurrentTime": "2020-12-25T06:00:00Z"},
        },
    },
)


@pytest.mark.spec("iam-020", "iam-021")
def test_a_dated_deny_holds_only_inside_its_window(desk: Any) -> None:
    actions = ("s3:PutObject", "s3:GetObject", "s3:DeleteObject")
    for at, got in (
        ("2020-12-10", "explicitDeny"),
        ("2020-11-30", "allowed"),
        ("2020-12-25T07:00Z", "allowed"),
    ):
        context = [entry("aws:CurrentTime", at, kind="date")]
        assert decisions(desk, WINDOW, *actions, context_entries=context) == ["allowed", got, "implicitDeny"]


@pytest.mark.spec("iam-022")
def test_not_action_spares_global_services(desk: Any) -> None:
    policy = document(
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {
            "Effect": "Deny",
            "NotAction": ["iam:*", "route53:*", "cloudfront:*", "support:*"],
            "Resource": "*",
            "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["eu-west-1"]}},
        },
    )
    actions = ("ec2:RunInstances", "iam:CreateUser")
    here = decisions(desk, policy, *actions, context_entries=[entry("aws:RequestedRegion", "us-east-1")])
    there = decisions(desk, policy, *actions, context_entries=[entry("aws:RequestedRegion", "eu-west-1")])
    assert (here, there) == (["explicitDeny", "allowed"], ["allowed", "allowed"])


@pytest.mark.spec("iam-023")
def test_several_values_are_or_and_for_a_negated_operator_nor(desk: Any) -> None:
    regions = ["eu-west-1", "eu-west-2"]
    negated = document(
        {
            "Effect": "Allow",
            "Action": "*",
            "Resource": "*",
            "Condition": {"StringNotEquals": {"aws:RequestedRegion": regions}},
        }
    )
    positive = document(
        {
            "Effect": "Allow",
            "Action": "*",
            "Resource": "*",
            "Condition": {"StringLike": {"s3:prefix": ["home/*", "public/*"]}},
        }
    )
    for region, got in (("eu-west-1", "implicitDeny"), ("eu-west-2", "implicitDeny"), ("us-east-1", "allowed")):
        context = [entry("aws:RequestedRegion", region)]
        assert decisions(desk, negated, "ec2:RunInstances", context_entries=context) == [got]
    for prefix, got in (("home/a", "allowed"), ("public/a", "allowed"), ("other/a", "implicitDeny")):
        assert decisions(desk, positive, "s3:ListBucket", context_entries=[entry("s3:prefix", prefix)]) == [got]


@pytest.mark.spec("iam-041")
def test_the_keys_that_a_policy_asks_for_are_listed_and_missed(desk: Any) -> None:
    found = desk.ask("iam").get_context_keys_for_custom_policy(policy_input_list=[WINDOW])
    assert found == {"ContextKeyNames": ["aws:CurrentTime"]}
    result = desk.ask("iam").simulate_custom_policy(policy_input_list=[WINDOW], action_names=["s3:GetObject"])
    assert result["EvaluationResults"][0]["MissingContextValues"] == ["aws:currenttime"]


@pytest.mark.spec("iam-040")
def test_a_principal_is_simulated_with_what_it_has_and_organizations_limit_it(desk: Any) -> None:
    iam = desk.ask("iam")
    arn = iam.create_user(user_name="ann")["User"]["Arn"]
    everything = document({"Effect": "Allow", "Action": "*", "Resource": "*"})
    sqs_only = document({"Effect": "Allow", "Action": "sqs:*", "Resource": "*"})
    iam.put_user_policy(user_name="ann", policy_name="q", policy_document=sqs_only)
    found = iam.simulate_principal_policy(policy_source_arn=arn, action_names=["sqs:SendMessage", "s3:GetObject"])
    assert [each["EvalDecision"] for each in found["EvaluationResults"]] == ["allowed", "implicitDeny"]
    assert found["EvaluationResults"][0]["MatchedStatements"] == [
        {"SourcePolicyId": "user ann, inline policy q", "SourcePolicyType": "user"}
    ]
    levels = [{"ServiceControlPolicyInputList": [sqs_only]}]
    limited = iam.simulate_custom_policy(
        policy_input_list=[everything],
        action_names=["sqs:SendMessage", "s3:GetObject"],
        ordered_organization_policy_input_list=levels,
    )["EvaluationResults"]
    assert [each["EvalDecision"] for each in limited] == ["allowed", "implicitDeny"]
    assert [each["OrganizationsDecisionDetail"]["AllowedByOrganizations"] for each in limited] == [True, False]


def test_a_principal_is_simulated_within_its_own_organization(desk: Any) -> None:
    orgs, member = desk.ask("organizations"), root("444455556666")
    orgs.create_organization()
    home = orgs.list_roots()["Roots"][0]["Id"]
    orgs.enable_policy_type(root_id=home, policy_type="SERVICE_CONTROL_POLICY")
    asked = orgs.invite_account_to_organization(target={"Id": member.account, "Type": "ACCOUNT"})["Handshake"]
    desk.ask("organizations", member).accept_handshake(handshake_id=asked["Id"])
    iam = desk.ask("iam", member)
    arn = iam.create_user(user_name="ann")["User"]["Arn"]
    everything = document({"Effect": "Allow", "Action": "*", "Resource": "*"})
    iam.put_user_policy(user_name="ann", policy_name="p", policy_document=everything)

    def simulated() -> tuple[str, bool]:
        (found,) = iam.simulate_principal_policy(policy_source_arn=arn, action_names=["s3:GetObject"])[
            "EvaluationResults"
        ]
        return found["EvalDecision"], found["OrganizationsDecisionDetail"]["AllowedByOrganizations"]

    assert simulated() == ("allowed", True)
    denied = document({"Effect": "Deny", "Action": "s3:*", "Resource": "*"})
    made = orgs.create_policy(name="p", type="SERVICE_CONTROL_POLICY", content=denied, description="")["Policy"]
    orgs.attach_policy(policy_id=made["PolicySummary"]["Id"], target_id=member.account)
    assert simulated() == ("explicitDeny", False)


def test_policies_can_be_left_out_of_a_simulation(desk: Any) -> None:
    iam = desk.ask("iam")
    sqs = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}]}
    text = json.dumps(sqs)
    iam.create_user(user_name="ann")
    iam.create_group(group_name="g")
    iam.add_user_to_group(group_name="g", user_name="ann")
    iam.put_user_policy(user_name="ann", policy_name="own", policy_document=text)
    shared = iam.create_policy(policy_name="shared", policy_document=text)["Policy"]["Arn"]
    iam.attach_group_policy(group_name="g", policy_arn=shared)
    user = iam.get_user(user_name="ann")["User"]["Arn"]

    def decision(*left_out: dict[str, Any]) -> str:
        (found,) = iam.simulate_principal_policy(
            policy_source_arn=user, action_names=["sqs:ListQueues"], policy_exclusion_list=list(left_out)
        )["EvaluationResults"]
        result: str = found["EvalDecision"]
        return result

    inline = {"PolicyName": "own", "AttachmentType": "user", "AttachmentName": "a*"}
    assert decision() == "allowed"
    assert decision({"PolicyType": "inline"}) == "allowed"
    assert decision({"PolicyType": "inline"}, {"PolicyType": "user-managed"}) == "implicitDeny"
    assert decision({"InlinePolicyIdentifier": inline}, {"PolicyArn": shared[:-3] + "?*"}) == "implicitDeny"
    assert decision({"InlinePolicyIdentifier": {**inline, "AttachmentName": "b*"}}, {"PolicyArn": shared}) == "allowed"
    assert decision({"PolicyType": "aws-managed"}, {"PolicyType": "scp"}) == "allowed"
    nothing = json.dumps(sqs).replace("sqs", "s3")
    boundary = iam.create_policy(policy_name="boundary", policy_document=nothing)["Policy"]["Arn"]
    iam.put_user_permissions_boundary(user_name="ann", permissions_boundary=boundary)
    assert decision() == "implicitDeny"
    assert decision({"PolicyType": "permission-boundary"}) == "allowed"
    for wrong in ({"PolicyArn": "arn:aws:iam::*:policy/shared"}, {"PolicyArn": shared + "**"}, {}):
        with pytest.raises(AWSError, match=r"Invalid policy ARN|At most one|Exactly one"):
            decision(wrong)
