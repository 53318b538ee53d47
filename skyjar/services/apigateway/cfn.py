"""AWS::ApiGateway::RestApi, ::Resource, ::Method, ::Deployment, ::Stage, ::Account."""

from __future__ import annotations

from typing import Any

import orjson

from skyjar.formation.resources import Physical, Properties, Resource, ResourceType
from skyjar.kernel.call import Call
from skyjar.kernel.errors import NotImplementedHere

from .errors import BadRequestException, NotFoundException

Names = dict[str, str]


def _given(properties: Properties, names: Names, *besides: str) -> dict[str, Any]:
    """The properties as an operation's parameters; one that is not here fails, named."""
    unknown = sorted(properties.keys() - names.keys() - set(besides))
    if unknown:
        raise NotImplementedHere(f"Skyjar does not implement the property {unknown[0]} of this resource type.")
    return {names[name]: _typed(name, value) for name, value in properties.items() if name in names}


_FLAGS = frozenset(
    ("ApiKeyRequired", "DisableExecuteApiEndpoint", "FailOnWarnings", "CacheClusterEnabled", "TracingEnabled")
)


def _typed(name: str, value: Any) -> Any:
    if name in _FLAGS:
        return _flag(value)
    if name == "TimeoutInMillis":
        return int(value)
    if name == "Policy" and not isinstance(value, str):
        return orjson.dumps(value).decode()
    if name in ("RequestParameters", "ResponseParameters") and isinstance(value, dict):
        return {key: _flag(item) if str(item).lower() in ("true", "false") else item for key, item in value.items()}
    if name in ("Variables", "RequestTemplates", "ResponseTemplates") and isinstance(value, dict):
        return {key: str(item) for key, item in value.items()}
    if name == "BinaryMediaTypes":
        return [str(kind).replace("~1", "/") for kind in value]
    if name == "EndpointConfiguration":
        return _endpoints(value)
    return str(value) if name == "StatusCode" else value


def _flag(value: Any) -> bool:
    return value if isinstance(value, bool) else str(value).lower() == "true"


def _endpoints(given: dict[str, Any]) -> dict[str, Any]:
    names = {"Types": "types", "VpcEndpointIds": "vpcEndpointIds", "IpAddressType": "ipAddressType"}
    return {names[name]: value for name, value in given.items()}


def _tags(resource: Resource, properties: Properties) -> dict[str, str]:
    return {**resource.tags, **{tag["Key"]: tag["Value"] for tag in properties.get("Tags") or ()}}


def _retag(call: Call, path: str, before: dict[str, str], after: dict[str, str]) -> None:
    gateway, arn = call.ask("apigateway"), f"arn:aws:apigateway:{call.region}::{path}"
    gone = sorted(before.keys() - after.keys())
    if gone:
        gateway.untag_resource(resource_arn=arn, tag_keys=gone)
    if after and after != before:
        gateway.tag_resource(resource_arn=arn, tags=after)


def _replaced(path: str, value: Any) -> dict[str, str]:
    return {"op": "replace", "path": path, "value": str(value).lower() if isinstance(value, bool) else str(value)}


# RestApi

_API: Names = {
    "Name": "name",
    "Description": "description",
    "Version": "version",
    "BinaryMediaTypes": "binary_media_types",
    "ApiKeySourceType": "api_key_source",
    "EndpointConfiguration": "endpoint_configuration",
    "Policy": "policy",
    "DisableExecuteApiEndpoint": "disable_execute_api_endpoint",
}
_API_BESIDES = ("Body", "Parameters", "FailOnWarnings", "Mode", "Tags")


def _api_physical(call: Call, identity: str) -> Physical:
    root = call.ask("apigateway").get_rest_api(rest_api_id=identity)["rootResourceId"]
    return Physical(identity, {"RestApiId": identity, "RootResourceId": root})


def create_api(call: Call, resource: Resource, properties: Properties) -> Physical:
    gateway = call.ask("apigateway")
    given = _given(properties, _API, *_API_BESIDES)
    tags = _tags(resource, properties)
    if "Body" not in properties:
        if "name" not in given:
            raise BadRequestException("Name is required to create a RestApi without a Body.")
        return _api_physical(call, gateway.create_rest_api(tags=tags, **given)["id"])
    body = orjson.dumps(properties["Body"])
    identity = gateway.import_rest_api(body=body, parameters=properties.get("Parameters") or {})["id"]
    _patch_api(call, identity, given, {})
    _retag(call, f"/restapis/{identity}", {}, tags)
    return _api_physical(call, identity)


def _patch_api(call: Call, identity: str, given: dict[str, Any], before: dict[str, Any]) -> None:
    patches: list[dict[str, str]] = []
    for name, path in (
        ("name", "/name"),
        ("description", "/description"),
        ("version", "/version"),
        ("api_key_source", "/apiKeySource"),
        ("policy", "/policy"),
        ("disable_execute_api_endpoint", "/disableExecuteApiEndpoint"),
    ):
        if given.get(name) != before.get(name):
            patches.append(_replaced(path, given.get(name, "")))
    wanted, had = given.get("binary_media_types", []), before.get("binary_media_types", [])
    for op, kinds in (("remove", set(had) - set(wanted)), ("add", set(wanted) - set(had))):
        patches += [{"op": op, "path": "/binaryMediaTypes/" + kind.replace("/", "~1")} for kind in sorted(kinds)]
    endpoint = given.get("endpoint_configuration")
    if endpoint is not None and endpoint != before.get("endpoint_configuration"):
        patches += [_replaced(f"/endpointConfiguration/types/{kind}", kind) for kind in endpoint.get("types", ())]
        if endpoint.get("vpcEndpointIds") or endpoint.get("ipAddressType", "ipv4") != "ipv4":
            raise NotImplementedHere("Skyjar does not implement VPC or dualstack endpoints of apigateway.")
    if patches:
        call.ask("apigateway").update_rest_api(rest_api_id=identity, patch_operations=patches)


def update_api(call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties) -> Physical:
    given = _given(properties, _API, *_API_BESIDES)
    if "Body" in properties and properties["Body"] != before.get("Body"):
        call.ask("apigateway").put_rest_api(
            rest_api_id=old.id,
            mode=properties.get("Mode", "overwrite"),
            body=orjson.dumps(properties["Body"]),
            parameters=properties.get("Parameters") or {},
        )
    _patch_api(call, old.id, given, _given(before, _API, *_API_BESIDES))
    _retag(call, f"/restapis/{old.id}", _tags(resource.before(), before), _tags(resource, properties))
    return _api_physical(call, old.id)


def delete_api(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    try:
        call.ask("apigateway").delete_rest_api(rest_api_id=physical.id)
    except NotFoundException:
        return


# Resource

_RESOURCE: Names = {"RestApiId": "rest_api_id", "ParentId": "parent_id", "PathPart": "path_part"}


def create_resource(call: Call, resource: Resource, properties: Properties) -> Physical:
    made = call.ask("apigateway").create_resource(**_given(properties, _RESOURCE))
    return Physical(made["id"], {"ResourceId": made["id"]})


def delete_resource(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    try:
        call.ask("apigateway").delete_resource(rest_api_id=properties["RestApiId"], resource_id=physical.id)
    except NotFoundException:
        return


# Method

_AT: Names = {"RestApiId": "rest_api_id", "ResourceId": "resource_id", "HttpMethod": "http_method"}
_METHOD: Names = {
    **_AT,
    "AuthorizationType": "authorization_type",
    "ApiKeyRequired": "api_key_required",
    "OperationName": "operation_name",
    "RequestParameters": "request_parameters",
    "RequestModels": "request_models",
}
_INTEGRATION: Names = {
    "Type": "type",
    "IntegrationHttpMethod": "integration_http_method",
    "Uri": "uri",
    "ConnectionType": "connection_type",
    "RequestTemplates": "request_templates",
    "PassthroughBehavior": "passthrough_behavior",
    "ContentHandling": "content_handling",
    "TimeoutInMillis": "timeout_in_millis",
    "ResponseTransferMode": "response_transfer_mode",
}
_RESPONSE: Names = {"StatusCode": "status_code", "ResponseParameters": "response_parameters"}
_METHOD_RESPONSE: Names = {**_RESPONSE, "ResponseModels": "response_models"}
_INTEGRATION_RESPONSE: Names = {
    **_RESPONSE,
    "SelectionPattern": "selection_pattern",
    "ResponseTemplates": "response_templates",
}


def create_method(call: Call, resource: Resource, properties: Properties) -> Physical:
    _put_method(call, properties)
    return Physical(resource.name(), {})


def _put_method(call: Call, properties: Properties) -> None:
    gateway = call.ask("apigateway")
    at = {parameter: properties[name] for name, parameter in _AT.items()}
    given = _given(properties, _METHOD, "Integration", "MethodResponses")
    gateway.put_method(**{"authorization_type": "NONE", **given})
    for response in properties.get("MethodResponses") or ():
        gateway.put_method_response(**at, **_given(response, _METHOD_RESPONSE))
    integration = properties.get("Integration")
    if integration is None:
        return
    gateway.put_integration(**at, **_given(integration, _INTEGRATION, "IntegrationResponses"))
    for response in integration.get("IntegrationResponses") or ():
        gateway.put_integration_response(**at, **_given(response, _INTEGRATION_RESPONSE))


def update_method(
    call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties
) -> Physical:
    delete_method(call, resource, old, before)
    _put_method(call, properties)
    return old


def delete_method(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    at = {parameter: properties[name] for name, parameter in _AT.items()}
    try:
        call.ask("apigateway").delete_method(**at)
    except NotFoundException:
        return


# Deployment

_DEPLOYMENT: Names = {"RestApiId": "rest_api_id", "Description": "description", "StageName": "stage_name"}


def create_deployment(call: Call, resource: Resource, properties: Properties) -> Physical:
    made = call.ask("apigateway").create_deployment(**_given(properties, _DEPLOYMENT))
    return Physical(made["id"], {"DeploymentId": made["id"]})


def update_deployment(
    call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties
) -> Physical:
    given = _given(properties, _DEPLOYMENT)
    if given.get("stage_name") != before.get("StageName"):
        raise NotImplementedHere("Skyjar does not implement changing StageName of AWS::ApiGateway::Deployment.")
    call.ask("apigateway").update_deployment(
        rest_api_id=given["rest_api_id"],
        deployment_id=old.id,
        patch_operations=[_replaced("/description", given.get("description", ""))],
    )
    return old


def delete_deployment(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    """The stage that the deployment made goes with it, when it still has this deployment."""
    gateway, api = call.ask("apigateway"), properties["RestApiId"]
    try:
        if properties.get("StageName"):
            _delete_own_stage(call, api, properties["StageName"], physical.id)
        gateway.delete_deployment(rest_api_id=api, deployment_id=physical.id)
    except NotFoundException:
        return


def _delete_own_stage(call: Call, api: str, name: str, deployment: str) -> None:
    gateway = call.ask("apigateway")
    for stage in gateway.get_stages(rest_api_id=api, deployment_id=deployment)["item"]:
        if stage["stageName"] == name:
            gateway.delete_stage(rest_api_id=api, stage_name=name)


# Stage

_STAGE: Names = {
    "RestApiId": "rest_api_id",
    "StageName": "stage_name",
    "DeploymentId": "deployment_id",
    "Description": "description",
    "Variables": "variables",
    "CacheClusterEnabled": "cache_cluster_enabled",
    "TracingEnabled": "tracing_enabled",
}


def create_stage(call: Call, resource: Resource, properties: Properties) -> Physical:
    given = _given(properties, _STAGE, "Tags")
    call.ask("apigateway").create_stage(tags=_tags(resource, properties), **given)
    return Physical(given["stage_name"], {})


def update_stage(call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties) -> Physical:
    given, had = _given(properties, _STAGE, "Tags"), _given(before, _STAGE, "Tags")
    patches = [
        _replaced(path, given.get(name, ""))
        for name, path in (
            ("deployment_id", "/deploymentId"),
            ("description", "/description"),
            ("cache_cluster_enabled", "/cacheClusterEnabled"),
            ("tracing_enabled", "/tracingEnabled"),
        )
        if given.get(name) != had.get(name)
    ]
    wanted, old_variables = given.get("variables") or {}, had.get("variables") or {}
    patches += [{"op": "remove", "path": f"/variables/{name}"} for name in old_variables.keys() - wanted.keys()]
    patches += [_replaced(f"/variables/{name}", value) for name, value in wanted.items()]
    if patches:
        call.ask("apigateway").update_stage(
            rest_api_id=given["rest_api_id"], stage_name=old.id, patch_operations=patches
        )
    path = f"/restapis/{given['rest_api_id']}/stages/{old.id}"
    _retag(call, path, _tags(resource.before(), before), _tags(resource, properties))
    return old


def delete_stage(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    try:
        call.ask("apigateway").delete_stage(rest_api_id=properties["RestApiId"], stage_name=physical.id)
    except NotFoundException:
        return


# Account


def create_account(call: Call, resource: Resource, properties: Properties) -> Physical:
    _given(properties, {"CloudWatchRoleArn": "role"})
    role = properties.get("CloudWatchRoleArn", "")
    call.ask("apigateway").update_account(patch_operations=[_replaced("/cloudwatchRoleArn", role)])
    identity = resource.name()
    return Physical(identity, {"Id": identity})


def update_account(
    call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties
) -> Physical:
    create_account(call, resource, properties)
    return old


def delete_account(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    """The account's settings outlive the stack, as on AWS."""


RESOURCE_TYPES = {
    "AWS::ApiGateway::RestApi": ResourceType(
        create=create_api, update=update_api, delete=delete_api, properties=(*_API, *_API_BESIDES)
    ),
    "AWS::ApiGateway::Resource": ResourceType(
        create=create_resource, update=None, delete=delete_resource, properties=_RESOURCE
    ),
    "AWS::ApiGateway::Method": ResourceType(
        create=create_method,
        update=update_method,
        delete=delete_method,
        properties=(*_METHOD, "Integration", "MethodResponses"),
    ),
    "AWS::ApiGateway::Deployment": ResourceType(
        create=create_deployment, update=update_deployment, delete=delete_deployment, properties=_DEPLOYMENT
    ),
    "AWS::ApiGateway::Stage": ResourceType(
        create=create_stage, update=update_stage, delete=delete_stage, properties=(*_STAGE, "Tags")
    ),
    "AWS::ApiGateway::Account": ResourceType(
        create=create_account, update=update_account, delete=delete_account, properties=("CloudWatchRoleArn",)
    ),
}
