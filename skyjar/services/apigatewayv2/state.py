"""HTTP APIs as they are stored. An API's id is unique in the whole cloud, as its host name is."""

from __future__ import annotations

from typing import Any

import msgspec

from skyjar.kernel.call import Call
from skyjar.kernel.tables import At, Place, Record, Table

from .errors import NotFoundException


class Cors(msgspec.Struct, frozen=True):
    origins: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    exposed: tuple[str, ...] = ()
    max_age_s: int | None = None
    allows_credentials: bool = False


class Api(Record, frozen=True):
    id: str
    name: str
    created_s: float
    description: str = ""
    version: str = ""
    cors: Cors | None = None
    tags: dict[str, str] = {}
    is_endpoint_disabled: bool = False


class Owner(Record, frozen=True):
    """Which account and region an API id belongs to."""

    api: str
    account: str
    region: str


class Integration(Record, frozen=True):
    """`uri` is the function's ARN (or API Gateway's invocation ARN around it)."""

    api: str
    id: str
    type: str
    uri: str
    method: str = "POST"
    payload_version: str = "2.0"
    timeout_ms: int = 30_000
    description: str = ""
    connection_type: str = "INTERNET"


class Route(Record, frozen=True):
    api: str
    id: str
    key: str
    target: str = ""
    operation_name: str = ""


class Stage(Record, frozen=True):
    api: str
    name: str
    created_s: float
    updated_s: float
    auto_deploys: bool = False
    deployment: str = ""
    description: str = ""
    variables: dict[str, str] = {}
    tags: dict[str, str] = {}


class Deployment(Record, frozen=True):
    """What was deployed: a copy of the routes and integrations then."""

    api: str
    id: str
    created_s: float
    description: str = ""
    routes: tuple[Route, ...] = ()
    integrations: tuple[Integration, ...] = ()


apis = Table("apigatewayv2.apis", Api, key=("id",))
owners = Table("apigatewayv2.owners", Owner, key=("api",), scope="cloud")
integrations = Table("apigatewayv2.integrations", Integration, key=("api", "id"))
routes = Table("apigatewayv2.routes", Route, key=("api", "id"))
stages = Table("apigatewayv2.stages", Stage, key=("api", "name"))
deployments = Table("apigatewayv2.deployments", Deployment, key=("api", "id"))


def api_of(at: At, identity: str) -> Api:
    api = apis.get(at, identity)
    if api is None:
        raise NotFoundException(f"Invalid API identifier specified {at.account}:{identity}")
    return api


def owner_of(call: Call, identity: str) -> Place | None:
    owner = owners.get(call, identity)
    return Place(call.tx, owner.account, owner.region) if owner is not None else None


def new_id(call: Call, length: int = 10) -> str:
    return call.chance.base32(length).lower()


def replace(record: Any, **changes: Any) -> Any:
    return msgspec.structs.replace(record, **changes)
