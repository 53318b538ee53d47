"""AWS::ApiGatewayV2::Api, ::Integration, ::Route, ::Stage, ::Deployment."""

from __future__ import annotations

from typing import Any

import orjson

from skyjar.formation.resources import Physical, Properties, Resource, ResourceType
from skyjar.kernel.call import Call
from skyjar.kernel.errors import NotImplementedHere

from .errors import NotFoundException

_API = {
    "Name": "name",
    "Description": "description",
    "CorsConfiguration": "cors_configuration",
    "DisableExecuteApiEndpoint": "disable_execute_api_endpoint",
    "Version": "version",
}
_INTEGRATION = {
    "IntegrationType": "integration_type",
    "IntegrationUri": "integration_uri",
    "IntegrationMethod": "integration_method",
    "PayloadFormatVersion": "payload_format_version",
    "TimeoutInMillis": "timeout_in_millis",
    "Description": "description",
    "ConnectionType": "connection_type",
}
_ROUTE = {
    "RouteKey": "route_key",
    "Target": "target",
    "AuthorizationType": "authorization_type",
    "OperationName": "operation_name",
}
_STAGE = {
    "StageName": "stage_name",
    "AutoDeploy": "auto_deploy",
    "DeploymentId": "deployment_id",
    "Description": "description",
    "StageVariables": "stage_variables",
}
_NUMBERS = frozenset(("TimeoutInMillis", "MaxAge"))
_FLAGS = frozenset(("AutoDeploy", "DisableExecuteApiEndpoint", "AllowCredentials"))


def _given(properties: Properties, names: dict[str, str], besides: frozenset[str] = frozenset()) -> dict[str, Any]:
    unknown = sorted(properties.keys() - names.keys() - besides)
    if unknown:
        raise NotImplementedHere(f"Skyjar does not implement the property {unknown[0]} of this resource type.")
    return {names[name]: _typed(name, value) for name, value in properties.items() if name in names}


def _typed(name: str, value: Any) -> Any:
    if name in _NUMBERS:
        return int(value)
    if name in _FLAGS:
        return value if isinstance(value, bool) else str(value).lower() == "true"
    if isinstance(value, dict) and name == "CorsConfiguration":
        return {key: _typed(key, item) for key, item in value.items()}
    return value


def _api_physical(call: Call, identity: str) -> Physical:
    shown = call.ask("apigatewayv2").get_api(api_id=identity)
    return Physical(identity, {"ApiId": identity, "ApiEndpoint": shown["ApiEndpoint"]})


_SELECTION = "$request.method $request.path"
_API_BESIDES = frozenset(("Body", "Tags", "ProtocolType", "FailOnWarnings", "RouteSelectionExpression"))


def _tags(resource: Resource, properties: Properties) -> dict[str, str]:
    return {**resource.tags, **(properties.get("Tags") or {})}


def _check_api(properties: Properties) -> None:
    if str(properties.get("FailOnWarnings", "false")).lower() == "true":
        raise NotImplementedHere("Skyjar does not implement FailOnWarnings of AWS::ApiGatewayV2::Api.")
    if properties.get("RouteSelectionExpression", _SELECTION) != _SELECTION:
        raise NotImplementedHere("Skyjar does not implement RouteSelectionExpression of AWS::ApiGatewayV2::Api.")


def create_api(call: Call, resource: Resource, properties: Properties) -> Physical:
    gateway = call.ask("apigatewayv2")
    _check_api(properties)
    given = _given(properties, _API, _API_BESIDES)
    tags = _tags(resource, properties)
    if "Body" in properties:
        made = gateway.import_api(body=orjson.dumps(properties["Body"]).decode())
        identity = made["ApiId"]
        if given:
            gateway.update_api(api_id=identity, **given)
        if tags:
            gateway.tag_resource(resource_arn=_arn(call, f"/apis/{identity}"), tags=tags)
    else:
        identity = gateway.create_api(protocol_type=properties.get("ProtocolType", ""), tags=tags, **given)["ApiId"]
    return _api_physical(call, identity)


def _arn(call: Call, path: str) -> str:
    return f"arn:aws:apigateway:{call.region}::{path}"


def update_api(call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties) -> Physical:
    gateway = call.ask("apigatewayv2")
    _check_api(properties)
    if properties.get("Body") != before.get("Body") and "Body" in properties:
        gateway.reimport_api(api_id=old.id, body=orjson.dumps(properties["Body"]).decode())
    given = _given(properties, _API, _API_BESIDES)
    if "CorsConfiguration" in before and "CorsConfiguration" not in properties:
        gateway.delete_cors_configuration(api_id=old.id)
    if given:
        gateway.update_api(api_id=old.id, **given)
    _retag(call, f"/apis/{old.id}", _tags(resource.before(), before), _tags(resource, properties))
    return _api_physical(call, old.id)


def _retag(call: Call, path: str, before: dict[str, str], after: dict[str, str]) -> None:
    gateway, arn = call.ask("apigatewayv2"), _arn(call, path)
    gone = sorted(before.keys() - after.keys())
    if gone:
        gateway.untag_resource(resource_arn=arn, tag_keys=gone)
    if after != before:
        gateway.tag_resource(resource_arn=arn, tags=after)


def delete_api(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    try:
        call.ask("apigatewayv2").delete_api(api_id=physical.id)
    except NotFoundException:
        return


def create_integration(call: Call, resource: Resource, properties: Properties) -> Physical:
    given = _given(properties, _INTEGRATION, frozenset(("ApiId",)))
    made = call.ask("apigatewayv2").create_integration(api_id=properties["ApiId"], **given)
    return Physical(made["IntegrationId"], {"IntegrationId": made["IntegrationId"]})


def update_integration(
    call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties
) -> Physical:
    given = _given(properties, _INTEGRATION, frozenset(("ApiId",)))
    for fixed in ("integration_type", "connection_type"):
        given.pop(fixed, None)
    call.ask("apigatewayv2").update_integration(api_id=properties["ApiId"], integration_id=old.id, **given)
    return old


def delete_integration(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    try:
        call.ask("apigatewayv2").delete_integration(api_id=properties["ApiId"], integration_id=physical.id)
    except NotFoundException:
        return


def create_route(call: Call, resource: Resource, properties: Properties) -> Physical:
    given = _given(properties, _ROUTE, frozenset(("ApiId",)))
    made = call.ask("apigatewayv2").create_route(api_id=properties["ApiId"], **given)
    return Physical(made["RouteId"], {"RouteId": made["RouteId"]})


def update_route(call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties) -> Physical:
    given = _given(properties, _ROUTE, frozenset(("ApiId",)))
    call.ask("apigatewayv2").update_route(api_id=properties["ApiId"], route_id=old.id, **given)
    return old


def delete_route(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    try:
        call.ask("apigatewayv2").delete_route(api_id=properties["ApiId"], route_id=physical.id)
    except NotFoundException:
        return


_STAGE_BESIDES = frozenset(("ApiId", "Tags"))


def create_stage(call: Call, resource: Resource, properties: Properties) -> Physical:
    given = _given(properties, _STAGE, _STAGE_BESIDES)
    tags = _tags(resource, properties)
    call.ask("apigatewayv2").create_stage(api_id=properties["ApiId"], tags=tags, **given)
    return Physical(properties["StageName"], {})


def update_stage(call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties) -> Physical:
    given = _given(properties, _STAGE, _STAGE_BESIDES)
    call.ask("apigatewayv2").update_stage(api_id=properties["ApiId"], **given)
    path = f"/apis/{properties['ApiId']}/stages/{old.id}"
    _retag(call, path, _tags(resource.before(), before), _tags(resource, properties))
    return old


def delete_stage(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    try:
        call.ask("apigatewayv2").delete_stage(api_id=properties["ApiId"], stage_name=physical.id)
    except NotFoundException:
        return


def create_deployment(call: Call, resource: Resource, properties: Properties) -> Physical:
    given = _given(properties, {"Description": "description", "StageName": "stage_name"}, frozenset(("ApiId",)))
    made = call.ask("apigatewayv2").create_deployment(api_id=properties["ApiId"], **given)
    return Physical(made["DeploymentId"], {"DeploymentId": made["DeploymentId"]})


def delete_deployment(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    try:
        call.ask("apigatewayv2").delete_deployment(api_id=properties["ApiId"], deployment_id=physical.id)
    except NotFoundException:
        return


RESOURCE_TYPES = {
    "AWS::ApiGatewayV2::Api": ResourceType(
        create=create_api, update=update_api, delete=delete_api, properties=(*_API, *_API_BESIDES)
    ),
    "AWS::ApiGatewayV2::Integration": ResourceType(
        create=create_integration,
        update=update_integration,
        delete=delete_integration,
        properties=(*_INTEGRATION, "ApiId"),
    ),
    "AWS::ApiGatewayV2::Route": ResourceType(
        create=create_route, update=update_route, delete=delete_route, properties=(*_ROUTE, "ApiId")
    ),
    "AWS::ApiGatewayV2::Stage": ResourceType(
        create=create_stage, update=update_stage, delete=delete_stage, properties=(*_STAGE, *_STAGE_BESIDES)
    ),
    "AWS::ApiGatewayV2::Deployment": ResourceType(
        create=create_deployment,
        update=None,
        delete=delete_deployment,
        properties=("ApiId", "Description", "StageName"),
    ),
}
