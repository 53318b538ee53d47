"""REST APIs as they are stored. A resource holds its methods, a deployment a copy of all resources.

An API's id is unique in the whole cloud, as its host name is; `owners` says whose it is.
"""

from __future__ import annotations

from typing import Any

import msgspec

from skyjar.kernel.call import Call
from skyjar.kernel.tables import At, Place, Record, Table

from .errors import NotFoundException


class RestApi(Record, frozen=True):
    """`policy` is the resource policy, with its `execute-api:/…` resources written out."""

    id: str
    name: str
    created_s: float
    root: str
    description: str = ""
    version: str = ""
    binary_types: tuple[str, ...] = ()
    key_source: str = "HEADER"
    endpoint_types: tuple[str, ...] = ("EDGE",)
    policy: str = ""
    tags: dict[str, str] = {}
    is_endpoint_disabled: bool = False


class Owner(Record, frozen=True):
    """Which account and region an API id belongs to."""

    api: str
    account: str
    region: str


class IntegrationResponse(msgspec.Struct, frozen=True, array_like=True):
    status: str
    pattern: str = ""
    parameters: dict[str, str] = {}
    templates: dict[str, str] = {}
    content_handling: str = ""


class Integration(msgspec.Struct, frozen=True, array_like=True):
    """`responses` by status code."""

    type: str
    uri: str = ""
    method: str = ""
    passthrough: str = "WHEN_NO_MATCH"
    templates: dict[str, str] = {}
    timeout_ms: int = 29_000
    content_handling: str = ""
    responses: dict[str, IntegrationResponse] = {}


class MethodResponse(msgspec.Struct, frozen=True, array_like=True):
    status: str
    parameters: dict[str, bool] = {}
    models: dict[str, str] = {}


class Method(msgspec.Struct, frozen=True, array_like=True):
    """`responses` by status code."""

    http_method: str
    authorization: str = "NONE"
    operation_name: str = ""
    parameters: dict[str, bool] = {}
    models: dict[str, str] = {}
    responses: dict[str, MethodResponse] = {}
    integration: Integration | None = None


class Resource(Record, frozen=True):
    """`methods` by HTTP method, or ANY."""

    api: str
    id: str
    parent: str
    part: str
    path: str
    methods: dict[str, Method] = {}


class Stage(Record, frozen=True):
    api: str
    name: str
    deployment: str
    created_s: float
    updated_s: float
    description: str = ""
    variables: dict[str, str] = {}
    tags: dict[str, str] = {}


class Deployment(Record, frozen=True):
    """What was deployed: a copy of the API then."""

    api: str
    id: str
    created_s: float
    description: str = ""
    resources: tuple[Resource, ...] = ()
    binary_types: tuple[str, ...] = ()
    policy: str = ""


class Settings(Record, frozen=True):
    """An account's settings in a region."""

    id: str = "account"
    log_role: str = ""


apis = Table("apigateway.apis", RestApi, key=("id",))
owners = Table("apigateway.owners", Owner, key=("api",), scope="cloud")
resources = Table("apigateway.resources", Resource, key=("api", "id"))
stages = Table("apigateway.stages", Stage, key=("api", "name"))
deployments = Table("apigateway.deployments", Deployment, key=("api", "id"))
settings = Table("apigateway.settings", Settings, key=("id",))


def api_of(at: At, identity: str) -> RestApi:
    found = apis.get(at, identity)
    if found is None:
        raise NotFoundException(f"Invalid API identifier specified {at.account}:{identity}")
    return found


def resource_of(at: At, api: str, identity: str) -> Resource:
    api_of(at, api)
    found = resources.get(at, api, identity)
    if found is None:
        raise NotFoundException("Invalid Resource identifier specified")
    return found


def method_of(at: At, api: str, resource: str, http_method: str) -> tuple[Resource, Method]:
    holder = resource_of(at, api, resource)
    found = holder.methods.get(http_method)
    if found is None:
        raise NotFoundException("Invalid Method identifier specified")
    return holder, found


def integration_of(at: At, api: str, resource: str, http_method: str) -> tuple[Resource, Method, Integration]:
    holder, method = method_of(at, api, resource, http_method)
    if method.integration is None:
        raise NotFoundException("Invalid Integration identifier specified")
    return holder, method, method.integration


def stage_of(at: At, api: str, name: str) -> Stage:
    api_of(at, api)
    found = stages.get(at, api, name)
    if found is None:
        raise NotFoundException("Invalid stage identifier specified")
    return found


def deployment_of(at: At, api: str, identity: str) -> Deployment:
    api_of(at, api)
    found = deployments.get(at, api, identity)
    if found is None:
        raise NotFoundException("Invalid Deployment identifier specified")
    return found


def put_method(at: At, holder: Resource, method: Method) -> None:
    """Store a resource's new or changed method."""
    resources.replace(at, holder, replace(holder, methods={**holder.methods, method.http_method: method}))


def owner_of(call: Call, identity: str) -> Place | None:
    owner = owners.get(call, identity)
    return Place(call.tx, owner.account, owner.region) if owner is not None else None


def new_id(call: Call, length: int = 10) -> str:
    return call.chance.base32(length).lower()


def replace(record: Any, **changes: Any) -> Any:
    return msgspec.structs.replace(record, **changes)


def without(mapping: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in mapping.items() if name != key}
