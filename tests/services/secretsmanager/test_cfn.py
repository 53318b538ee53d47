"""AWS::SecretsManager::* in a stack, and references to secrets in templates."""

import json
from typing import Any


def deploy(desk: Any, resources: dict[str, Any], outputs: dict[str, Any], *, again: bool = False) -> dict[str, str]:
    cfn = desk.ask("cloudformation")
    body = json.dumps({"Resources": resources, "Outputs": {key: {"Value": value} for key, value in outputs.items()}})
    (cfn.update_stack if again else cfn.create_stack)(stack_name="s", template_body=body)
    desk.settle()
    stack = cfn.describe_stacks(stack_name="s")["Stacks"][0]
    assert stack["StackStatus"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE"), [
        (event.get("LogicalResourceId"), event.get("ResourceStatusReason"))
        for event in cfn.describe_stack_events(stack_name="s")["StackEvents"]
    ]
    return {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])}


def secret(**generate: Any) -> dict[str, Any]:
    return {"Type": "AWS::SecretsManager::Secret", "Properties": {"Name": "db", "GenerateSecretString": generate}}


def parameter(name: str, value: Any) -> dict[str, Any]:
    return {"Type": "AWS::SSM::Parameter", "Properties": {"Name": name, "Type": "String", "Value": value}}


GENERATE = {"SecretStringTemplate": '{"user":"admin"}', "GenerateStringKey": "password", "PasswordLength": 12}


def test_a_generated_secret_is_used_by_reference(desk: Any) -> None:
    join = ["", ["{{resolve:secretsmanager:", {"Ref": "Secret"}, ":SecretString:password::}}"]]
    resources = {
        "Secret": secret(**GENERATE),
        "User": parameter("user", {"Fn::Sub": "{{resolve:secretsmanager:${Secret}:SecretString:user}}"}),
        "Password": parameter("password", {"Fn::Join": join}),
        "Policy": {
            "Type": "AWS::SecretsManager::ResourcePolicy",
            "Properties": {
                "SecretId": {"Ref": "Secret"},
                "BlockPublicPolicy": True,
                "ResourcePolicy": {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Deny",
                            "Principal": "*",
                            "Action": "secretsmanager:DeleteSecret",
                            "Resource": "*",
                            "Condition": {"StringEquals": {"aws:PrincipalAccount": "999999999999"}},
                        }
                    ],
                },
            },
        },
    }
    found = deploy(desk, resources, {"Arn": {"Ref": "Secret"}, "Id": {"Fn::GetAtt": ["Secret", "Id"]}})
    assert found["Arn"] == found["Id"]
    secrets, ssm = desk.ask("secretsmanager"), desk.ask("ssm")
    value = json.loads(secrets.get_secret_value(secret_id="db")["SecretString"])
    assert (value["user"], len(value["password"])) == ("admin", 12)
    assert ssm.get_parameter(name="user")["Parameter"]["Value"] == "admin"
    assert ssm.get_parameter(name="password")["Parameter"]["Value"] == value["password"]
    assert "DeleteSecret" in secrets.get_resource_policy(secret_id=found["Arn"])["ResourcePolicy"]

    del resources["Policy"]
    resources["Secret"] = secret(**{**GENERATE, "PasswordLength": 20})
    resources["Whole"] = parameter("whole", "{{resolve:secretsmanager:db}}")
    resources["Whole"]["DependsOn"] = "Secret"
    deploy(desk, resources, {}, again=True)
    value = secrets.get_secret_value(secret_id="db")["SecretString"]
    assert len(json.loads(value)["password"]) == 20
    assert ssm.get_parameter(name="whole")["Parameter"]["Value"] == value
    assert "ResourcePolicy" not in secrets.get_resource_policy(secret_id="db")

    desk.ask("cloudformation").delete_stack(stack_name="s")
    desk.settle()
    assert secrets.list_secrets(include_planned_deletion=True)["SecretList"] == []


def test_a_reference_to_what_is_not_there_fails_the_resource(desk: Any) -> None:
    desk.ask("secretsmanager").create_secret(name="db", secret_string='{"a":1}')
    body = {"Resources": {"P": parameter("p", "{{resolve:secretsmanager:db:SecretString:b}}")}}
    desk.ask("cloudformation").create_stack(stack_name="s", template_body=json.dumps(body))
    desk.settle()
    events = desk.ask("cloudformation").describe_stack_events(stack_name="s")["StackEvents"]
    reasons = [each.get("ResourceStatusReason", "") for each in events]
    assert any("Could not find a value associated with JSONKey in SecretString" in reason for reason in reasons)
