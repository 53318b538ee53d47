"""Operations on deployments: copies of the API."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.errors import NotImplementedHere
from skyjar.kernel.service import operation

from . import patches, stages, state
from .errors import BadRequestException
from .paging import paged
from .state import Deployment


@operation
def create_deployment(
    call: Call,
    *,
    rest_api_id: str,
    stage_name: str = "",
    stage_description: str = "",
    description: str = "",
    variables: dict[str, str] | None = None,
    cache_cluster_enabled: bool = False,
    tracing_enabled: bool = False,
) -> dict[str, Any]:
    api = state.api_of(call, rest_api_id)
    stages.check_features(cache_cluster_enabled, tracing_enabled)
    resources = [resource for resource in state.resources.range(call, rest_api_id) if resource.methods]
    if not resources:
        raise BadRequestException("The REST API doesn't contain any methods")
    if any(method.integration is None for resource in resources for method in resource.methods.values()):
        raise BadRequestException("No integration defined for method")
    made = Deployment(
        api=api.id,
        id=state.new_id(call, 6),
        created_s=float(int(call.now)),
        description=description,
        resources=tuple(resources),
        binary_types=api.binary_types,
        policy=api.policy,
    )
    state.deployments.add(call, made)
    if stage_name:
        stages.point(call, api.id, stage_name, made.id, stage_description, variables or {})
    return _show(made, False)


def _show(deployment: Deployment, is_whole: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {"id": deployment.id, "createdDate": deployment.created_s}
    if deployment.description:
        shown["description"] = deployment.description
    if is_whole:
        shown["apiSummary"] = {
            resource.path: {
                name: {"authorizationType": method.authorization, "apiKeyRequired": False}
                for name, method in resource.methods.items()
            }
            for resource in deployment.resources
        }
    return shown


@operation
def get_deployment(
    call: Call, *, rest_api_id: str, deployment_id: str, embed: list[str] | None = None
) -> dict[str, Any]:
    unknown = set(embed or ()) - {"apisummary"}
    if unknown:
        raise NotImplementedHere(f"Skyjar does not implement embed={sorted(unknown)[0][:64]} of apigateway.")
    return _show(state.deployment_of(call, rest_api_id, deployment_id), bool(embed))


@operation
def get_deployments(call: Call, *, rest_api_id: str, position: str = "", limit: int | None = None) -> dict[str, Any]:
    state.api_of(call, rest_api_id)
    found = state.deployments.range(call, rest_api_id)
    page, more = paged(found, lambda deployment: deployment.id, position, limit)
    return {"items": [_show(deployment, False) for deployment in page], **more}


@operation
def update_deployment(
    call: Call, *, rest_api_id: str, deployment_id: str, patch_operations: list[dict[str, str]] | None = None
) -> dict[str, Any]:
    old = state.deployment_of(call, rest_api_id, deployment_id)
    new = patches.apply(old, patch_operations, {"/description": patches.field("description")})
    state.deployments.replace(call, old, new)
    return _show(new, False)


@operation
def delete_deployment(call: Call, *, rest_api_id: str, deployment_id: str) -> None:
    found = state.deployment_of(call, rest_api_id, deployment_id)
    if any(stage.deployment == deployment_id for stage in state.stages.range(call, rest_api_id)):
        raise BadRequestException("Active stages pointing to this deployment must be moved or deleted")
    state.deployments.remove(call, found)
