"""Operations on stages, tags and the account."""

from __future__ import annotations

import re
from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.errors import NotImplementedHere
from skyjar.kernel.service import operation

from . import limits, patches, state
from .errors import BadRequestException, ConflictException, LimitExceededException, NotFoundException
from .state import Settings, Stage

_NAME = re.compile(r"^[A-Za-z0-9_-]{1,128}$")
_VARIABLE = re.compile(r"^[A-Za-z0-9_]+$")
_VALUE = re.compile(r"^[A-Za-z0-9\-._~:/?#&=,@+%$*]*$")


def check_features(caches: bool, traces: bool) -> None:
    if caches:
        raise NotImplementedHere("Skyjar does not implement stage caches of apigateway.")
    if traces:
        raise NotImplementedHere("Skyjar does not implement tracing of apigateway.")


@operation
def create_stage(
    call: Call,
    *,
    rest_api_id: str,
    stage_name: str,
    deployment_id: str,
    description: str = "",
    variables: dict[str, str] | None = None,
    cache_cluster_enabled: bool = False,
    tracing_enabled: bool = False,
    tags: dict[str, str] | None = None,
) -> dict[str, Any]:
    check_features(cache_cluster_enabled, tracing_enabled)
    state.deployment_of(call, rest_api_id, deployment_id)
    if state.stages.get(call, rest_api_id, stage_name) is not None:
        raise ConflictException("Stage already exists")
    return show(_make(call, rest_api_id, stage_name, deployment_id, description, variables or {}, tags or {}))


def _make(
    call: Call, api: str, name: str, deployment: str, description: str, variables: dict[str, str], tags: dict[str, str]
) -> Stage:
    if not _NAME.match(name):
        raise BadRequestException("Stage name only allows a-zA-Z0-9_-")
    if len(state.stages.range(call, api)) >= limits.STAGES:
        raise LimitExceededException("Maximum number of stages for this API has been reached. Please contact AWS.")
    check_variables(variables)
    now = float(int(call.now))
    made = Stage(
        api=api,
        name=name,
        deployment=deployment,
        created_s=now,
        updated_s=now,
        description=description,
        variables=variables,
        tags=tags,
    )
    state.stages.add(call, made)
    return made


def check_variables(variables: dict[str, str]) -> None:
    if len(variables) > limits.STAGE_VARIABLES:
        raise BadRequestException(f"Stage variables cannot have more than {limits.STAGE_VARIABLES} elements")
    for name, value in variables.items():
        if not _VARIABLE.match(name):
            raise BadRequestException(
                "Stage variable name can only contain alphanumeric and underscore characters. Error variable names: "
                f"[{name[:64]}]"
            )
        if not _VALUE.match(value):
            raise BadRequestException(
                "Stage variable value should match this regular expression: [A-Za-z0-9-._~:/?#&=,]+. "
                f"Error variable names: [{name[:64]}]"
            )


def point(call: Call, api: str, name: str, deployment: str, description: str, variables: dict[str, str]) -> None:
    """What CreateDeployment does with a stage: it is made, or moved to the deployment."""
    old = state.stages.get(call, api, name)
    if old is None:
        _make(call, api, name, deployment, description, variables, {})
        return
    check_variables(variables)
    new = state.replace(
        old,
        deployment=deployment,
        description=description or old.description,
        variables={**old.variables, **variables},
        updated_s=float(int(call.now)),
    )
    state.stages.replace(call, old, new)


def show(stage: Stage) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "deploymentId": stage.deployment,
        "stageName": stage.name,
        "cacheClusterEnabled": False,
        "cacheClusterStatus": "NOT_AVAILABLE",
        "methodSettings": {},
        "tracingEnabled": False,
        "createdDate": stage.created_s,
        "lastUpdatedDate": stage.updated_s,
    }
    optional = {"description": stage.description, "variables": stage.variables, "tags": stage.tags}
    return shown | {name: value for name, value in optional.items() if value}


@operation
def get_stage(call: Call, *, rest_api_id: str, stage_name: str) -> dict[str, Any]:
    return show(state.stage_of(call, rest_api_id, stage_name))


@operation
def get_stages(call: Call, *, rest_api_id: str, deployment_id: str = "") -> dict[str, Any]:
    state.api_of(call, rest_api_id)
    found = state.stages.range(call, rest_api_id)
    return {"item": [show(stage) for stage in found if deployment_id in ("", stage.deployment)]}


_PATCHES: dict[str, patches.Apply] = {
    "/deploymentId": patches.field("deployment"),
    "/description": patches.field("description"),
    "/variables/*": patches.entry("variables"),
    "/cacheClusterEnabled": patches.never("stage caches"),
    "/tracingEnabled": patches.never("tracing"),
}


@operation
def update_stage(
    call: Call, *, rest_api_id: str, stage_name: str, patch_operations: list[dict[str, str]] | None = None
) -> dict[str, Any]:
    old = state.stage_of(call, rest_api_id, stage_name)
    new: Stage = patches.apply(old, patch_operations, _PATCHES)
    check_variables(new.variables)
    if new.deployment != old.deployment and state.deployments.get(call, rest_api_id, new.deployment) is None:
        raise BadRequestException("Deployment id does not exist")
    new = state.replace(new, updated_s=float(int(call.now)))
    state.stages.replace(call, old, new)
    return show(new)


@operation
def delete_stage(call: Call, *, rest_api_id: str, stage_name: str) -> None:
    state.stages.remove(call, state.stage_of(call, rest_api_id, stage_name))


# Tags


def _tagged(call: Call, arn: str) -> tuple[Any, Any]:
    """The table and record of an ARN like `arn:aws:apigateway:us-east-1::/restapis/ID[/stages/NAME]`."""
    parts = arn.rpartition("::")[2].strip("/").split("/")
    if len(parts) == 2 and parts[0] == "restapis":
        return state.apis, state.api_of(call, parts[1])
    if len(parts) == 4 and parts[0] == "restapis" and parts[2] == "stages":
        return state.stages, state.stage_of(call, parts[1], parts[3])
    raise NotFoundException("Invalid resource identifier specified")


@operation
def tag_resource(call: Call, *, resource_arn: str, tags: dict[str, str]) -> None:
    table, record = _tagged(call, resource_arn)
    new = {**record.tags, **tags}
    if len(new) > limits.TAGS:
        raise BadRequestException(f"Tags cannot have more than {limits.TAGS} elements")
    table.replace(call, record, state.replace(record, tags=new))


@operation
def untag_resource(call: Call, *, resource_arn: str, tag_keys: list[str]) -> None:
    table, record = _tagged(call, resource_arn)
    left = {key: value for key, value in record.tags.items() if key not in tag_keys}
    table.replace(call, record, state.replace(record, tags=left))


@operation
def get_tags(call: Call, *, resource_arn: str) -> dict[str, Any]:
    return {"tags": _tagged(call, resource_arn)[1].tags}


# The account


def _show_account(settings: Settings) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "throttleSettings": {"burstLimit": 5000, "rateLimit": 10_000.0},
        "features": ["UsagePlans"],
        "apiKeyVersion": "4",
    }
    return shown | ({"cloudwatchRoleArn": settings.log_role} if settings.log_role else {})


@operation
def get_account(call: Call) -> dict[str, Any]:
    return _show_account(state.settings.get(call, "account") or Settings())


@operation
def update_account(call: Call, *, patch_operations: list[dict[str, str]] | None = None) -> dict[str, Any]:
    old = state.settings.get(call, "account") or Settings()
    new: Settings = patches.apply(old, patch_operations, {"/cloudwatchRoleArn": patches.field("log_role")})
    state.settings.put(call, new)
    return _show_account(new)
