"""Operations on stages, deployments and tags."""

from __future__ import annotations

import re
from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import limits, state
from .apis import paged
from .errors import BadRequestException, ConflictException, NotFoundException
from .state import Deployment, Stage

_NAME = re.compile(r"^(\$default|[A-Za-z0-9_-]{1,128})$")


@operation
def create_stage(
    call: Call,
    *,
    api_id: str,
    stage_name: str,
    auto_deploy: bool = False,
    deployment_id: str = "",
    description: str = "",
    stage_variables: dict[str, str] | None = None,
    tags: dict[str, str] | None = None,
) -> dict[str, Any]:
    state.api_of(call, api_id)
    if not _NAME.match(stage_name):
        raise BadRequestException("Stage name only allows a-z, A-Z, 0-9, hyphen, underscore, or $default.")
    if state.stages.get(call, api_id, stage_name) is not None:
        raise ConflictException(f"Stage already exists: {stage_name}")
    if len(state.stages.range(call, api_id)) >= limits.STAGES:
        raise BadRequestException("Maximum number of stages reached.")
    if deployment_id:
        _deployment(call, api_id, deployment_id)
    made = Stage(
        api=api_id,
        name=stage_name,
        created_s=call.now,
        updated_s=call.now,
        auto_deploys=auto_deploy,
        deployment=deployment_id,
        description=description,
        variables=stage_variables or {},
        tags=tags or {},
    )
    state.stages.add(call, made)
    return _show(made)


def _stage(call: Call, api_id: str, name: str) -> Stage:
    state.api_of(call, api_id)
    found = state.stages.get(call, api_id, name)
    if found is None:
        raise NotFoundException(f"Unable to find Stage by name {name} within API {api_id}")
    return found


def _show(stage: Stage) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "StageName": stage.name,
        "AutoDeploy": stage.auto_deploys,
        "CreatedDate": stage.created_s,
        "LastUpdatedDate": stage.updated_s,
        "StageVariables": stage.variables,
        "Tags": stage.tags,
        "DefaultRouteSettings": {"DetailedMetricsEnabled": False},
        "RouteSettings": {},
    }
    if stage.deployment:
        shown["DeploymentId"] = stage.deployment
    if stage.description:
        shown["Description"] = stage.description
    return shown


@operation
def get_stage(call: Call, *, api_id: str, stage_name: str) -> dict[str, Any]:
    return _show(_stage(call, api_id, stage_name))


@operation
def get_stages(call: Call, *, api_id: str, max_results: str = "", next_token: str = "") -> dict[str, Any]:
    state.api_of(call, api_id)
    found = state.stages.range(call, api_id, start=(next_token,) if next_token else ())
    page, more = paged(found, max_results, lambda stage: stage.name)
    return {"Items": [_show(stage) for stage in page], **more}


@operation
def update_stage(
    call: Call,
    *,
    api_id: str,
    stage_name: str,
    auto_deploy: bool | None = None,
    deployment_id: str | None = None,
    description: str | None = None,
    stage_variables: dict[str, str] | None = None,
) -> dict[str, Any]:
    old = _stage(call, api_id, stage_name)
    if deployment_id:
        _deployment(call, api_id, deployment_id)
    changes = {
        "auto_deploys": auto_deploy,
        "deployment": deployment_id,
        "description": description,
        "variables": stage_variables,
    }
    given = {field: value for field, value in changes.items() if value is not None}
    new = state.replace(old, updated_s=call.now, **given)
    state.stages.replace(call, old, new)
    return _show(new)


@operation
def delete_stage(call: Call, *, api_id: str, stage_name: str) -> None:
    state.stages.remove(call, _stage(call, api_id, stage_name))


@operation
def create_deployment(call: Call, *, api_id: str, description: str = "", stage_name: str = "") -> dict[str, Any]:
    state.api_of(call, api_id)
    routes = state.routes.range(call, api_id)
    if not routes:
        raise BadRequestException("At least one route is required before deploying the Api.")
    made = Deployment(
        api=api_id,
        id=state.new_id(call, 6),
        created_s=call.now,
        description=description,
        routes=tuple(routes),
        integrations=tuple(state.integrations.range(call, api_id)),
    )
    state.deployments.add(call, made)
    if stage_name:
        stage = _stage(call, api_id, stage_name)
        state.stages.replace(call, stage, state.replace(stage, deployment=made.id, updated_s=call.now))
    return _show_deployment(made)


def _deployment(call: Call, api_id: str, identity: str) -> Deployment:
    found = state.deployments.get(call, api_id, identity)
    if found is None:
        raise NotFoundException(f"Unable to find Deployment by ID {identity} within API {api_id}")
    return found


def _show_deployment(deployment: Deployment) -> dict[str, Any]:
    shown = {
        "DeploymentId": deployment.id,
        "DeploymentStatus": "DEPLOYED",
        "CreatedDate": deployment.created_s,
        "AutoDeployed": False,
    }
    return shown | ({"Description": deployment.description} if deployment.description else {})


@operation
def get_deployment(call: Call, *, api_id: str, deployment_id: str) -> dict[str, Any]:
    state.api_of(call, api_id)
    return _show_deployment(_deployment(call, api_id, deployment_id))


@operation
def get_deployments(call: Call, *, api_id: str, max_results: str = "", next_token: str = "") -> dict[str, Any]:
    state.api_of(call, api_id)
    found = state.deployments.range(call, api_id, start=(next_token,) if next_token else ())
    page, more = paged(found, max_results, lambda deployment: deployment.id)
    return {"Items": [_show_deployment(deployment) for deployment in page], **more}


@operation
def delete_deployment(call: Call, *, api_id: str, deployment_id: str) -> None:
    state.api_of(call, api_id)
    if any(stage.deployment == deployment_id for stage in state.stages.range(call, api_id)):
        raise BadRequestException("Active stages with deployment: " + deployment_id)
    state.deployments.remove(call, _deployment(call, api_id, deployment_id))


def _tagged(call: Call, arn: str) -> tuple[Any, Any]:
    """The table and record of an ARN like `arn:aws:apigateway:us-east-1::/apis/ID[/stages/NAME]`."""
    parts = arn.rpartition("::")[2].strip("/").split("/")
    if len(parts) == 2 and parts[0] == "apis":
        return state.apis, state.api_of(call, parts[1])
    if len(parts) == 4 and parts[2] == "stages":
        return state.stages, _stage(call, parts[1], parts[3])
    raise NotFoundException(f"Invalid resource ARN: {arn[:256]}")


@operation
def tag_resource(call: Call, *, resource_arn: str, tags: dict[str, str] | None = None) -> dict[str, Any]:
    table, record = _tagged(call, resource_arn)
    table.replace(call, record, state.replace(record, tags={**record.tags, **(tags or {})}))
    return {}


@operation
def untag_resource(call: Call, *, resource_arn: str, tag_keys: list[str]) -> None:
    table, record = _tagged(call, resource_arn)
    left = {key: value for key, value in record.tags.items() if key not in tag_keys}
    table.replace(call, record, state.replace(record, tags=left))


@operation
def get_tags(call: Call, *, resource_arn: str) -> dict[str, Any]:
    return {"Tags": _tagged(call, resource_arn)[1].tags}
