"""Who acts: the caller, or the stack's service role."""

from __future__ import annotations

from typing import Any

from .conftest import PARAMETER, Stacks, document, queue


def test_a_role_acts_with_its_own_permissions_only(stacks: Stacks) -> None:
    """The caller is root and may do everything; the role may not create queues."""
    role = stacks.role("deployer", "ssm:*")
    resources = {"P": {"Type": PARAMETER, "Properties": {"Type": "String", "Value": "v"}}, "Q": queue("q", needs="P")}
    assert stacks.deploy(resources, role_arn=role) == "ROLLBACK_COMPLETE"
    assert ("P", "CREATE_COMPLETE") in stacks.events()
    reason = stacks.reason("Q", "CREATE_FAILED")
    assert "assumed-role/deployer/AWSCloudFormation is not authorized to perform: sqs:CreateQueue" in reason
    assert "HandlerErrorCode: AccessDenied" in reason
    assert stacks.queues() == []


def test_a_role_that_cloudformation_may_not_assume_is_refused(stacks: Stacks, refused: Any) -> None:
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
    role = stacks.iam.create_role(role_name="r", assume_role_policy_document=document(trust))["Role"]["Arn"]
    refused("ValidationError", "is invalid or cannot be assumed", stacks.deploy, {"Q": queue("q")}, role_arn=role)


def test_handing_over_a_role_needs_pass_role(desk: Any, stacks: Stacks, refused: Any) -> None:
    role = stacks.role("deployer", "sqs:*")
    body = stacks.template({"Q": queue("q")})
    without = desk.ask("cloudformation", stacks.user("a", "cloudformation:*"))
    refused("AccessDenied", "iam:PassRole", without.create_stack, stack_name="s", template_body=body, role_arn=role)
    allowed = desk.ask("cloudformation", stacks.user("b", "cloudformation:*", "iam:PassRole"))
    allowed.create_stack(stack_name="s", template_body=body, role_arn=role)
    assert stacks.settled() == "CREATE_COMPLETE"
    allowed.delete_stack(stack_name="s")
    assert stacks.settled() == "DELETE_COMPLETE"


def test_without_a_role_the_caller_acts(desk: Any, stacks: Stacks) -> None:
    user = stacks.user("u", "cloudformation:*")
    desk.ask("cloudformation", user).create_stack(stack_name="s", template_body=stacks.template({"Q": queue("q")}))
    assert stacks.settled() == "ROLLBACK_COMPLETE"
    assert "user/u is not authorized to perform: sqs:CreateQueue" in stacks.reason("Q", "CREATE_FAILED")
