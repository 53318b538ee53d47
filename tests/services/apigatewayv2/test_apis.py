"""The rules of HTTP APIs, and which route a request takes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from skyjar.kernel.errors import AWSError
from skyjar.services.apigatewayv2 import matching
from skyjar.services.apigatewayv2.state import Route


def refused(code: str, words: str, run: Any, **parameters: Any) -> None:
    with pytest.raises(AWSError) as caught:
        run(**parameters)
    assert caught.value.code == code
    assert words in caught.value.message


KEYS = ("$default", "ANY /{all+}", "GET /a/{x}", "ANY /a/b", "GET /a/b", "GET /a/{x}/c", "ANY /")


@pytest.mark.parametrize(
    ("method", "path", "key", "parameters"),
    [
        ("GET", "/a/b", "GET /a/b", {}),
        ("PUT", "/a/b", "ANY /a/b", {}),
        ("GET", "/a/z%20y", "GET /a/{x}", {"x": "z y"}),
        ("PUT", "/a/z", "ANY /{all+}", {"all": "a/z"}),
        ("GET", "/a/z/c", "GET /a/{x}/c", {"x": "z"}),
        ("GET", "/", "ANY /", {}),
    ],
)
def test_the_most_specific_route_is_taken(method: str, path: str, key: str, parameters: dict[str, str]) -> None:
    routes = [Route(api="a", id=key, key=key) for key in KEYS]
    chosen = matching.choose(routes, method, path)
    assert chosen is not None
    assert (chosen[0].key, chosen[1]) == (key, parameters)


def test_default_takes_what_no_other_route_does() -> None:
    routes = [Route(api="a", id=key, key=key) for key in ("GET /a", "$default")]
    chosen = matching.choose(routes, "GET", "/b")
    assert chosen is not None
    assert chosen[0].key == "$default"
    assert matching.choose(routes[:1], "GET", "/b") is None


def test_routes_and_integrations_hold_together(desk: Any) -> None:
    gateway = desk.ask("apigatewayv2")
    api = gateway.create_api(name="a", protocol_type="HTTP")["ApiId"]
    create = gateway.create_route
    refused("BadRequestException", "not formatted properly", create, api_id=api, route_key="GET a")
    refused("BadRequestException", "Invalid target", create, api_id=api, route_key="GET /", target="integrations/x")
    made = gateway.create_integration(
        api_id=api, integration_type="AWS_PROXY", integration_uri="arn:x", payload_format_version="2.0"
    )["IntegrationId"]
    create(api_id=api, route_key="GET /", target=f"integrations/{made}")
    refused("ConflictException", "already exists", create, api_id=api, route_key="GET /")
    refused("ConflictException", "used by Route", gateway.delete_integration, api_id=api, integration_id=made)
    refused("NotFoundException", "Invalid API identifier", gateway.get_api, api_id="x")


def test_deploying_needs_a_route(desk: Any) -> None:
    gateway = desk.ask("apigatewayv2")
    api = gateway.create_api(name="a", protocol_type="HTTP")["ApiId"]
    refused("BadRequestException", "At least one route", gateway.create_deployment, api_id=api)


def test_selections_are_as_they_are(desk: Any) -> None:
    """Terraform sends both defaults with every API."""
    gateway = desk.ask("apigatewayv2")
    selections = {"route_selection_expression": "$request.method $request.path"}
    made = gateway.create_api(
        name="a", protocol_type="HTTP", api_key_selection_expression="$request.header.x-api-key", **selections
    )
    gateway.update_api(api_id=made["ApiId"], **selections)
    change = {"api_id": made["ApiId"], "api_key_selection_expression": "$context.authorizer.usageIdentifierKey"}
    refused("BadRequestException", "API key selection", gateway.update_api, **change)


def test_tags_and_pages(desk: Any) -> None:
    gateway = desk.ask("apigatewayv2")
    made = {gateway.create_api(name=name, protocol_type="HTTP", tags={"n": name})["ApiId"] for name in "abc"}
    page = gateway.get_apis(max_results="2")
    rest = gateway.get_apis(next_token=page["NextToken"])
    assert {api["ApiId"] for api in page["Items"] + rest["Items"]} == made
    arn = f"arn:aws:apigateway:us-east-1::/apis/{min(made)}"
    gateway.tag_resource(resource_arn=arn, tags={"x": "1"})
    gateway.untag_resource(resource_arn=arn, tag_keys=["n"])
    assert gateway.get_tags(resource_arn=arn) == {"Tags": {"x": "1"}}


def test_an_api_follows_its_template(desk: Any) -> None:
    def template(path: str, *tags: str) -> str:
        api = {"Ref": "Api"}
        target = {"Fn::Sub": "integrations/${Integration}"}
        integration = {"ApiId": api, "IntegrationType": "AWS_PROXY", "IntegrationUri": "arn:x"}
        resources = {
            "Api": {
                "Type": "AWS::ApiGatewayV2::Api",
                "Properties": {"Name": "a", "ProtocolType": "HTTP", "Tags": dict.fromkeys(tags, "1")},
            },
            "Integration": {
                "Type": "AWS::ApiGatewayV2::Integration",
                "Properties": {**integration, "PayloadFormatVersion": "2.0"},
            },
            "Route": {
                "Type": "AWS::ApiGatewayV2::Route",
                "Properties": {"ApiId": api, "RouteKey": f"GET {path}", "Target": target},
            },
            "Stage": {
                "Type": "AWS::ApiGatewayV2::Stage",
                "Properties": {"ApiId": api, "StageName": "$default", "AutoDeploy": True},
            },
        }
        return json.dumps({"Resources": resources, "Outputs": {"Id": {"Value": api}}})

    cfn, gateway = desk.ask("cloudformation"), desk.ask("apigatewayv2")
    cfn.create_stack(stack_name="s", template_body=template("/a", "x"))
    desk.settle()
    api = cfn.describe_stacks(stack_name="s")["Stacks"][0]["Outputs"][0]["OutputValue"]
    assert gateway.get_routes(api_id=api)["Items"][0]["RouteKey"] == "GET /a"
    cfn.update_stack(stack_name="s", template_body=template("/b", "y"))
    desk.settle()
    assert gateway.get_routes(api_id=api)["Items"][0]["RouteKey"] == "GET /b"
    assert list(gateway.get_api(api_id=api)["Tags"]) == ["y"]
    cfn.delete_stack(stack_name="s")
    desk.settle()
    assert gateway.get_apis()["Items"] == []
