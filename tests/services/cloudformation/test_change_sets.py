"""Change sets: made, refused, executed, deleted; and what is listed page by page."""

from __future__ import annotations

from typing import Any

from .conftest import Stacks, queue

HANDLE = {"Type": "AWS::CloudFormation::WaitConditionHandle"}


def made(stacks: Stacks, resources: dict[str, Any], kind: str = "UPDATE", **sections: Any) -> dict[str, Any]:
    body = stacks.template(resources, **sections)
    stacks.cfn.create_change_set(stack_name="s", change_set_name="c", template_body=body, change_set_type=kind)
    stacks.desk.settle()
    found: dict[str, Any] = stacks.cfn.describe_change_set(stack_name="s", change_set_name="c")
    return found


def test_a_first_change_set_makes_a_stack_in_review(stacks: Stacks) -> None:
    assert made(stacks, {"A": queue("a")}, "CREATE")["Status"] == "CREATE_COMPLETE"
    assert (stacks.shown()["StackStatus"], stacks.queues()) == ("REVIEW_IN_PROGRESS", [])
    stacks.cfn.execute_change_set(stack_name="s", change_set_name="c")
    assert (stacks.settled(), stacks.queues()) == ("CREATE_COMPLETE", ["a"])


def test_a_stack_in_review_can_be_deleted(stacks: Stacks) -> None:
    made(stacks, {"A": queue("a")}, "CREATE")
    stacks.cfn.delete_stack(stack_name="s")
    assert stacks.settled() == "DELETE_COMPLETE"


def test_a_change_set_without_changes_fails_with_the_sentence_that_tools_know(stacks: Stacks, refused: Any) -> None:
    stacks.deploy({"A": queue("a")})
    shown = made(stacks, {"A": queue("a")})
    assert (shown["Status"], shown["ExecutionStatus"]) == ("FAILED", "UNAVAILABLE")
    assert shown["StatusReason"].startswith("The submitted information didn't contain changes.")
    execute = stacks.cfn.execute_change_set
    refused("InvalidChangeSetStatus", "cannot be executed", execute, stack_name="s", change_set_name="c")
    stacks.cfn.delete_change_set(stack_name="s", change_set_name="c")
    assert stacks.cfn.list_change_sets(stack_name="s")["Summaries"] == []


def test_a_change_set_that_cannot_be_made_says_why(stacks: Stacks) -> None:
    stacks.deploy({"A": queue("a")})
    shown = made(stacks, {"A": HANDLE})
    assert shown["Status"] == "FAILED"
    assert shown["StatusReason"].startswith("Update of resource type is not permitted.")


def test_an_output_alone_is_a_change(stacks: Stacks) -> None:
    stacks.deploy({"A": queue("a")})
    assert made(stacks, {"A": queue("a")}, Outputs={"O": {"Value": "v"}})["Status"] == "CREATE_COMPLETE"
    stacks.cfn.execute_change_set(stack_name="s", change_set_name="c")
    assert stacks.settled() == "UPDATE_COMPLETE"
    assert stacks.shown()["Outputs"] == [{"OutputKey": "O", "OutputValue": "v"}]


def test_hidden_parameters_are_shown_as_asterisks(stacks: Stacks) -> None:
    declared = {"P": {"Type": "String", "NoEcho": True, "Default": "secret"}}
    shown = made(stacks, {"A": queue("a")}, "CREATE", Parameters=declared)
    assert shown["Parameters"] == [{"ParameterKey": "P", "ParameterValue": "****"}]
    stacks.cfn.execute_change_set(stack_name="s", change_set_name="c")
    stacks.settled()
    assert stacks.shown()["Parameters"] == [{"ParameterKey": "P", "ParameterValue": "****"}]


def test_resources_and_events_come_page_by_page(stacks: Stacks) -> None:
    stacks.deploy({f"H{number:03}": HANDLE for number in range(120)})
    first = stacks.cfn.list_stack_resources(stack_name="s")
    rest = stacks.cfn.list_stack_resources(stack_name="s", next_token=first["NextToken"])
    names = [row["LogicalResourceId"] for page in (first, rest) for row in page["StackResourceSummaries"]]
    assert (names, "NextToken" in rest) == ([f"H{number:03}" for number in range(120)], False)
    seen: list[str] = []
    page = stacks.cfn.describe_stack_events(stack_name="s")
    while True:
        seen += [event["EventId"] for event in page["StackEvents"]]
        if "NextToken" not in page:
            break
        page = stacks.cfn.describe_stack_events(stack_name="s", next_token=page["NextToken"])
    assert len(seen) == 120 * 3 + 2


def test_stacks_are_listed_by_status(stacks: Stacks) -> None:
    stacks.deploy({"H": HANDLE})
    stacks.deploy({"H": HANDLE}, name="t")
    stacks.cfn.delete_stack(stack_name="t")
    stacks.settled("t")

    def listed(*wanted: str) -> list[str]:
        found = stacks.cfn.list_stacks(stack_status_filter=list(wanted))["StackSummaries"]
        return sorted(each["StackName"] for each in found)

    assert (listed("DELETE_COMPLETE"), listed("CREATE_COMPLETE"), listed()) == (["t"], ["s"], ["s", "t"])


def test_what_is_not_here_is_refused_by_name(stacks: Stacks, refused: Any) -> None:
    code = "NotImplemented"
    refused(code, "[AWS::CloudFormation::Stack]", stacks.deploy, {"X": {"Type": "AWS::CloudFormation::Stack"}})
    refused(code, "CreationPolicy", stacks.deploy, {"X": {**HANDLE, "CreationPolicy": {}}})
    refused(
        code,
        "the transform AWS::Include",
        stacks.deploy,
        {"H": HANDLE},
        Transform="AWS::Include",
        capabilities=["CAPABILITY_AUTO_EXPAND"],
    )
    refused(code, "Hooks", stacks.deploy, {"H": HANDLE}, Hooks={"h": {}})


def test_rules_are_asserted_before_anything_is_made(stacks: Stacks, refused: Any) -> None:
    rule = {
        "Assertions": [{"Assert": {"Fn::Contains": [["a", "b"], {"Ref": "P"}]}, "AssertDescription": "P is a or b."}]
    }
    sections = {"Parameters": {"P": {"Type": "String", "Default": "c"}}, "Rules": {"R": rule}}
    refused("ValidationError", "Rule R is not satisfied. P is a or b.", stacks.deploy, {"H": HANDLE}, **sections)
    given = [{"ParameterKey": "P", "ParameterValue": "b"}]
    assert stacks.deploy({"H": HANDLE}, parameters=given, **sections) == "CREATE_COMPLETE"


def test_dynamic_references_are_resolved(stacks: Stacks) -> None:
    stacks.ssm.put_parameter(name="/delay", type="String", value="7")
    assert stacks.deploy({"A": queue("a", DelaySeconds="{{resolve:ssm:/delay}}")}) == "CREATE_COMPLETE"
    assert stacks.attribute("a", "DelaySeconds") == "7"
