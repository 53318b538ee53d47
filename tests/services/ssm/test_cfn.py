"""AWS::SSM::Parameter in a stack."""

import json
from typing import Any


def template(value: str, tags: dict[str, str]) -> str:
    properties = {"Type": "String", "Value": value, "Name": "/app/v", "Tags": tags}
    resources = {
        "Named": {"Type": "AWS::SSM::Parameter", "Properties": properties},
        "Other": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": {"Ref": "Named"}}},
    }
    output = {
        "Value": {"Value": {"Fn::GetAtt": ["Named", "Value"]}},
        "Arn": {"Value": {"Fn::GetAtt": ["Named", "Arn"]}},
        "Other": {"Value": {"Ref": "Other"}},
    }
    return json.dumps({"Resources": resources, "Outputs": output})


def test_a_parameter_follows_its_template(desk: Any) -> None:
    cfn, ssm = desk.ask("cloudformation"), desk.ask("ssm")
    cfn.create_stack(stack_name="s", template_body=template("1", {"a": "1"}))
    desk.settle()
    stack = cfn.describe_stacks(stack_name="s")["Stacks"][0]
    found = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}
    assert found["Value"] == "1"
    assert found["Arn"] == f"arn:aws:ssm:us-east-1:{desk.account}:parameter/app/v"
    assert found["Other"].startswith("CFN-Other-")
    assert ssm.get_parameter(name=found["Other"])["Parameter"]["Value"] == "/app/v"
    cfn.update_stack(stack_name="s", template_body=template("2", {"b": "1"}))
    desk.settle()
    shown = ssm.get_parameter(name="/app/v")["Parameter"]
    assert (shown["Value"], shown["Version"]) == ("2", 2)
    tags = ssm.list_tags_for_resource(resource_type="Parameter", resource_id="/app/v")["TagList"]
    assert [tag["Key"] for tag in tags] == ["b"]
    cfn.delete_stack(stack_name="s")
    desk.settle()
    assert ssm.describe_parameters()["Parameters"] == []


def test_a_parameter_has_the_policies_of_its_template(desk: Any) -> None:
    cfn, ssm = desk.ask("cloudformation"), desk.ask("ssm")
    policy = {"Type": "NoChangeNotification", "Version": "1.0", "Attributes": {"After": "20", "Unit": "Days"}}
    properties = {"Type": "String", "Value": "1", "Name": "/a", "Tier": "Advanced", "DataType": "integer"}

    def body(**more: str) -> str:
        return json.dumps({"Resources": {"P": {"Type": "AWS::SSM::Parameter", "Properties": {**properties, **more}}}})

    cfn.create_stack(stack_name="s", template_body=body(Policies=json.dumps([policy]), Description="d"))
    desk.settle()
    (shown,) = ssm.describe_parameters()["Parameters"]
    assert ([each["PolicyType"] for each in shown["Policies"]], shown["Description"]) == (["NoChangeNotification"], "d")
    cfn.update_stack(stack_name="s", template_body=body())
    desk.settle()
    (shown,) = ssm.describe_parameters()["Parameters"]
    assert (shown["Policies"], shown.get("Description"), shown["DataType"]) == ([], None, "integer")
    cfn.create_stack(stack_name="t", template_body=body(Type="SecureString", Name="/b"))
    desk.settle()
    events = cfn.describe_stack_events(stack_name="t")["StackEvents"]
    sentence = "SSM Parameters of type SecureString cannot be created using CloudFormation"
    assert any(sentence in each.get("ResourceStatusReason", "") for each in events)
