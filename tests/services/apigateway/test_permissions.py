"""Which action on which ARN an operation needs (Service Authorization Reference, "Amazon API Gateway Management")."""

from typing import Any

import pytest

from skyjar.services.apigateway import permissions

AT = {"rest_api_id": "a", "resource_id": "r", "http_method": "GET"}


class Here:
    region = "eu-west-1"


@pytest.mark.parametrize(
    ("operation", "parameters", "verb", "path"),
    [
        ("create_rest_api", {"name": "n"}, "POST", "/restapis"),
        ("import_rest_api", {"body": b""}, "POST", "/restapis"),
        ("get_rest_apis", {}, "GET", "/restapis"),
        ("put_rest_api", {"rest_api_id": "a"}, "PUT", "/restapis/a"),
        ("create_resource", {"rest_api_id": "a", "parent_id": "p"}, "POST", "/restapis/a/resources/p"),
        ("get_resources", {"rest_api_id": "a"}, "GET", "/restapis/a/resources"),
        ("delete_resource", {"rest_api_id": "a", "resource_id": "r"}, "DELETE", "/restapis/a/resources/r"),
        ("put_method", AT, "PUT", "/restapis/a/resources/r/methods/GET"),
        ("update_integration", AT, "PATCH", "/restapis/a/resources/r/methods/GET/integration"),
        ("put_integration_response", {**AT, "status_code": "200"}, "PUT",
         "/restapis/a/resources/r/methods/GET/integration/responses/200"),
        ("put_method_response", {**AT, "status_code": "200"}, "PUT", "/restapis/a/resources/r/methods/GET/responses/200"),
        ("create_deployment", {"rest_api_id": "a", "stage_name": "s"}, "POST", "/restapis/a/deployments"),
        ("get_deployment", {"rest_api_id": "a", "deployment_id": "d"}, "GET", "/restapis/a/deployments/d"),
        ("create_stage", {"rest_api_id": "a", "stage_name": "s", "deployment_id": "d"}, "POST", "/restapis/a/stages"),
        ("get_stages", {"rest_api_id": "a", "deployment_id": "d"}, "GET", "/restapis/a/stages"),
        ("update_stage", {"rest_api_id": "a", "stage_name": "s"}, "PATCH", "/restapis/a/stages/s"),
        ("update_account", {}, "PATCH", "/account"),
        ("tag_resource", {"resource_arn": "arn:x/y"}, "PUT", "/tags/arn%3Ax%2Fy"),
        ("untag_resource", {"resource_arn": "arn:x/y"}, "DELETE", "/tags/arn%3Ax%2Fy"),
    ],
)  # fmt: skip
def test_operations_are_methods_on_paths(operation: str, parameters: dict[str, Any], verb: str, path: str) -> None:
    here: Any = Here()
    assert permissions.actions(here, operation, parameters) == [f"apigateway:{verb}"]
    assert permissions.resources(here, operation, parameters) == [f"arn:aws:apigateway:eu-west-1::{path}"]
