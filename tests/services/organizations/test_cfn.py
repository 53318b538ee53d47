"""AWS::Organizations::* in a stack of the management account."""

import json
from typing import Any

import pytest

from skyjar.kernel.errors import AWSError
from skyjar.kernel.principals import root


def deploy(desk: Any, resources: dict[str, Any], *, again: bool = False) -> dict[str, str]:
    cfn = desk.ask("cloudformation")
    outputs = {name: {"Value": {"Ref": name}} for name in resources}
    body = json.dumps({"Resources": resources, "Outputs": outputs})
    (cfn.update_stack if again else cfn.create_stack)(stack_name="s", template_body=body)
    desk.settle()
    stack = cfn.describe_stacks(stack_name="s")["Stacks"][0]
    assert stack["StackStatus"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE"), [
        (event.get("LogicalResourceId"), event.get("ResourceStatusReason"))
        for event in cfn.describe_stack_events(stack_name="s")["StackEvents"]
    ]
    return {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}


def of(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": f"AWS::Organizations::{kind}", "Properties": properties}


def test_an_organization_in_a_stack(desk: Any) -> None:
    orgs = desk.ask("organizations")
    first = {
        "Organization": of("Organization"),
        "Unit": of("OrganizationalUnit", Name="dev", ParentId={"Fn::GetAtt": ["Organization", "RootId"]}),
        "Account": of("Account", AccountName="a", Email="a@example.com", ParentIds=[{"Ref": "Unit"}]),
    }
    made = deploy(desk, first)
    assert orgs.list_parents(child_id=made["Account"])["Parents"][0]["Id"] == made["Unit"]
    home = orgs.list_roots()["Roots"][0]["Id"]
    orgs.enable_policy_type(root_id=home, policy_type="SERVICE_CONTROL_POLICY")
    content = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "sqs:*", "Resource": "*"}]}
    policy = of(
        "Policy", Name="p", Type="SERVICE_CONTROL_POLICY", Content=content, TargetIds=[{"Ref": "Unit"}],
        Tags=[{"Key": "a", "Value": "1"}],
    )  # fmt: skip
    grown = {**first, "Policy": policy}
    made = deploy(desk, grown, again=True)
    member = desk.ask("sqs", root(made["Account"]))
    with pytest.raises(AWSError):
        member.list_queues()
    assert orgs.list_tags_for_resource(resource_id=made["Policy"])["Tags"] == [{"Key": "a", "Value": "1"}]
    policy["Properties"] |= {"TargetIds": [], "Tags": []}
    grown["Account"]["Properties"]["ParentIds"] = [home]
    deploy(desk, grown, again=True)
    member.list_queues()
    assert orgs.list_parents(child_id=made["Account"])["Parents"][0]["Id"] == home
    del grown["Account"]
    deploy(desk, grown, again=True)
    assert orgs.describe_account(account_id=made["Account"])["Account"]["Status"] == "SUSPENDED"


def test_an_account_that_cannot_be_made_fails_the_stack(desk: Any) -> None:
    desk.ask("organizations").create_organization()
    desk.ask("organizations").create_account(email="a@example.com", account_name="a")
    desk.settle()
    body = json.dumps({"Resources": {"Account": of("Account", AccountName="b", Email="a@example.com")}})
    desk.ask("cloudformation").create_stack(stack_name="s", template_body=body)
    desk.settle()
    events = desk.ask("cloudformation").describe_stack_events(stack_name="s")["StackEvents"]
    assert any("EMAIL_ALREADY_EXISTS" in each.get("ResourceStatusReason", "") for each in events)
    assert len(desk.ask("organizations").list_accounts()["Accounts"]) == 2
