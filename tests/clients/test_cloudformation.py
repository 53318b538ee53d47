"""CloudFormation with boto3 and the AWS CLI."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from skyjar.testing.running import Account

pytestmark = pytest.mark.client
AWS = Path(sys.executable).with_name("aws")
HANDLE = {"Type": "AWS::CloudFormation::WaitConditionHandle"}


def parameter(value: Any, **attributes: Any) -> dict[str, Any]:
    return {"Type": "AWS::SSM::Parameter", **attributes, "Properties": {"Type": "String", "Value": value}}


def queue(**properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::SQS::Queue", "Properties": properties}


BAD = queue(QueueName="no name")


class Cfn:
    """`up(name, resources)` creates or updates a stack and returns the status that it ends in."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.client = account.client("cloudformation")

    def body(self, resources: dict[str, Any], **sections: Any) -> str:
        return json.dumps({"Resources": resources, **sections})

    def create(self, name: str, resources: dict[str, Any], given: dict[str, str] | None = None, **others: Any) -> str:
        return self._run(self.client.create_stack, name, resources, given, others)

    def update(self, name: str, resources: dict[str, Any], given: dict[str, str] | None = None, **others: Any) -> str:
        return self._run(self.client.update_stack, name, resources, given, others)

    def _run(self, operation: Any, name: str, resources: Any, given: Any, others: dict[str, Any]) -> str:
        known = ("Parameters", "Mappings", "Conditions", "Outputs", "Transform", "Rules", "Description")
        sections = {key: others.pop(key) for key in known if key in others}
        values = [{"ParameterKey": key, "ParameterValue": value} for key, value in (given or {}).items()]
        answer = operation(StackName=name, TemplateBody=self.body(resources, **sections), Parameters=values, **others)
        return self.end(answer["StackId"])

    def end(self, name: str) -> str:
        """The status, once no work is in progress."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            status: str = self.shown(name)["StackStatus"]
            if not status.endswith("_IN_PROGRESS") or status == "REVIEW_IN_PROGRESS":
                return status
        raise AssertionError(f"{name} is still {status}")

    def shown(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.client.describe_stacks(StackName=name)["Stacks"][0]
        return found

    def outputs(self, name: str) -> dict[str, str]:
        return {each["OutputKey"]: each["OutputValue"] for each in self.shown(name).get("Outputs", [])}

    def events(self, name: str) -> list[dict[str, Any]]:
        """Oldest first."""
        pages = self.client.get_paginator("describe_stack_events").paginate(StackName=name)
        return [event for page in pages for event in page["StackEvents"]][::-1]

    def statuses(self, name: str) -> list[tuple[str, str]]:
        return [(event["LogicalResourceId"], event["ResourceStatus"]) for event in self.events(name)]

    def delete(self, name: str) -> str:
        identity = self.shown(name)["StackId"]
        self.client.delete_stack(StackName=name)
        return self.end(identity)

    def value(self, name: str, logical_id: str) -> str:
        """Of a parameter that the stack made."""
        row = self.client.describe_stack_resource(StackName=name, LogicalResourceId=logical_id)["StackResourceDetail"]
        found: str = self.account.client("ssm").get_parameter(Name=row["PhysicalResourceId"])["Parameter"]["Value"]
        return found


@pytest.fixture
def cfn(account: Account) -> Cfn:
    return Cfn(account)


def refused(words: str, run: Any, /, *args: Any, code: str = "ValidationError", **kwargs: Any) -> None:
    with pytest.raises(ClientError) as caught:
        run(*args, **kwargs)
    error = caught.value.response["Error"]
    assert (error["Code"], words in error["Message"]) == (code, True), error


def gone(cfn: Cfn, name: str) -> bool:
    return all(stack["StackName"] != name for stack in cfn.client.describe_stacks()["Stacks"])


# Templates


@pytest.mark.spec("cloudformation-001")
def test_a_template_is_json_or_yaml(cfn: Cfn) -> None:
    yaml = """
        Parameters: {Name: {Type: String, Default: x}}
        Resources:
          P:
            Type: AWS::SSM::Parameter
            Properties: {Type: String, Value: !Sub "${Name}-${AWS::Region}"}
          Q:
            Type: AWS::SSM::Parameter
            Properties: {Type: String, Value: !Ref Name}
    """
    parameters = {"Name": {"Type": "String", "Default": "x"}}
    resources = {"P": parameter({"Fn::Sub": "${Name}-${AWS::Region}"}), "Q": parameter({"Ref": "Name"})}
    cfn.client.create_stack(StackName="yaml", TemplateBody=yaml)
    assert cfn.end("yaml") == "CREATE_COMPLETE"
    assert cfn.create("json", resources, Parameters=parameters) == "CREATE_COMPLETE"
    for name in ("yaml", "json"):
        assert (cfn.value(name, "P"), cfn.value(name, "Q")) == ("x-us-east-1", "x")
    summaries = [
        cfn.client.validate_template(TemplateBody=body) for body in (yaml, cfn.body(resources, Parameters=parameters))
    ]
    assert summaries[0]["Parameters"] == summaries[1]["Parameters"]


@pytest.mark.spec("cloudformation-002", "cloudformation-003", "cloudformation-004")
def test_the_sections_of_a_template(cfn: Cfn) -> None:
    sections: dict[str, Any] = {
        "AWSTemplateFormatVersion": "2010-09-09", "Description": "d", "Metadata": {"a": 1},
        "Parameters": {"P": {"Type": "String"}}, "Rules": {"R": {"Assertions": [{"Assert": {"Fn::Contains": [["a"], {"Ref": "P"}]}}]}},
        "Mappings": {"M": {"a": {"b": "c"}}}, "Conditions": {"C": {"Fn::Equals": ["a", "a"]}},
        "Transform": "AWS::LanguageExtensions", "Hooks": {}, "Outputs": {"O": {"Value": "v"}},
    }  # fmt: skip
    for name, content in sections.items():
        body = cfn.body({"H": HANDLE}, **{name: content, "Parameters": sections["Parameters"]})
        cfn.client.validate_template(TemplateBody=body)
        cfn.client.get_template_summary(TemplateBody=body)
    validate = cfn.client.validate_template
    refused(
        "Invalid template property or properties [Things]", validate, TemplateBody=cfn.body({"H": HANDLE}, Things={})
    )
    validate(TemplateBody=cfn.body({"H": HANDLE}))
    refused("At least one Resources member must be defined", validate, TemplateBody='{"Outputs": {}}')
    refused(
        "Template format error", validate, TemplateBody=cfn.body({"H": HANDLE}, AWSTemplateFormatVersion="2011-01-01")
    )


@pytest.mark.spec("cloudformation-007")
def test_a_stack_has_at_most_500_resources(cfn: Cfn) -> None:
    many = {f"H{number}": HANDLE for number in range(501)}
    refused("501, is greater than maximum allowed, 500", cfn.create, "s", many)
    del many["H0"]
    assert cfn.create("s", many) == "CREATE_COMPLETE"
    pages = cfn.client.get_paginator("list_stack_resources").paginate(StackName="s")
    assert len({row["LogicalResourceId"] for page in pages for row in page["StackResourceSummaries"]}) == 500


@pytest.mark.spec("cloudformation-009")
def test_a_template_is_inline_or_in_s3(cfn: Cfn, account: Account, tmp_path: Path) -> None:
    s3 = account.client("s3")
    s3.create_bucket(Bucket="templates-of-mine")
    s3.put_object(Bucket="templates-of-mine", Key="a/t.json", Body=cfn.body({"P": parameter("from s3")}))
    cfn.client.create_stack(StackName="s", TemplateURL="https://templates-of-mine.s3.amazonaws.com/a/t.json")
    assert cfn.end("s") == "CREATE_COMPLETE"
    assert cfn.value("s", "P") == "from s3"
    large = cfn.body({"P": parameter("x")}, Metadata={"m": "x" * 51_200})
    with pytest.raises(ClientError, match="Member must have length less than or equal to 51200"):
        cfn.client.create_stack(StackName="t", TemplateBody=large)
    (tmp_path / "t.json").write_text(large)
    run(account, "cloudformation", "deploy", "--template-file", str(tmp_path / "t.json"), "--stack-name", "t",
        "--s3-bucket", "templates-of-mine")  # fmt: skip
    assert len(s3.list_objects_v2(Bucket="templates-of-mine")["Contents"]) == 2
    assert cfn.value("t", "P") == "x"


def run(account: Account, *words: str, code: int = 0) -> str:
    done = subprocess.run(
        [AWS, *words], env={**account.environment, "PATH": str(AWS.parent)}, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.spec("cloudformation-010")
def test_a_fixed_name_makes_a_template_usable_once(cfn: Cfn, account: Account) -> None:
    fixed = {"B": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "fixed-name-of-mine"}}}
    assert cfn.create("one", fixed) == "CREATE_COMPLETE"
    cfn.create("two", fixed)
    (failed,) = [e for e in cfn.events("two") if e["ResourceStatus"] == "CREATE_FAILED"]
    assert "AlreadyExists" in failed["ResourceStatusReason"]
    free = {"B": {"Type": "AWS::S3::Bucket"}}
    for name in ("three", "four"):
        assert cfn.create(name, free) == "CREATE_COMPLETE"
    names = [bucket["Name"] for bucket in account.client("s3").list_buckets()["Buckets"]]
    assert sorted(name.rpartition("-")[0] for name in names) == ["fixed-name-of", "four-b", "three-b"]


# Parameters


@pytest.mark.spec("cloudformation-011", "cloudformation-012", "cloudformation-021")
def test_parameters_supply_values(cfn: Cfn) -> None:
    resources, declared = {"P": parameter({"Ref": "V"})}, {"V": {"Type": "String"}}
    refused("Parameters: [V] must have values", cfn.create, "s", resources, Parameters=declared)
    assert cfn.create("s", resources, {"V": "one"}, Parameters=declared) == "CREATE_COMPLETE"
    assert cfn.value("s", "P") == "one"
    cfn.client.update_stack(
        StackName="s", UsePreviousTemplate=True, Parameters=[{"ParameterKey": "V", "ParameterValue": "two"}]
    )
    assert (cfn.end("s"), cfn.value("s", "P")) == ("UPDATE_COMPLETE", "two")
    validate = cfn.client.validate_template
    conditional = {"V": {"Type": "String", "Condition": "C"}}
    refused(
        "Invalid template parameter property 'Condition'",
        validate,
        TemplateBody=cfn.body(resources, Parameters=conditional),
    )
    computed = {"V": {"Type": "String", "Default": {"Fn::If": ["C", "a", "b"]}}}
    refused("Every Default member must be a string", validate, TemplateBody=cfn.body(resources, Parameters=computed))


@pytest.mark.spec(
    "cloudformation-013", "cloudformation-014", "cloudformation-015", "cloudformation-018", "cloudformation-019"
)
@pytest.mark.parametrize(
    ("declared", "bad", "words", "good"),
    [
        ({"Type": "String", "AllowedValues": ["a", "b"]}, "z", "must be one of AllowedValues", "b"),
        ({"Type": "CommaDelimitedList", "AllowedValues": ["a", "b"]}, "a,z", "must be one of AllowedValues", "a,b"),
        ({"Type": "String", "AllowedPattern": "[a-z]+"}, "A", "must match pattern [a-z]+", "abc"),
        ({"Type": "String", "MinLength": 2}, "a", "must contain at least 2 characters", "ab"),
        ({"Type": "String", "MaxLength": 2}, "abc", "must contain at most 2 characters", "ab"),
        ({"Type": "Number", "MinValue": 3}, "2", "must be a number not less than 3", "3"),
        ({"Type": "Number", "MaxValue": 3}, "4", "must be a number not greater than 3", "3"),
        ({"Type": "Number"}, "abc", "must be a number", "1.5"),
        ({"Type": "List<Number>"}, "80,x", "must be a list of numbers", "80,443"),
    ],
)  # fmt: skip
def test_constraints_reject_before_anything_is_made(
    cfn: Cfn, declared: dict[str, Any], bad: str, words: str, good: str
) -> None:
    is_list = "List" in declared["Type"]
    value = {"Fn::Select": [1, {"Ref": "V"}]} if is_list else {"Ref": "V"}
    sections = {"Parameters": {"V": declared}, "Outputs": {"O": {"Value": value}}}
    refused(words, cfn.create, "s", {"H": HANDLE}, {"V": bad}, **sections)
    assert gone(cfn, "s")
    assert cfn.create("s", {"H": HANDLE}, {"V": good}, **sections) == "CREATE_COMPLETE"
    assert cfn.outputs("s") == {"O": good.split(",")[1] if is_list else good}


# Functions


@pytest.mark.spec("cloudformation-022", "cloudformation-029", "cloudformation-033", "cloudformation-034")
def test_functions_and_pseudo_parameters(cfn: Cfn, account: Account) -> None:
    expressions: dict[str, Any] = {
        "Account": {"Ref": "AWS::AccountId"}, "Region": {"Ref": "AWS::Region"}, "Partition": {"Ref": "AWS::Partition"},
        "StackId": {"Ref": "AWS::StackId"}, "StackName": {"Ref": "AWS::StackName"}, "Suffix": {"Ref": "AWS::URLSuffix"},
        "Topics": {"Fn::Join": [",", {"Ref": "AWS::NotificationARNs"}]},
        "Sub": {"Fn::Sub": "${AWS::AccountId}/${AWS::Region}/${AWS::Partition}/${AWS::StackId}/${AWS::StackName}/${AWS::URLSuffix}"},
        "Joined": {"Fn::Join": ["-", ["a", "b", "c"]]}, "Split": {"Fn::Select": [1, {"Fn::Split": ["|", "x|y|z"]}]},
        "Arn": {"Fn::Sub": "arn:${AWS::Partition}:x:${Q.Arn}"}, "Id": {"Fn::Sub": "${Q}"},
        "Mapped": {"Fn::Sub": ["${a}-${V}", {"a": {"Ref": "V"}}]}, "Literal": {"Fn::Sub": "${!Literal}"},
        **{f"Block{i}": {"Fn::Select": [i, {"Fn::Cidr": ["10.0.0.0/16", 4, 8]}]} for i in range(4)},
    }  # fmt: skip
    resources = {
        "Q": queue(QueueName="q", DelaySeconds={"Fn::If": ["Never", 5, {"Ref": "AWS::NoValue"}]}),
    }
    status = cfn.create(
        "s", resources, Outputs={name: {"Value": value} for name, value in expressions.items()},
        Parameters={"V": {"Type": "String", "Default": "v"}}, Conditions={"Never": {"Fn::Equals": ["a", "b"]}},
    )  # fmt: skip
    assert status == "CREATE_COMPLETE"
    found, identity = cfn.outputs("s"), cfn.shown("s")["StackId"]
    sqs = account.client("sqs")
    url = sqs.get_queue_url(QueueName="q")["QueueUrl"]
    assert found == {
        "Account": account.number, "Region": "us-east-1", "Partition": "aws", "StackId": identity, "StackName": "s",
        "Suffix": "amazonaws.com", "Topics": "", "Sub": f"{account.number}/us-east-1/aws/{identity}/s/amazonaws.com",
        "Joined": "a-b-c", "Split": "y", "Arn": f"arn:aws:x:arn:aws:sqs:us-east-1:{account.number}:q", "Id": url,
        "Mapped": "v-v", "Literal": "${Literal}",
        "Block0": "10.0.0.0/24", "Block1": "10.0.1.0/24", "Block2": "10.0.2.0/24", "Block3": "10.0.3.0/24",
    }  # fmt: skip
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert attributes["DelaySeconds"] == "0"


def test_select_counts_from_nought(cfn: Cfn) -> None:
    def create(index: int) -> str:
        return cfn.create("s", {"P": parameter({"Fn::Select": [index, {"Fn::GetAZs": ""}]})})

    create(9)
    assert any(
        "cannot select nonexistent value at index 9" in e.get("ResourceStatusReason", "") for e in cfn.events("s")
    )
    cfn.delete("s")
    assert create(0) == "CREATE_COMPLETE"
    assert cfn.value("s", "P") == "us-east-1a"


@pytest.mark.spec("cloudformation-035", "cloudformation-036", "cloudformation-037", "cloudformation-038")
def test_conditions_decide_what_exists(cfn: Cfn) -> None:
    conditions = {
        "IsProd": {"Fn::Equals": [{"Ref": "Env"}, "prod"]},
        "IsLarge": {"Fn::Equals": [{"Fn::FindInMap": ["Sizes", {"Ref": "Env"}, "Size"]}, "large"]},
        "Both": {"Fn::And": [{"Condition": "IsProd"}, {"Condition": "IsLarge"}]},
        "Other": {"Fn::Not": [{"Condition": "IsProd"}]},
        "Any": {"Fn::Or": [{"Condition": "IsProd"}, {"Condition": "Other"}]},
    }
    sections = {
        "Parameters": {"Env": {"Type": "String"}},
        "Mappings": {"Sizes": {"test": {"Size": "small"}, "prod": {"Size": "large"}}},
        "Conditions": conditions,
        "Outputs": {name: {"Condition": name, "Value": name} for name in conditions},
    }
    resources = {
        "Always": parameter({"Fn::If": ["IsProd", "for prod", "for others"]}),
        "Prod": parameter("p", Condition="Both"),
        "Bare": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "v", "Description": {"Fn::If": ["IsProd", "d", {"Ref": "AWS::NoValue"}]}}},
    }  # fmt: skip

    def logical_ids() -> set[str]:
        return {
            row["LogicalResourceId"] for row in cfn.client.describe_stack_resources(StackName="s")["StackResources"]
        }

    assert cfn.create("s", resources, {"Env": "test"}, **sections) == "CREATE_COMPLETE"
    assert (logical_ids(), cfn.value("s", "Always"), set(cfn.outputs("s"))) == (
        {"Always", "Bare"},
        "for others",
        {"Other", "Any"},
    )
    assert cfn.update("s", resources, {"Env": "prod"}, **sections) == "UPDATE_COMPLETE"
    assert (logical_ids(), cfn.value("s", "Always")) == ({"Always", "Bare", "Prod"}, "for prod")
    assert set(cfn.outputs("s")) == {"IsProd", "IsLarge", "Both", "Any"}
    assert cfn.update("s", resources, {"Env": "test"}, **sections) == "UPDATE_COMPLETE"
    assert logical_ids() == {"Always", "Bare"}
    refused("Unresolved condition dependency Nowhere", cfn.create, "t", {"P": parameter("x", Condition="Nowhere")})


@pytest.mark.spec("cloudformation-023")
def test_mappings_hold_literals(cfn: Cfn) -> None:
    resources = {"P": parameter({"Fn::FindInMap": ["Regions", {"Ref": "AWS::Region"}, "Image"]})}
    assert cfn.create("s", resources, Mappings={"Regions": {"us-east-1": {"Image": "ami-1"}}}) == "CREATE_COMPLETE"
    assert cfn.value("s", "P") == "ami-1"
    computed = {"Regions": {"us-east-1": {"Image": {"Ref": "AWS::Region"}}}}
    refused("Every Mappings attribute must be a String or a List", cfn.create, "t", resources, Mappings=computed)


@pytest.mark.spec("cloudformation-040")
def test_language_extensions(cfn: Cfn) -> None:
    resources = {
        "Fn::ForEach::Names": ["Name", ["Red", "Blue"], {"P${Name}": parameter({"Fn::Sub": "is ${Name}"})}],
        "J": parameter({"Fn::ToJsonString": {"a": [1, {"Ref": "AWS::Region"}], "n": {"Fn::Length": ["x", "y"]}}}),
    }
    capabilities = {"Capabilities": ["CAPABILITY_AUTO_EXPAND"]}
    assert cfn.create("s", resources, Transform="AWS::LanguageExtensions", **capabilities) == "CREATE_COMPLETE"
    assert (cfn.value("s", "PRed"), cfn.value("s", "PBlue")) == ("is Red", "is Blue")
    assert json.loads(cfn.value("s", "J")) == {"a": [1, "us-east-1"], "n": 2}
    processed = cfn.client.get_template(StackName="s", TemplateStage="Processed")["TemplateBody"]
    assert set(processed["Resources"]) == {"PRed", "PBlue", "J"}


# Stacks


@pytest.mark.spec("cloudformation-041", "cloudformation-042", "cloudformation-043", "cloudformation-044")
def test_exports_tie_stacks_together(cfn: Cfn) -> None:
    exported = {"O": {"Value": "shared", "Description": "d", "Export": {"Name": "the-export"}}}
    assert cfn.create("exporter", {"H": HANDLE}, Outputs=exported) == "CREATE_COMPLETE"
    assert cfn.shown("exporter")["Outputs"] == [
        {"OutputKey": "O", "OutputValue": "shared", "Description": "d", "ExportName": "the-export"}
    ]
    assert cfn.create("importer", {"P": parameter({"Fn::ImportValue": "the-export"})}) == "CREATE_COMPLETE"
    assert cfn.value("importer", "P") == "shared"
    (export,) = cfn.client.list_exports()["Exports"]
    assert (export["Name"], export["Value"]) == ("the-export", "shared")
    assert cfn.client.list_imports(ExportName="the-export")["Imports"] == ["importer"]
    cfn.create("lost", {"P": parameter({"Fn::ImportValue": "no-such"})})
    assert any("No export named no-such found" in e.get("ResourceStatusReason", "") for e in cfn.events("lost"))
    assert cfn.create("rival", {"H": HANDLE}, Outputs=exported) == "ROLLBACK_COMPLETE"
    words = "is already exported by stack exporter"
    assert any(words in event.get("ResourceStatusReason", "") for event in cfn.events("rival"))
    refused(
        "Export the-export cannot be deleted as it is in use by importer", cfn.client.delete_stack, StackName="exporter"
    )
    changed = {"O": {**exported["O"], "Value": "other"}}
    assert cfn.update("exporter", {"H": HANDLE}, Outputs=changed) == "UPDATE_ROLLBACK_COMPLETE"
    assert cfn.client.list_exports()["Exports"][0]["Value"] == "shared"
    assert cfn.delete("importer") == "DELETE_COMPLETE"
    assert cfn.delete("exporter") == "DELETE_COMPLETE"
    assert cfn.client.list_exports()["Exports"] == []


@pytest.mark.spec("cloudformation-046", "cloudformation-047")
def test_dependencies(cfn: Cfn) -> None:
    circle = {"A": parameter({"Ref": "B"}), "B": parameter({"Ref": "A"})}
    refused("Circular dependency between resources: [A, B]", cfn.create, "s", circle)
    refused("Circular dependency between resources: [A]", cfn.create, "s", {"A": parameter({"Ref": "A"})})
    assert cfn.create("s", {"A": parameter("a", DependsOn="B"), "B": parameter("b")}) == "CREATE_COMPLETE"
    events = cfn.statuses("s")
    assert events.index(("B", "CREATE_COMPLETE")) < events.index(("A", "CREATE_IN_PROGRESS"))
    identity = cfn.shown("s")["StackId"]
    cfn.delete("s")
    events = cfn.statuses(identity)
    assert events.index(("A", "DELETE_COMPLETE")) < events.index(("B", "DELETE_IN_PROGRESS"))


@pytest.mark.spec(
    "cloudformation-051", "cloudformation-055", "cloudformation-061", "cloudformation-062", "cloudformation-063"
)
def test_the_life_of_a_stack(cfn: Cfn) -> None:
    assert cfn.create("s", {"P": parameter("one")}) == "CREATE_COMPLETE"
    refused("Stack [s] already exists", cfn.create, "s", {"P": parameter("one")}, code="AlreadyExistsException")
    assert cfn.update("s", {"P": parameter("two")}) == "UPDATE_COMPLETE"
    assert cfn.value("s", "P") == "two"
    refused("No updates are to be performed.", cfn.update, "s", {"P": parameter("two")})
    cfn.client.update_termination_protection(StackName="s", EnableTerminationProtection=True)
    refused("TerminationProtection is enabled", cfn.client.delete_stack, StackName="s")
    cfn.client.update_termination_protection(StackName="s", EnableTerminationProtection=False)
    identity = cfn.shown("s")["StackId"]
    assert cfn.delete("s") == "DELETE_COMPLETE"
    assert cfn.account.client("ssm").describe_parameters()["Parameters"] == []
    refused("does not exist", cfn.client.describe_stacks, StackName="s")
    assert cfn.shown(identity)["StackStatus"] == "DELETE_COMPLETE"
    assert cfn.create("s", {"P": parameter("two")}) == "CREATE_COMPLETE"
    assert cfn.value("s", "P") == "two"


@pytest.mark.spec("cloudformation-054", "cloudformation-057", "cloudformation-058", "cloudformation-059")
def test_failures_are_rolled_back_unless_that_is_disabled(cfn: Cfn, account: Account) -> None:
    bad = {"A": parameter("one"), "B": {**BAD, "DependsOn": "A"}}
    assert cfn.create("s", bad) == "ROLLBACK_COMPLETE"
    own = [status for name, status in cfn.statuses("s") if name == "s"]
    assert own == ["CREATE_IN_PROGRESS", "ROLLBACK_IN_PROGRESS", "ROLLBACK_COMPLETE"]
    (failed,) = [event for event in cfn.events("s") if event["ResourceStatus"] == "CREATE_FAILED"]
    assert "Can only include alphanumeric characters" in failed["ResourceStatusReason"]
    assert account.client("ssm").describe_parameters()["Parameters"] == []
    refused("is in ROLLBACK_COMPLETE state and can not be updated", cfn.update, "s", {"A": parameter("x")})
    for name, how in (("t", {"DisableRollback": True}), ("u", {"OnFailure": "DO_NOTHING"})):
        assert cfn.create(name, bad, **how) == "CREATE_FAILED"
        assert cfn.value(name, "A") == "one"
    assert cfn.create("v", {"A": parameter("one")}) == "CREATE_COMPLETE"
    assert cfn.update("v", {"A": parameter("two"), "B": {**BAD, "DependsOn": "A"}}) == "UPDATE_ROLLBACK_COMPLETE"
    assert ("v", "UPDATE_ROLLBACK_IN_PROGRESS") in cfn.statuses("v")
    assert cfn.value("v", "A") == "one"


@pytest.mark.spec("cloudformation-056")
def test_a_change_set_previews(cfn: Cfn, account: Account) -> None:
    cfn.create("s", {"A": queue(QueueName="a"), "B": queue(DelaySeconds=1), "C": queue()})
    before = cfn.client.describe_stack_resources(StackName="s")["StackResources"]
    after = cfn.body({"A": queue(QueueName="b"), "B": queue(DelaySeconds=2), "D": queue()})
    cfn.client.create_change_set(StackName="s", ChangeSetName="c", TemplateBody=after)
    cfn.client.get_waiter("change_set_create_complete").wait(StackName="s", ChangeSetName="c")
    shown = cfn.client.describe_change_set(StackName="s", ChangeSetName="c")
    changes = {each["ResourceChange"]["LogicalResourceId"]: each["ResourceChange"] for each in shown["Changes"]}
    found = {name: (change["Action"], change.get("Replacement")) for name, change in changes.items()}
    assert found == {"A": ("Modify", "True"), "B": ("Modify", "False"), "C": ("Remove", None), "D": ("Add", None)}
    assert cfn.client.describe_stack_resources(StackName="s")["StackResources"] == before
    cfn.client.execute_change_set(StackName="s", ChangeSetName="c")
    assert cfn.end("s") == "UPDATE_COMPLETE"
    urls = account.client("sqs").list_queues()["QueueUrls"]
    assert sorted(url.rpartition("/")[2].rpartition("-")[0] for url in urls) == ["", "s-B", "s-D"]


@pytest.mark.spec("cloudformation-060")
def test_a_failed_rollback_is_continued(cfn: Cfn, account: Account) -> None:
    cfn.create("s", {"A": queue(QueueName="a", DelaySeconds=1)})
    changed = {"A": queue(QueueName="a", DelaySeconds=2), "B": {**BAD, "DependsOn": "A"}}
    assert cfn.update("s", changed, DisableRollback=True) == "UPDATE_FAILED"
    sqs = account.client("sqs")
    sqs.delete_queue(QueueUrl=sqs.get_queue_url(QueueName="a")["QueueUrl"])
    cfn.client.rollback_stack(StackName="s")
    assert cfn.end("s") == "UPDATE_ROLLBACK_FAILED"
    cfn.client.continue_update_rollback(StackName="s", ResourcesToSkip=["A"])
    assert cfn.end("s") == "UPDATE_ROLLBACK_COMPLETE"


@pytest.mark.spec("cloudformation-064", "cloudformation-066")
def test_deletion_policies(cfn: Cfn, account: Account) -> None:
    def names() -> list[str]:
        found = account.client("ssm").describe_parameters()["Parameters"]
        return sorted(each["Name"].split("-")[1] for each in found)

    kept, plain = parameter("k", DeletionPolicy="Retain"), parameter("p")
    assert cfn.create("s", {"Kept": kept, "Plain": plain, "H": HANDLE}) == "CREATE_COMPLETE"
    assert cfn.update("s", {"H": HANDLE}) == "UPDATE_COMPLETE"
    assert names() == ["Kept"]
    assert cfn.create("t", {"KeptToo": kept, "Plain": plain}) == "CREATE_COMPLETE"
    identity = cfn.shown("t")["StackId"]
    assert cfn.delete("t") == "DELETE_COMPLETE"
    assert names() == ["Kept", "KeptToo"]
    assert ("KeptToo", "DELETE_SKIPPED") in cfn.statuses(identity)


@pytest.mark.spec("cloudformation-068")
def test_a_bucket_with_objects_is_not_deleted(cfn: Cfn, account: Account) -> None:
    cfn.create("s", {"B": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "not-empty-of-mine"}}})
    account.client("s3").put_object(Bucket="not-empty-of-mine", Key="k", Body=b"x")
    assert cfn.delete("s") == "DELETE_FAILED"
    (failed,) = [
        event
        for event in cfn.events("s")
        if event["ResourceStatus"] == "DELETE_FAILED" and event["LogicalResourceId"] == "B"
    ]
    assert "BucketNotEmpty" in failed["ResourceStatusReason"]


@pytest.mark.spec("cloudformation-069")
def test_a_service_role_acts_instead_of_the_caller(cfn: Cfn, account: Account) -> None:
    iam = account.client("iam")
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "cloudformation.amazonaws.com"}}
    role = iam.create_role(RoleName="deployer", AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]
    iam.put_role_policy(
        RoleName="deployer",
        PolicyName="p",
        PolicyDocument=document({"Effect": "Allow", "Action": "s3:*", "Resource": "*"}),
    )
    iam.create_user(UserName="u")

    def allow(*actions: str) -> None:
        iam.put_user_policy(
            UserName="u",
            PolicyName="p",
            PolicyDocument=document({"Effect": "Allow", "Action": actions, "Resource": "*"}),
        )

    key = iam.create_access_key(UserName="u")["AccessKey"]
    client = account.client(
        "cloudformation", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"]
    )
    body = cfn.body({"B": {"Type": "AWS::S3::Bucket"}})
    allow("cloudformation:*")
    refused("iam:PassRole", client.create_stack, StackName="s", TemplateBody=body, RoleARN=role, code="AccessDenied")
    allow("cloudformation:*", "iam:PassRole")
    client.create_stack(StackName="s", TemplateBody=body, RoleARN=role)
    assert cfn.end("s") == "CREATE_COMPLETE"
    client.create_stack(StackName="t", TemplateBody=body)
    assert cfn.end("t") == "ROLLBACK_COMPLETE"
    (failed,) = [event for event in cfn.events("t") if event["ResourceStatus"] == "CREATE_FAILED"]
    assert "is not authorized to perform: s3:CreateBucket" in failed["ResourceStatusReason"]
    assert "HandlerErrorCode: AccessDenied" in failed["ResourceStatusReason"]


def document(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.mark.spec("cloudformation-070", "cloudformation-071")
def test_capabilities_are_acknowledged(cfn: Cfn) -> None:
    trust = json.loads(
        document({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}})
    )
    plain = {"R": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": trust}}}
    named = {"R": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": trust, "RoleName": "n"}}}
    code = "InsufficientCapabilitiesException"
    refused("Requires capabilities : [CAPABILITY_IAM]", cfn.create, "s", plain, code=code)
    refused(
        "Requires capabilities : [CAPABILITY_NAMED_IAM]",
        cfn.create,
        "s",
        named,
        Capabilities=["CAPABILITY_IAM"],
        code=code,
    )
    assert cfn.create("s", plain, Capabilities=["CAPABILITY_IAM"]) == "CREATE_COMPLETE"
    assert cfn.create("t", named, Capabilities=["CAPABILITY_NAMED_IAM"]) == "CREATE_COMPLETE"
    macro = {"Transform": "AWS::LanguageExtensions"}
    refused("Requires capabilities : [CAPABILITY_AUTO_EXPAND]", cfn.create, "u", {"H": HANDLE}, code=code, **macro)
    cfn.client.create_change_set(
        StackName="u", ChangeSetName="c", ChangeSetType="CREATE", TemplateBody=cfn.body({"H": HANDLE}, **macro)
    )
    cfn.client.get_waiter("change_set_create_complete").wait(StackName="u", ChangeSetName="c")


# Functions' code, and the CLI


@pytest.mark.spec("cloudformation-088", "cloudformation-089")
def test_a_function_from_s3(cfn: Cfn, account: Account) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as into:
        into.writestr("app.py", "def handler(event, context): return 'packed'")
    s3 = account.client("s3")
    s3.create_bucket(Bucket="code-of-mine")
    s3.put_object(Bucket="code-of-mine", Key="f.zip", Body=made.getvalue())
    trust = json.loads(
        document({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}})
    )

    def create(name: str, **properties: Any) -> str:
        resources = {
            "R": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": trust}},
            "F": {
                "Type": "AWS::Lambda::Function",
                "Properties": {
                    "Runtime": "python3.11",
                    "Handler": "app.handler",
                    "Role": {"Fn::GetAtt": "R.Arn"},
                    **properties,
                },
            },
        }
        return cfn.create(name, resources, Capabilities=["CAPABILITY_IAM"], Outputs={"F": {"Value": {"Ref": "F"}}})

    assert create("s", Code={"S3Bucket": "code-of-mine", "S3Key": "f.zip"}) == "CREATE_COMPLETE"
    answer = account.client("lambda").invoke(FunctionName=cfn.outputs("s")["F"])
    assert json.load(answer["Payload"]) == "packed"
    create("t", Code={"S3Bucket": "code-of-mine", "S3Key": "no.zip"})
    assert ("F", "CREATE_FAILED") in cfn.statuses("t")
    create("u", Code={"S3Bucket": "code-of-mine", "S3Key": "f.zip"}, CodeUri="s3://code-of-mine/f.zip")
    assert any("Encountered unsupported property CodeUri" in e.get("ResourceStatusReason", "") for e in cfn.events("u"))


@pytest.mark.spec("cloudformation-090")
def test_validate_template(cfn: Cfn, account: Account, tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text('{"Resources": {')
    (tmp_path / "good.json").write_text(
        cfn.body(
            {"G": {"Type": "AWS::IAM::Group"}}, Parameters={"P": {"Type": "String", "NoEcho": True, "Default": "d"}},
            Transform="AWS::LanguageExtensions",
        )
    )  # fmt: skip
    bad = run(
        account, "cloudformation", "validate-template", "--template-body", f"file://{tmp_path / 'bad.json'}", code=255
    )
    assert "(ValidationError)" in bad
    assert "JSON not well-formed" in bad
    shown = json.loads(
        run(account, "cloudformation", "validate-template", "--template-body", f"file://{tmp_path / 'good.json'}")
    )
    assert shown["Parameters"] == [{"ParameterKey": "P", "DefaultValue": "d", "NoEcho": True}]
    assert (shown["Capabilities"], shown["DeclaredTransforms"]) == (["CAPABILITY_IAM"], ["AWS::LanguageExtensions"])


@pytest.mark.spec("cloudformation-092")
def test_deploy(cfn: Cfn, account: Account, tmp_path: Path) -> None:
    file = tmp_path / "t.json"
    file.write_text(cfn.body({"P": parameter({"Ref": "V"})}, Parameters={"V": {"Type": "String", "Default": "d"}}))
    words = (
        "cloudformation",
        "deploy",
        "--template-file",
        str(file),
        "--stack-name",
        "s",
        "--parameter-overrides",
        "V=given",
    )
    assert "Successfully created/updated stack" in run(account, *words)
    assert cfn.shown("s")["StackStatus"] == "CREATE_COMPLETE"
    assert cfn.value("s", "P") == "given"
    (change_set,) = cfn.client.list_change_sets(StackName="s")["Summaries"]
    shown = cfn.client.describe_change_set(StackName="s", ChangeSetName=change_set["ChangeSetName"])
    assert (shown["Status"], shown["ExecutionStatus"]) == ("CREATE_COMPLETE", "EXECUTE_COMPLETE")
    assert "No changes to deploy" in run(account, *words, "--fail-on-empty-changeset", code=255)
    assert "No changes to deploy" in run(account, *words, "--no-fail-on-empty-changeset")
    run(account, "cloudformation", "delete-stack", "--stack-name", "s")
    run(account, "cloudformation", "wait", "stack-delete-complete", "--stack-name", "s")
    assert gone(cfn, "s")


# SAM's transform


INLINE = "def handler(event, context): return 'inline'"


@pytest.mark.spec("sam-001", "sam-011")
def test_the_serverless_transform(cfn: Cfn, account: Account) -> None:
    resources = {
        "F": {"Type": "AWS::Serverless::Function", "Properties": {"Runtime": "python3.11", "Handler": "index.handler", "InlineCode": INLINE}},
        "T": {"Type": "AWS::Serverless::SimpleTable"},
    }  # fmt: skip
    transform = {"Transform": "AWS::Serverless-2016-10-31", "Outputs": {"T": {"Value": {"Ref": "T"}}}}
    code = "InsufficientCapabilitiesException"
    refused(
        "[CAPABILITY_AUTO_EXPAND]", cfn.create, "s", resources, Capabilities=["CAPABILITY_IAM"], code=code, **transform
    )
    capabilities = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
    assert cfn.create("s", resources, Capabilities=capabilities, **transform) == "CREATE_COMPLETE"
    processed = cfn.client.get_template(StackName="s", TemplateStage="Processed")["TemplateBody"]
    kinds = {resource["Type"] for resource in processed["Resources"].values()}
    assert kinds == {"AWS::Lambda::Function", "AWS::IAM::Role", "AWS::DynamoDB::Table"}
    table = account.client("dynamodb").describe_table(TableName=cfn.outputs("s")["T"])["Table"]
    assert table["KeySchema"] == [{"AttributeName": "id", "KeyType": "HASH"}]
    assert table["AttributeDefinitions"] == [{"AttributeName": "id", "AttributeType": "S"}]


@pytest.mark.spec("sam-002")
def test_serverless_types_need_the_transform(cfn: Cfn) -> None:
    resources = {"T": {"Type": "AWS::Serverless::SimpleTable"}}
    refused("Unrecognized resource types: [AWS::Serverless::SimpleTable]", cfn.create, "s", resources)
    transform = "AWS::Serverless-2016-10-31"
    create = cfn.client.create_stack
    refused("At least one Resources member", create, StackName="s", TemplateBody=json.dumps({"Transform": transform}))
    assert cfn.create("s", resources, Transform=transform, Capabilities=["CAPABILITY_AUTO_EXPAND"]) == "CREATE_COMPLETE"
    rows = cfn.client.describe_stack_resources(StackName="s")["StackResources"]
    assert [row["ResourceType"] for row in rows] == ["AWS::DynamoDB::Table"]
    summary = cfn.client.get_template_summary(TemplateBody=cfn.body(resources, Transform=transform))
    assert summary["DeclaredTransforms"] == [transform]


_CUSTOM = """
import cfnresponse
def handler(event, context):
    given = event["ResourceProperties"]
    status = cfnresponse.FAILED if given.get("Fails") == "true" else cfnresponse.SUCCESS
    data = {"Seen": event["RequestType"] + given.get("Number", "") + event["ResourceType"]}
    cfnresponse.send(event, context, status, data, "id-" + given.get("Number", ""), reason="as asked")
"""


@pytest.mark.spec("cloudformation-081")
def test_a_custom_resource_is_made_by_its_function(cfn: Cfn, account: Account) -> None:
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = {"Version": "2012-10-17", "Statement": [trust]}
    code = {"Runtime": "python3.11", "Handler": "index.handler", "Code": {"ZipFile": _CUSTOM}}
    token = {"ServiceToken": {"Fn::GetAtt": "F.Arn"}}

    def resources(**given: Any) -> dict[str, Any]:
        return {
            "R": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": document}},
            "F": {"Type": "AWS::Lambda::Function", "Properties": {**code, "Role": {"Fn::GetAtt": "R.Arn"}}},
            "A": {"Type": "Custom::Mine", "Properties": {**token, **given}},
            "B": {"Type": "AWS::CloudFormation::CustomResource", "Properties": {**token, "Number": 7}},
        }

    outputs = {"A": {"Value": {"Fn::GetAtt": "A.Seen"}}, "B": {"Value": {"Fn::GetAtt": "B.Seen"}}}
    given = {"Outputs": outputs, "Capabilities": ["CAPABILITY_IAM"]}
    assert cfn.create("s", resources(Number=1), **given) == "CREATE_COMPLETE"
    assert cfn.outputs("s") == {"A": "Create1Custom::Mine", "B": "Create7AWS::CloudFormation::CustomResource"}
    assert cfn.update("s", resources(Number=2), **given) == "UPDATE_COMPLETE"
    assert cfn.outputs("s")["A"] == "Update2Custom::Mine"
    assert cfn.update("s", resources(Number=2, Fails=True), **given) == "UPDATE_ROLLBACK_COMPLETE"
    assert any("Message returned: as asked" in event.get("ResourceStatusReason", "") for event in cfn.events("s"))
