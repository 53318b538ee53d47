"""The rules of REST APIs, their resources, methods and deployments."""

from __future__ import annotations

import json
from typing import Any

import pytest

from skyjar.kernel.errors import AWSError


@pytest.fixture
def api(desk: Any) -> Any:
    return Api(desk.ask("apigateway"))


class Api:
    def __init__(self, gateway: Any) -> None:
        self.gateway = gateway
        made = gateway.create_rest_api(name="a")
        self.id, self.root = made["id"], made["rootResourceId"]

    def resource(self, part: str, parent: str = "") -> str:
        made = self.gateway.create_resource(rest_api_id=self.id, parent_id=parent or self.root, path_part=part)
        return str(made["id"])

    def method(self, resource: str = "", verb: str = "GET") -> dict[str, str]:
        at = {"rest_api_id": self.id, "resource_id": resource or self.root, "http_method": verb}
        self.gateway.put_method(**at, authorization_type="NONE")
        return at


def refused(code: str, words: str, run: Any, **parameters: Any) -> None:
    with pytest.raises(AWSError) as caught:
        run(**parameters)
    assert caught.value.code == code
    assert words in caught.value.message


def test_paths_follow_their_parents(api: Any) -> None:
    cats = api.resource("cats")
    api.resource("{id}", cats)
    paths = [item["path"] for item in api.gateway.get_resources(rest_api_id=api.id)["items"]]
    assert paths == ["/", "/cats", "/cats/{id}"]
    patch = [{"op": "replace", "path": "/pathPart", "value": "dogs"}]
    api.gateway.update_resource(rest_api_id=api.id, resource_id=cats, patch_operations=patch)
    page = api.gateway.get_resources(rest_api_id=api.id, limit=2)
    assert [item["path"] for item in page["items"]] == ["/", "/dogs"]
    rest = api.gateway.get_resources(rest_api_id=api.id, position=page["position"])
    assert [item["path"] for item in rest["items"]] == ["/dogs/{id}"]
    api.gateway.delete_resource(rest_api_id=api.id, resource_id=cats)
    assert len(api.gateway.get_resources(rest_api_id=api.id)["items"]) == 1


def test_siblings_differ(api: Any) -> None:
    api.resource("{id}")
    make = {"rest_api_id": api.id, "parent_id": api.root}
    create = api.gateway.create_resource
    refused("ConflictException", "already has this name: {id}", create, **make, path_part="{id}")
    refused("BadRequestException", "A sibling ({id})", create, **make, path_part="{other}")
    refused("BadRequestException", "path part only allow", create, **make, path_part="a/b")
    greedy = api.resource("{all+}")
    refused("BadRequestException", "greedy", create, rest_api_id=api.id, parent_id=greedy, path_part="x")


def test_what_does_not_exist_is_named(api: Any) -> None:
    gateway = api.gateway
    refused(
        "NotFoundException", "Invalid API identifier specified 111122223333:x", gateway.get_rest_api, rest_api_id="x"
    )
    at = {"rest_api_id": api.id, "resource_id": api.root, "http_method": "GET"}
    refused("NotFoundException", "Invalid Method identifier specified", gateway.get_method, **at)
    api.method()
    refused("NotFoundException", "Invalid Integration identifier specified", gateway.get_integration, **at)
    gateway.put_integration(**at, type="MOCK")
    refused(
        "NotFoundException",
        "Invalid Response status code specified",
        gateway.put_integration_response,
        **at,
        status_code="200",
    )


def test_headers_must_be_declared(api: Any) -> None:
    at = api.method()
    api.gateway.put_integration(**at, type="MOCK")
    api.gateway.put_method_response(**at, status_code="200")
    put = api.gateway.put_integration_response
    parameters = {"method.response.header.X": "'1'"}
    refused(
        "BadRequestException", "method.response.header.X", put, **at, status_code="200", response_parameters=parameters
    )


def test_deploying_needs_integrated_methods(api: Any) -> None:
    deploy = api.gateway.create_deployment
    refused("BadRequestException", "doesn't contain any methods", deploy, rest_api_id=api.id)
    at = api.method()
    refused("BadRequestException", "No integration defined for method", deploy, rest_api_id=api.id)
    api.gateway.put_integration(**at, type="MOCK")
    made = deploy(rest_api_id=api.id, stage_name="s")["id"]
    delete = api.gateway.delete_deployment
    refused("BadRequestException", "Active stages pointing to", delete, rest_api_id=api.id, deployment_id=made)
    api.gateway.delete_stage(rest_api_id=api.id, stage_name="s")
    delete(rest_api_id=api.id, deployment_id=made)


def test_patches(api: Any) -> None:
    patches = [
        {"op": "replace", "path": "/name", "value": "b"},
        {"op": "add", "path": "/binaryMediaTypes/image~1png"},
        {"op": "replace", "path": "/endpointConfiguration/types/EDGE", "value": "REGIONAL"},
        {"op": "replace", "path": "/disableExecuteApiEndpoint", "value": "true"},
    ]
    shown = api.gateway.update_rest_api(rest_api_id=api.id, patch_operations=patches)
    assert (shown["name"], shown["binaryMediaTypes"], shown["disableExecuteApiEndpoint"]) == ("b", ["image/png"], True)
    assert shown["endpointConfiguration"]["types"] == ["REGIONAL"]
    update = api.gateway.update_rest_api
    wrong = [{"op": "replace", "path": "/nothing", "value": ""}]
    refused("BadRequestException", "Invalid patch path  '/nothing'", update, rest_api_id=api.id, patch_operations=wrong)
    absent = [{"op": "replace", "path": "/minimumCompressionSize", "value": "1"}]
    refused("NotImplemented", "/minimumCompressionSize", update, rest_api_id=api.id, patch_operations=absent)


def test_stage_settings_that_do_nothing_here_are_refused(api: Any) -> None:
    at = api.method()
    api.gateway.put_integration(**at, type="MOCK")
    api.gateway.create_deployment(rest_api_id=api.id, stage_name="s")
    for path, value in (
        ("/*/*/throttling/rateLimit", "1"),
        ("/tracingEnabled", "true"),
        ("/cacheClusterEnabled", "true"),
    ):
        patches = [{"op": "replace", "path": path, "value": value}]
        where = {"rest_api_id": api.id, "stage_name": "s"}
        refused("NotImplemented", "apigateway", api.gateway.update_stage, **where, patch_operations=patches)


def test_tags_of_apis_and_stages(api: Any) -> None:
    at = api.method()
    api.gateway.put_integration(**at, type="MOCK")
    api.gateway.create_deployment(rest_api_id=api.id, stage_name="s")
    for path in (f"/restapis/{api.id}", f"/restapis/{api.id}/stages/s"):
        arn = f"arn:aws:apigateway:us-east-1::{path}"
        api.gateway.tag_resource(resource_arn=arn, tags={"a": "1", "b": "2"})
        api.gateway.untag_resource(resource_arn=arn, tag_keys=["a"])
        assert api.gateway.get_tags(resource_arn=arn) == {"tags": {"b": "2"}}


@pytest.mark.spec("apigateway-029")
def test_tags_decide_who_may_delete(desk: Any) -> None:
    gateway, iam = desk.ask("apigateway"), desk.ask("iam")
    mine = gateway.create_rest_api(name="a", tags={"team": "x"})["id"]
    other = gateway.create_rest_api(name="b", tags={"team": "y"})["id"]
    user = iam.create_user(user_name="u")["User"]
    statement = {
        "Effect": "Allow",
        "Action": "apigateway:DELETE",
        "Resource": "arn:aws:apigateway:us-east-1::/restapis/*",
        "Condition": {"StringEquals": {"aws:ResourceTag/team": "x"}},
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(user_name="u", policy_name="p", policy_document=document)
    from skyjar.kernel.principals import Principal

    who = Principal(kind="user", account=desk.account, arn=user["Arn"], id=user["UserId"], name="u")
    asked = desk.ask("apigateway", who)
    refused("AccessDeniedException", "apigateway:DELETE", asked.delete_rest_api, rest_api_id=other)
    asked.delete_rest_api(rest_api_id=mine)


def test_the_account_remembers_its_log_role(desk: Any) -> None:
    gateway = desk.ask("apigateway")
    assert "cloudwatchRoleArn" not in gateway.get_account()
    patches = [{"op": "replace", "path": "/cloudwatchRoleArn", "value": "arn:aws:iam::111122223333:role/r"}]
    gateway.update_account(patch_operations=patches)
    assert gateway.get_account()["cloudwatchRoleArn"].endswith(":role/r")
