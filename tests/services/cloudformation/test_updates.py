"""A stack is updated: in place, by replacement, by additions and removals; or goes back to what it was."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import PARAMETER, Stacks, impossible, queue


def parameter(value: Any, **properties: Any) -> dict[str, Any]:
    return {"Type": PARAMETER, "Properties": {"Type": "String", "Value": value, **properties}}


def policy(queues: list[Any], needs: str = "A") -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    return {"Type": "AWS::SQS::QueuePolicy", "Properties": {"Queues": queues, "PolicyDocument": document}}


def test_a_changed_property_changes_the_resource_in_place(stacks: Stacks) -> None:
    stacks.deploy({"A": queue("a", VisibilityTimeout=10)})
    before = stacks.physical()
    assert stacks.deploy({"A": queue("a", VisibilityTimeout=20)}) == "UPDATE_COMPLETE"
    assert (stacks.physical(), stacks.attribute("a", "VisibilityTimeout")) == (before, "20")


def test_a_fixed_property_replaces_the_resource_and_its_references(stacks: Stacks) -> None:
    stacks.deploy({"A": queue("a"), "P": parameter({"Fn::GetAtt": "A.QueueName"}, Name="/p")})
    assert (
        stacks.deploy({"A": queue("b"), "P": parameter({"Fn::GetAtt": "A.QueueName"}, Name="/p")}) == "UPDATE_COMPLETE"
    )
    assert stacks.queues() == ["b"]
    assert stacks.ssm.get_parameter(name="/p")["Parameter"]["Value"] == "b"
    events = stacks.events()
    assert events.index(("P", "UPDATE_COMPLETE")) < events.index(("A", "DELETE_IN_PROGRESS"))
    assert events.index(("s", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")) < events.index(("A", "DELETE_IN_PROGRESS"))


def test_what_has_a_name_of_its_own_is_not_replaced_under_it(stacks: Stacks) -> None:
    stacks.deploy({"A": queue("a.fifo", FifoQueue=True), "B": queue("b")})
    assert stacks.deploy({"A": queue("a.fifo"), "B": queue("b")}) == "UPDATE_ROLLBACK_COMPLETE"
    assert stacks.reason("A", "UPDATE_FAILED") == (
        "CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename a.fifo and update the stack "
        "again."
    )
    assert stacks.queues() == ["a.fifo", "b"]


def test_what_the_template_no_longer_has_goes_in_the_end_dependents_first(stacks: Stacks) -> None:
    stacks.deploy({"A": queue("a"), "P": policy([{"Ref": "A"}]), "K": queue("k")})
    assert stacks.deploy({"K": queue("k")}) == "UPDATE_COMPLETE"
    assert stacks.queues() == ["k"]
    events = stacks.events()
    assert events.index(("P", "DELETE_COMPLETE")) < events.index(("A", "DELETE_IN_PROGRESS"))
    assert list(stacks.physical()) == ["K"]


def test_a_failed_update_puts_everything_back(stacks: Stacks) -> None:
    """One changed in place, one replaced, one new, one removed, and one that cannot be made."""
    stacks.deploy(
        {
            "Changed": queue("changed", VisibilityTimeout=10),
            "Replaced": queue("old"),
            "Removed": queue("removed"),
            "Follows": parameter({"Fn::GetAtt": "Replaced.QueueName"}, Name="/p"),
        },
        Outputs={"O": {"Value": "1"}},
    )
    before, template = stacks.physical(), stacks.cfn.get_template(stack_name="s")["TemplateBody"]
    status = stacks.deploy(
        {
            "Changed": queue("changed", VisibilityTimeout=20),
            "Replaced": queue("new"),
            "Follows": parameter({"Fn::GetAtt": "Replaced.QueueName"}, Name="/p"),
            "Added": queue("added"),
            "Bad": impossible("Changed", "Follows", "Added"),
        },
        Outputs={"O": {"Value": "2"}},
    )
    assert status == "UPDATE_ROLLBACK_COMPLETE"
    assert stacks.queues() == ["changed", "old", "removed"]
    assert stacks.physical() == before
    assert stacks.attribute("changed", "VisibilityTimeout") == "10"
    assert stacks.ssm.get_parameter(name="/p")["Parameter"]["Value"] == "old"
    assert stacks.cfn.get_template(stack_name="s")["TemplateBody"] == template
    assert stacks.shown()["Outputs"] == [{"OutputKey": "O", "OutputValue": "1"}]
    assert stacks.reason("s", "UPDATE_ROLLBACK_IN_PROGRESS") == "The following resource(s) failed to create: [Bad]. "
    events = stacks.events()
    assert [status for name, status in events if name == "s"][2:] == [
        "UPDATE_IN_PROGRESS",
        "UPDATE_ROLLBACK_IN_PROGRESS",
        "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
        "UPDATE_ROLLBACK_COMPLETE",
    ]
    assert stacks.deploy({"Changed": queue("changed", VisibilityTimeout=30)}) == "UPDATE_COMPLETE"
    assert stacks.queues() == ["changed"]


def test_a_rollback_that_fails_waits_for_help(stacks: Stacks, refused: Any) -> None:
    """The queue is deleted behind the stack's back, so that its old settings cannot be brought back."""
    stacks.deploy({"A": queue("a", VisibilityTimeout=10), "B": queue("b", VisibilityTimeout=10)})
    stacks.deploy(
        {"A": queue("a", VisibilityTimeout=20), "B": queue("b", VisibilityTimeout=20), "Bad": impossible("A", "B")},
        disable_rollback=True,
    )
    assert stacks.shown()["StackStatus"] == "UPDATE_FAILED"
    stacks.sqs.delete_queue(queue_url=stacks.physical()["A"])
    stacks.cfn.rollback_stack(stack_name="s")
    assert stacks.settled() == "UPDATE_ROLLBACK_FAILED"
    assert stacks.reason("s", "UPDATE_ROLLBACK_FAILED") == "The following resource(s) failed to update: [A]. "
    assert stacks.attribute("b", "VisibilityTimeout") == "10"

    words = "cannot be skipped"
    refused("ValidationError", words, stacks.cfn.continue_update_rollback, stack_name="s", resources_to_skip=["B"])
    stacks.cfn.continue_update_rollback(stack_name="s")
    assert stacks.settled() == "UPDATE_ROLLBACK_FAILED"
    stacks.cfn.continue_update_rollback(stack_name="s", resources_to_skip=["A"])
    assert stacks.settled() == "UPDATE_ROLLBACK_COMPLETE"
    words = "is in UPDATE_ROLLBACK_COMPLETE state and can not continue update rollback."
    refused("ValidationError", words, stacks.cfn.continue_update_rollback, stack_name="s")


def test_a_rollback_goes_on_once_the_cause_is_gone(stacks: Stacks) -> None:
    stacks.deploy({"A": queue("a", VisibilityTimeout=10)})
    stacks.deploy({"A": queue("a", VisibilityTimeout=20), "Bad": impossible("A")}, disable_rollback=True)
    url = stacks.physical()["A"]
    stacks.sqs.delete_queue(queue_url=url)
    stacks.cfn.rollback_stack(stack_name="s")
    assert stacks.settled() == "UPDATE_ROLLBACK_FAILED"
    stacks.desk.advance(61)
    stacks.sqs.create_queue(queue_name="a")
    stacks.cfn.continue_update_rollback(stack_name="s")
    assert stacks.settled() == "UPDATE_ROLLBACK_COMPLETE"
    assert stacks.attribute("a", "VisibilityTimeout") == "10"


def test_a_failed_update_can_be_followed_by_a_better_one(stacks: Stacks) -> None:
    """Two replacements in a row: the first is not forgotten."""
    stacks.deploy({"A": queue("one")})
    assert stacks.deploy({"A": queue("two"), "Bad": impossible("A")}, disable_rollback=True) == "UPDATE_FAILED"
    assert stacks.queues() == ["one", "two"]
    assert stacks.deploy({"A": queue("three")}) == "UPDATE_COMPLETE"
    assert stacks.queues() == ["three"]


def test_a_second_failure_goes_back_to_the_last_good_state(stacks: Stacks) -> None:
    stacks.deploy({"A": queue("one")})
    stacks.deploy({"A": queue("two"), "Bad": impossible("A")}, disable_rollback=True)
    assert stacks.deploy({"A": queue("three"), "Bad": impossible("A")}) == "UPDATE_ROLLBACK_COMPLETE"
    assert stacks.queues() == ["one"]
    assert stacks.physical()["A"].endswith("/one")


def test_an_update_that_is_cancelled_goes_back(stacks: Stacks, refused: Any) -> None:
    stacks.deploy({"A": queue("a", VisibilityTimeout=10)})
    stacks.deploy({"A": queue("a", VisibilityTimeout=20), "B": queue("b", needs="A")}, settles=False)
    stacks.cfn.cancel_update_stack(stack_name="s")
    assert stacks.settled() == "UPDATE_ROLLBACK_COMPLETE"
    assert (stacks.queues(), stacks.attribute("a", "VisibilityTimeout")) == (["a"], "10")
    words = "CancelUpdateStack cannot be called from current stack status"
    refused("ValidationError", words, stacks.cfn.cancel_update_stack, stack_name="s")


def test_what_cannot_be_cleaned_up_does_not_change_the_outcome(stacks: Stacks) -> None:
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "full-of-things"}}
    stacks.deploy({"A": queue("a"), "B": bucket})
    stacks.desk.ask("s3").put_object(bucket="full-of-things", key="k", body=b"x")
    assert stacks.deploy({"A": queue("a")}) == "UPDATE_COMPLETE"
    assert ("B", "DELETE_FAILED") in stacks.events()
    assert stacks.shown()["StackStatusReason"] == "Update successful. One or more resources could not be deleted."
    assert list(stacks.physical()) == ["A"]


def test_a_condition_that_flips_makes_and_removes_resources(stacks: Stacks) -> None:
    def deploy(stage: str) -> str:
        stacks.desk.advance(61)  # until when a queue's name cannot be used again
        return stacks.deploy(
            {"A": queue("a"), "B": queue("b", when="IsProd"), "C": queue("c", when="IsTest")},
            Parameters={"Stage": {"Type": "String"}},
            Conditions={
                "IsProd": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]},
                "IsTest": {"Fn::Not": [{"Condition": "IsProd"}]},
            },
            Outputs={"B": {"Condition": "IsProd", "Value": {"Fn::GetAtt": "B.Arn"}}},
            parameters=[{"ParameterKey": "Stage", "ParameterValue": stage}],
        )

    assert deploy("test") == "CREATE_COMPLETE"
    assert (stacks.queues(), stacks.shown().get("Outputs")) == (["a", "c"], None)
    assert deploy("prod") == "UPDATE_COMPLETE"
    assert stacks.queues() == ["a", "b"]
    assert stacks.shown()["Outputs"][0]["OutputValue"].endswith(":b")
    assert deploy("test") == "UPDATE_COMPLETE"
    assert stacks.queues() == ["a", "c"]


def test_a_reference_to_a_resource_that_its_condition_leaves_out_is_refused(stacks: Stacks, refused: Any) -> None:
    conditions = {"Never": {"Fn::Equals": ["a", "b"]}}
    resources = {"A": queue("a", when="Never"), "P": parameter({"Ref": "A"})}
    words = "Template format error: Unresolved resource dependencies [A] in the Resources block of the template"
    refused("ValidationError", words, stacks.deploy, resources, Conditions=conditions)
    guarded = {"A": queue("a", when="Never"), "P": parameter({"Fn::If": ["Never", {"Ref": "A"}, "none"]})}
    assert stacks.deploy(guarded, Conditions=conditions) == "CREATE_COMPLETE"


def test_a_logical_id_keeps_its_type(stacks: Stacks, refused: Any) -> None:
    stacks.deploy({"A": queue("a")})
    words = "Update of resource type is not permitted. The new template modifies resource type of the following resources: [A]"
    refused("ValidationError", words, stacks.deploy, {"A": parameter("x")})


def test_an_update_without_changes_is_refused(stacks: Stacks, refused: Any) -> None:
    stacks.deploy({"A": queue("a")})
    refused("ValidationError", "No updates are to be performed.", stacks.deploy, {"A": queue("a")})


def test_a_stored_parameter_that_changed_is_a_change(stacks: Stacks, refused: Any) -> None:
    stacks.ssm.put_parameter(name="/delay", type="String", value="1")
    kind = {"D": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/delay"}}
    resources = {"A": queue("a", DelaySeconds={"Ref": "D"})}
    stacks.deploy(resources, Parameters=kind)
    assert stacks.shown()["Parameters"] == [{"ParameterKey": "D", "ParameterValue": "/delay", "ResolvedValue": "1"}]
    refused("ValidationError", "No updates are to be performed.", stacks.deploy, resources, Parameters=kind)
    stacks.ssm.put_parameter(name="/delay", type="String", value="2", overwrite=True)
    assert stacks.deploy(resources, Parameters=kind) == "UPDATE_COMPLETE"
    assert stacks.attribute("a", "DelaySeconds") == "2"


@pytest.mark.parametrize(("kept", "there"), [("Retain", ["new", "old"]), ("Delete", ["new"])])
def test_what_is_replaced_is_kept_as_update_replace_policy_says(stacks: Stacks, kept: str, there: list[str]) -> None:
    stacks.deploy({"A": queue("old")})
    stacks.deploy({"A": queue("new", replaced=kept)})
    assert stacks.queues() == there
    assert (("A", "DELETE_SKIPPED") in stacks.events()) == (len(there) == 2)


def test_deletion_policy_says_what_becomes_of_a_removed_resource(stacks: Stacks) -> None:
    stacks.deploy(
        {
            "A": queue("a", policy="Retain"),
            "B": queue("b"),
            "C": queue("c", policy="RetainExceptOnCreate"),
            "D": queue("d"),
        }
    )
    assert stacks.deploy({"D": queue("d")}) == "UPDATE_COMPLETE"
    assert stacks.queues() == ["a", "c", "d"]
    assert {("A", "DELETE_SKIPPED"), ("C", "DELETE_SKIPPED"), ("B", "DELETE_COMPLETE")} <= set(stacks.events())


def test_retain_except_on_create_does_not_survive_a_creation_that_failed(stacks: Stacks) -> None:
    resources = {
        "A": queue("a", policy="RetainExceptOnCreate"),
        "B": queue("b", policy="Retain"),
        "Bad": impossible("A", "B"),
    }
    assert stacks.deploy(resources) == "ROLLBACK_COMPLETE"
    assert stacks.queues() == ["b"]
    stacks.deploy({"K": queue("k")}, name="other")
    more = {"K": queue("k"), "C": queue("c", policy="RetainExceptOnCreate"), "Bad": impossible("C")}
    assert stacks.deploy(more, name="other") == "UPDATE_ROLLBACK_COMPLETE"
    assert stacks.queues() == ["b", "k"]


def test_a_changed_policy_alone_is_an_update(stacks: Stacks) -> None:
    stacks.deploy({"A": queue("a")})
    assert stacks.deploy({"A": queue("a", policy="Retain")}) == "UPDATE_COMPLETE"
    stacks.cfn.delete_stack(stack_name="s")
    assert stacks.settled() == "DELETE_COMPLETE"
    assert stacks.queues() == ["a"]


def test_a_policy_only_supports_what_the_type_can(stacks: Stacks, refused: Any) -> None:
    words = "resource type AWS::SQS::Queue does not support deletion policy Snapshot"
    refused("ValidationError", words, stacks.deploy, {"A": queue("a", policy="Snapshot")})
    refused(
        "ValidationError",
        "Unrecognized DeletionPolicy Keep for resource A",
        stacks.deploy,
        {"A": queue("a", policy="Keep")},
    )
