"""REST APIs in a stack."""

import json
from typing import Any

import pytest

MOCK = {
    "Type": "MOCK",
    "RequestTemplates": {"application/json": "{ statusCode: 200 }"},
    "IntegrationResponses": [
        {"StatusCode": "200", "ResponseParameters": {"method.response.header.X-A": "'1'"}},
    ],
}


def template(mock: dict[str, Any] = MOCK, deployment: str = "D1", **stage: Any) -> str:
    api = {"Ref": "Api"}
    resources = {
        "Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "cats", "Description": "of cats"}},
        "Cats": {
            "Type": "AWS::ApiGateway::Resource",
            "Properties": {
                "RestApiId": api,
                "ParentId": {"Fn::GetAtt": ["Api", "RootResourceId"]},
                "PathPart": "cats",
            },
        },
        "Get": {
            "Type": "AWS::ApiGateway::Method",
            "Properties": {
                "RestApiId": api,
                "ResourceId": {"Ref": "Cats"},
                "HttpMethod": "GET",
                "AuthorizationType": "NONE",
                "Integration": mock,
                "MethodResponses": [
                    {"StatusCode": 200, "ResponseParameters": {"method.response.header.X-A": True}},
                ],
            },
        },
        deployment: {
            "Type": "AWS::ApiGateway::Deployment",
            "DependsOn": "Get",
            "Properties": {"RestApiId": api, "StageName": "Stage"},
        },
        "Prod": {
            "Type": "AWS::ApiGateway::Stage",
            "Properties": {"RestApiId": api, "DeploymentId": {"Ref": deployment}, "StageName": "prod", **stage},
        },
    }
    outputs = {"Id": {"Value": api}, "Stage": {"Value": {"Ref": "Prod"}}}
    return json.dumps({"Resources": resources, "Outputs": outputs})


@pytest.fixture
def stack(desk: Any) -> Any:
    def deploy(operation: str, body: str) -> dict[str, str]:
        cfn = desk.ask("cloudformation")
        getattr(cfn, operation)(stack_name="s", template_body=body)
        desk.settle()
        found = cfn.describe_stacks(stack_name="s")["Stacks"][0]
        if not found["StackStatus"].endswith(("CREATE_COMPLETE", "UPDATE_COMPLETE")):
            events = cfn.describe_stack_events(stack_name="s")["StackEvents"]
            raise AssertionError([each.get("ResourceStatusReason") for each in events])
        return {each["OutputKey"]: each["OutputValue"] for each in found["Outputs"]}

    return deploy


def test_an_api_follows_its_template(desk: Any, stack: Any) -> None:
    gateway = desk.ask("apigateway")
    out = stack("create_stack", template(Variables={"a": "1"}))
    api = out["Id"]
    assert out["Stage"] == "prod"
    first = gateway.get_stage(rest_api_id=api, stage_name="prod")
    assert first["variables"] == {"a": "1"}
    assert {stage["stageName"] for stage in gateway.get_stages(rest_api_id=api)["item"]} == {"prod", "Stage"}
    changed = {**MOCK, "RequestTemplates": {"application/json": '{"statusCode": 404}'}}
    stack("update_stack", template(changed, "D2", Variables={"b": "2"}, Description="d"))
    second = gateway.get_stage(rest_api_id=api, stage_name="prod")
    assert (second["variables"], second["description"]) == ({"b": "2"}, "d")
    assert second["deploymentId"] != first["deploymentId"]
    deployments = gateway.get_deployments(rest_api_id=api)["items"]
    assert [deployment["id"] for deployment in deployments] == [second["deploymentId"]]
    items = gateway.get_resources(rest_api_id=api, embed=["methods"])["items"]
    method = items[1]["resourceMethods"]["GET"]
    assert method["methodIntegration"]["requestTemplates"] == changed["RequestTemplates"]
    desk.ask("cloudformation").delete_stack(stack_name="s")
    desk.settle()
    assert gateway.get_rest_apis()["items"] == []


def test_a_body_and_its_changes_are_imported(desk: Any, stack: Any) -> None:
    def body(path: str) -> str:
        method = {"x-amazon-apigateway-integration": {"type": "mock"}}
        document = {"swagger": "2.0", "info": {"title": "t"}, "paths": {path: {"get": method}}}
        properties = {
            "Body": document,
            "Parameters": {"endpointConfigurationTypes": "REGIONAL"},
            "EndpointConfiguration": {"Types": ["REGIONAL"]},
            "BinaryMediaTypes": ["image/png"],
            "Tags": [{"Key": "k", "Value": path}],
        }
        api = {"Type": "AWS::ApiGateway::RestApi", "Properties": properties}
        return json.dumps({"Resources": {"Api": api}, "Outputs": {"Id": {"Value": {"Ref": "Api"}}}})

    gateway = desk.ask("apigateway")
    api = stack("create_stack", body("/a"))["Id"]
    shown = gateway.get_rest_api(rest_api_id=api)
    assert (shown["name"], shown["binaryMediaTypes"], shown["tags"]["k"]) == ("t", ["image/png"], "/a")
    assert shown["endpointConfiguration"]["types"] == ["REGIONAL"]
    assert stack("update_stack", body("/b"))["Id"] == api
    assert [item["path"] for item in gateway.get_resources(rest_api_id=api)["items"]] == ["/", "/b"]
    assert gateway.get_rest_api(rest_api_id=api)["tags"]["k"] == "/b"


def test_a_property_that_is_not_here_fails_by_name(stack: Any) -> None:
    with pytest.raises(AssertionError, match="MethodSettings"):
        stack("create_stack", template(MethodSettings=[{"HttpMethod": "*", "ResourcePath": "/*"}]))
