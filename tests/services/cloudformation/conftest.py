"""A stack called s, deployed at a desk from templates of plain dictionaries."""

from __future__ import annotations

import json
from typing import Any

import pytest

from skyjar.kernel.errors import AWSError
from skyjar.kernel.principals import Principal

QUEUE = "AWS::SQS::Queue"
PARAMETER = "AWS::SSM::Parameter"


class Stacks:
    """`deploy(resources)` creates or updates the stack and settles; `status` is what it ends in."""

    def __init__(self, desk: Any) -> None:
        self.desk = desk
        self.cfn = desk.ask("cloudformation")
        self.sqs, self.ssm, self.iam = desk.ask("sqs"), desk.ask("ssm"), desk.ask("iam")

    def template(self, resources: dict[str, Any], **sections: Any) -> str:
        return json.dumps({"Resources": resources, **sections})

    def deploy(self, resources: dict[str, Any], *, settles: bool = True, name: str = "s", **others: Any) -> str:
        sections = {key: others.pop(key) for key in list(others) if key[0].isupper()}
        exists = any(each["StackName"] == name for each in self.cfn.describe_stacks()["Stacks"])
        operation = self.cfn.update_stack if exists else self.cfn.create_stack
        operation(stack_name=name, template_body=self.template(resources, **sections), **others)
        return self.settled(name) if settles else ""

    def settled(self, name: str = "s") -> str:
        self.desk.settle()
        return self.shown(name)["StackStatus"]

    def shown(self, name: str = "s") -> dict[str, Any]:
        found: dict[str, Any] = self.cfn.list_stacks()["StackSummaries"]
        stacks = [each for each in found if each["StackName"] == name]
        stack = next((each for each in stacks if each["StackStatus"] != "DELETE_COMPLETE"), stacks[0])
        return self.cfn.describe_stacks(stack_name=stack["StackId"])["Stacks"][0]

    def events(self, name: str = "s") -> list[tuple[str, str]]:
        """(logical id, status), oldest first."""
        found = self.cfn.describe_stack_events(stack_name=self.shown(name)["StackId"])["StackEvents"]
        return [(each["LogicalResourceId"], each["ResourceStatus"]) for each in reversed(found)]

    def reason(self, logical_id: str, status: str, name: str = "s") -> str:
        found = self.cfn.describe_stack_events(stack_name=self.shown(name)["StackId"])["StackEvents"]
        return next(
            each.get("ResourceStatusReason", "")
            for each in found
            if (each["LogicalResourceId"], each["ResourceStatus"]) == (logical_id, status)
        )

    def physical(self, name: str = "s") -> dict[str, str]:
        rows = self.cfn.describe_stack_resources(stack_name=name)["StackResources"]
        return {row["LogicalResourceId"]: row.get("PhysicalResourceId", "") for row in rows}

    def queues(self) -> list[str]:
        return sorted(url.rpartition("/")[2] for url in self.sqs.list_queues().get("QueueUrls", []))

    def attribute(self, queue: str, name: str) -> str:
        url = self.sqs.get_queue_url(queue_name=queue)["QueueUrl"]
        return self.sqs.get_queue_attributes(queue_url=url, attribute_names=[name])["Attributes"][name]

    def role(self, name: str, *actions: str) -> str:
        """A role that CloudFormation may assume."""
        trust = {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"Service": "cloudformation.amazonaws.com"},
        }
        made = self.iam.create_role(role_name=name, assume_role_policy_document=document(trust))
        if actions:
            self.grant(name, *actions)
        return made["Role"]["Arn"]

    def grant(self, role: str, *actions: str) -> None:
        policy = document({"Effect": "Allow", "Action": list(actions), "Resource": "*"})
        self.iam.put_role_policy(role_name=role, policy_name="p", policy_document=policy)

    def user(self, name: str, *actions: str) -> Principal:
        made = self.iam.create_user(user_name=name)["User"]
        policy = document({"Effect": "Allow", "Action": list(actions), "Resource": "*"})
        self.iam.put_user_policy(user_name=name, policy_name="p", policy_document=policy)
        return Principal(kind="user", account=self.desk.account, arn=made["Arn"], id=made["UserId"], name=name)


def document(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def queue(name: str = "", **others: Any) -> dict[str, Any]:
    """A queue; capitalised keywords are properties, others (`policy`, `needs`, …) are attributes of the resource."""
    keys = {"policy": "DeletionPolicy", "replaced": "UpdateReplacePolicy", "needs": "DependsOn", "when": "Condition"}
    properties = {key: value for key, value in others.items() if key not in keys}
    if name:
        properties["QueueName"] = name
    attributes = {keys[key]: value for key, value in others.items() if key in keys}
    return {"Type": QUEUE, **attributes, "Properties": properties}


def impossible(*needs: str) -> dict[str, Any]:
    """A resource that cannot be made: its name is not one."""
    return {"Type": QUEUE, "DependsOn": list(needs), "Properties": {"QueueName": "no name"}}


@pytest.fixture
def stacks(desk: Any) -> Stacks:
    return Stacks(desk)


@pytest.fixture
def refused() -> Any:
    def check(code: str, words: str, run: Any, /, *args: Any, **kwargs: Any) -> AWSError:
        with pytest.raises(AWSError) as caught:
            run(*args, **kwargs)
        assert (caught.value.code, words in caught.value.message) == (code, True), caught.value.message
        return caught.value

    return check
