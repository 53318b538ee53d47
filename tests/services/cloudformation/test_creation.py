"""A stack is created, or rolled back."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from skyjar.pipeline.pipeline import Pipeline

from .conftest import PARAMETER, Stacks, impossible, queue


def test_resources_are_made_in_the_order_of_their_needs(stacks: Stacks) -> None:
    status = stacks.deploy(
        {
            "Third": queue(needs="Second"),
            "Second": {"Type": PARAMETER, "Properties": {"Type": "String", "Value": {"Fn::GetAtt": "First.Arn"}}},
            "First": queue("first"),
        }
    )
    assert status == "CREATE_COMPLETE"
    done = [name for name, status in stacks.events() if status == "CREATE_COMPLETE"]
    assert done == ["First", "Second", "Third", "s"]
    begun = [name for name, status in stacks.events() if status == "CREATE_IN_PROGRESS"]
    assert begun == ["s", "First", "First", "Second", "Second", "Third", "Third"]
    events = stacks.events()
    assert events.index(("Second", "CREATE_IN_PROGRESS")) > events.index(("First", "CREATE_COMPLETE"))
    value = stacks.ssm.get_parameter(name=stacks.physical()["Second"])["Parameter"]["Value"]
    assert value == f"arn:aws:sqs:us-east-1:{stacks.desk.account}:first"


def test_a_failure_takes_back_what_was_made(stacks: Stacks) -> None:
    assert stacks.deploy({"A": queue("a"), "B": impossible("A")}) == "ROLLBACK_COMPLETE"
    assert stacks.queues() == []
    events = stacks.events()
    assert [status for name, status in events if name == "s"] == [
        "CREATE_IN_PROGRESS",
        "ROLLBACK_IN_PROGRESS",
        "ROLLBACK_COMPLETE",
    ]
    assert [status for name, status in events if name == "B"] == ["CREATE_IN_PROGRESS", "CREATE_FAILED"]
    assert [status for name, status in events if name == "A"][-2:] == ["DELETE_IN_PROGRESS", "DELETE_COMPLETE"]
    reason = stacks.reason("s", "ROLLBACK_IN_PROGRESS")
    assert reason == "The following resource(s) failed to create: [B]. Rollback requested by user."
    assert "Can only include alphanumeric characters" in stacks.reason("B", "CREATE_FAILED")


def test_a_rolled_back_stack_can_only_be_deleted(stacks: Stacks, refused: Any) -> None:
    stacks.deploy({"B": impossible()})
    words = "is in ROLLBACK_COMPLETE state and can not be updated."
    refused(
        "ValidationError", words, stacks.cfn.update_stack, stack_name="s", template_body=stacks.template({"A": queue()})
    )
    stacks.cfn.delete_stack(stack_name="s")
    assert stacks.settled() == "DELETE_COMPLETE"
    assert stacks.deploy({"A": queue()}) == "CREATE_COMPLETE"


@pytest.mark.parametrize("how", [{"disable_rollback": True}, {"on_failure": "DO_NOTHING"}])
def test_without_rollback_what_was_made_stays(stacks: Stacks, how: dict[str, Any]) -> None:
    assert stacks.deploy({"A": queue("a"), "B": impossible("A")}, **how) == "CREATE_FAILED"
    assert stacks.queues() == ["a"]
    rows = {
        r["LogicalResourceId"]: r["ResourceStatus"]
        for r in stacks.cfn.describe_stack_resources(stack_name="s")["StackResources"]
    }
    assert rows == {"A": "CREATE_COMPLETE", "B": "CREATE_FAILED"}


def test_on_failure_delete_leaves_nothing(stacks: Stacks) -> None:
    assert stacks.deploy({"A": queue("a"), "B": impossible("A")}, on_failure="DELETE") == "DELETE_COMPLETE"
    assert stacks.queues() == []
    assert stacks.cfn.describe_stacks()["Stacks"] == []


def test_a_stack_that_failed_without_rollback_can_be_mended(stacks: Stacks) -> None:
    stacks.deploy({"A": queue("a"), "B": impossible("A")}, disable_rollback=True)
    assert stacks.deploy({"A": queue("a"), "B": queue("b", needs="A")}) == "UPDATE_COMPLETE"
    assert stacks.queues() == ["a", "b"]


def test_a_stack_that_failed_without_rollback_can_be_rolled_back_later(stacks: Stacks) -> None:
    stacks.deploy({"A": queue("a"), "B": impossible("A")}, disable_rollback=True)
    stacks.cfn.rollback_stack(stack_name="s")
    assert stacks.settled() == "ROLLBACK_COMPLETE"
    assert stacks.queues() == []


def test_a_creation_that_is_deleted_stops_and_goes(stacks: Stacks) -> None:
    stacks.deploy({"A": queue("a"), "B": queue("b", needs="A")}, settles=False)
    stacks.cfn.delete_stack(stack_name="s")
    assert stacks.settled() == "DELETE_COMPLETE"
    assert stacks.queues() == []


def test_a_property_that_is_not_handled_fails_the_resource_by_name(stacks: Stacks) -> None:
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"MetadataConfiguration": {"JournalTableConfiguration": {}}}}
    assert stacks.deploy({"B": bucket}) == "ROLLBACK_COMPLETE"
    assert (
        stacks.reason("B", "CREATE_FAILED")
        == "Skyjar does not implement the property MetadataConfiguration of AWS::S3::Bucket."
    )


def test_a_property_that_does_not_exist_fails_the_resource(stacks: Stacks) -> None:
    assert stacks.deploy({"A": queue(CodeUri="x")}) == "ROLLBACK_COMPLETE"
    assert stacks.reason("A", "CREATE_FAILED") == "Encountered unsupported property CodeUri"


def test_unknown_types_are_refused_before_anything_is_made(stacks: Stacks, refused: Any) -> None:
    def create(kind: str) -> None:
        stacks.deploy({"X": {"Type": kind}})

    refused(
        "ValidationError",
        "Template format error: Unrecognized resource types: [AWS::No::Such]",
        create,
        "AWS::No::Such",
    )
    refused("NotImplemented", "does not implement the resource types [AWS::EC2::VPC]", create, "AWS::EC2::VPC")
    assert stacks.cfn.describe_stacks()["Stacks"] == []


def test_a_generated_name_says_where_it_comes_from(stacks: Stacks) -> None:
    stacks.deploy({"Jobs": queue()})
    (name,) = stacks.queues()
    assert name.startswith("s-Jobs-")
    assert len(name) == len("s-Jobs-") + 12


def test_a_fixed_name_can_be_used_once(stacks: Stacks) -> None:
    group = {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/g"}}
    assert stacks.deploy({"G": group}) == "CREATE_COMPLETE"
    assert stacks.deploy({"G": group}, name="other") == "ROLLBACK_COMPLETE"
    assert "AlreadyExists" in stacks.reason("G", "CREATE_FAILED", "other")
    logs = stacks.desk.ask("logs").describe_log_groups()["logGroups"]
    assert [each["logGroupName"] for each in logs] == ["/g"]


def test_the_tags_of_the_stack_are_on_its_resources_and_follow_it(stacks: Stacks) -> None:
    resources = {"A": queue("a", Tags=[{"Key": "own", "Value": "1"}])}
    stacks.deploy(resources, tags=[{"Key": "team", "Value": "blue"}, {"Key": "old", "Value": "1"}])
    url = stacks.physical()["A"]
    assert stacks.sqs.list_queue_tags(queue_url=url)["Tags"] == {"own": "1", "team": "blue", "old": "1"}
    assert stacks.deploy(resources, tags=[{"Key": "team", "Value": "red"}]) == "UPDATE_COMPLETE"
    assert stacks.sqs.list_queue_tags(queue_url=url)["Tags"] == {"own": "1", "team": "red"}


def test_a_description_is_held_while_work_is_in_progress(desk: Any, stacks: Stacks) -> None:
    body = json.dumps({"Resources": {"A": queue("a")}})
    stacks.cfn.create_stack(stack_name="s", template_body=body)
    assert stacks.settled() == "CREATE_COMPLETE"


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_work_goes_on_after_a_restart(desk: Any, stacks: Stacks, turns: int) -> None:
    """The process ends after some turns of its loop; another one on the same store finishes the stack."""
    stacks.deploy(
        {f"Q{number}": queue(f"q{number}", needs=[f"Q{n}" for n in range(number)]) for number in range(6)},
        settles=False,
    )
    for _ in range(turns):
        desk.loop.run_until_complete(asyncio.sleep(0))
    desk.loop.run_until_complete(desk.pipeline.stop())
    assert stacks.cfn.list_stacks()["StackSummaries"][0]["StackStatus"] == "CREATE_IN_PROGRESS"
    desk.pipeline = Pipeline(desk.store, desk.clock, desk.pipeline.chance, desk.pipeline.blobs)
    desk.pipeline.start(desk.loop)
    assert stacks.settled() == "CREATE_COMPLETE"
    assert stacks.queues() == [f"q{number}" for number in range(6)]
    made = [name for name, status in stacks.events() if status == "CREATE_COMPLETE"]
    assert made == [*(f"Q{number}" for number in range(6)), "s"]
