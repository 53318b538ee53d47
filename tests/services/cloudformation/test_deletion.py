"""A stack is deleted, or cannot be."""

from __future__ import annotations

from typing import Any

from .conftest import Stacks, queue

BUCKET = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "full-of-things"}}


def test_everything_goes_dependents_first(stacks: Stacks) -> None:
    stacks.deploy({"A": queue("a"), "B": queue("b", needs="A"), "C": queue("c", needs="B")})
    identity = stacks.shown()["StackId"]
    stacks.cfn.delete_stack(stack_name="s")
    assert stacks.settled() == "DELETE_COMPLETE"
    assert [name for name, status in stacks.events() if status == "DELETE_COMPLETE"] == ["C", "B", "A", "s"]
    assert stacks.queues() == []
    assert stacks.cfn.describe_stacks(stack_name=identity)["Stacks"][0]["StackStatus"] == "DELETE_COMPLETE"


def test_a_deleted_stack_is_found_only_by_its_id(stacks: Stacks, refused: Any) -> None:
    stacks.deploy({"A": queue("a")})
    stacks.cfn.delete_stack(stack_name="s")
    stacks.settled()
    refused("ValidationError", "Stack with id s does not exist", stacks.cfn.describe_stacks, stack_name="s")
    assert stacks.cfn.delete_stack(stack_name="s") is None


def test_a_deletion_that_fails_keeps_what_the_failed_resource_needs(stacks: Stacks, refused: Any) -> None:
    stacks.deploy({"A": queue("a"), "B": {**BUCKET, "DependsOn": "A"}, "C": queue("c")})
    stacks.desk.ask("s3").put_object(bucket="full-of-things", key="k", body=b"x")
    words = "only when the stack is in the DELETE_FAILED state"
    refused("ValidationError", words, stacks.cfn.delete_stack, stack_name="s", retain_resources=["B"])
    stacks.cfn.delete_stack(stack_name="s")
    assert stacks.settled() == "DELETE_FAILED"
    assert stacks.shown()["StackStatusReason"] == "The following resource(s) failed to delete: [B]. "
    assert "BucketNotEmpty" in stacks.reason("B", "DELETE_FAILED")
    assert stacks.queues() == ["a"]
    stacks.cfn.delete_stack(stack_name="s", retain_resources=["B"])
    assert stacks.settled() == "DELETE_COMPLETE"
    assert stacks.queues() == []
    assert ("B", "DELETE_SKIPPED") in stacks.events()
    assert [b["Name"] for b in stacks.desk.ask("s3").list_buckets()["Buckets"]] == ["full-of-things"]


def test_a_deletion_that_failed_can_be_tried_again(stacks: Stacks) -> None:
    stacks.deploy({"B": BUCKET})
    s3 = stacks.desk.ask("s3")
    s3.put_object(bucket="full-of-things", key="k", body=b"x")
    stacks.cfn.delete_stack(stack_name="s")
    assert stacks.settled() == "DELETE_FAILED"
    s3.delete_object(bucket="full-of-things", key="k")
    stacks.cfn.delete_stack(stack_name="s")
    assert stacks.settled() == "DELETE_COMPLETE"


def test_what_is_gone_already_is_no_obstacle(stacks: Stacks) -> None:
    stacks.deploy({"A": queue("a")})
    stacks.sqs.delete_queue(queue_url=stacks.physical()["A"])
    stacks.cfn.delete_stack(stack_name="s")
    assert stacks.settled() == "DELETE_COMPLETE"


def test_a_rollback_that_cannot_delete_fails_and_can_be_deleted_later(stacks: Stacks) -> None:
    stacks.role("deployer", "sqs:CreateQueue", "sqs:GetQueueAttributes", "sqs:TagQueue")
    role = f"arn:aws:iam::{stacks.desk.account}:role/deployer"
    bad = {"Type": "AWS::SQS::Queue", "DependsOn": "A", "Properties": {"QueueName": "no name"}}
    assert stacks.deploy({"A": queue("a"), "B": bad}, role_arn=role) == "ROLLBACK_FAILED"
    stacks.grant("deployer", "sqs:*")
    stacks.cfn.delete_stack(stack_name="s")
    assert stacks.settled() == "DELETE_COMPLETE"
    assert stacks.queues() == []


def test_a_protected_stack_is_not_deleted(stacks: Stacks, refused: Any) -> None:
    stacks.deploy({"A": queue("a")}, enable_termination_protection=True)
    words = "Stack [s] cannot be deleted while TerminationProtection is enabled"
    refused("ValidationError", words, stacks.cfn.delete_stack, stack_name="s")
    stacks.cfn.update_termination_protection(stack_name="s", enable_termination_protection=False)
    stacks.cfn.delete_stack(stack_name="s")
    assert stacks.settled() == "DELETE_COMPLETE"
