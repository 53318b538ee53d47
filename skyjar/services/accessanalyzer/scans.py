"""Scans: looking at one resource now, and what has been looked at."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import jobs, limits, paging, state
from .errors import ResourceNotFoundException, ValidationException
from .state import ACTIVE, Resource


@operation
def start_resource_scan(call: Call, *, analyzer_arn: str, resource_arn: str, resource_owner_account: str = "") -> None:
    """What is not there is let go of."""
    analyzer = state.external_by_arn(call, analyzer_arn)
    if resource_owner_account not in ("", call.account) and not analyzer.is_of_organization:
        raise ValidationException("The resource must be of the analyzer's account.")
    call.later(jobs.scan, key=f"{analyzer.name} {resource_arn}", name=analyzer.name, arn=resource_arn)


@operation
def list_analyzed_resources(
    call: Call, *, analyzer_arn: str, resource_type: str = "", next_token: str = "", max_results: int = limits.PAGE
) -> dict[str, Any]:
    analyzer = state.external_by_arn(call, analyzer_arn)
    found = [each for each in state.resources.range(call, analyzer.name) if resource_type in ("", each.type)]
    return paging.page("analyzedResources", found, next_token, max_results, _summary)


def _summary(found: Resource) -> dict[str, Any]:
    return {"resourceArn": found.arn, "resourceOwnerAccount": found.owner, "resourceType": found.type}


@operation
def get_analyzed_resource(call: Call, *, analyzer_arn: str, resource_arn: str) -> dict[str, Any]:
    analyzer = state.external_by_arn(call, analyzer_arn)
    found = state.resources.get(call, analyzer.name, resource_arn)
    if found is None:
        raise ResourceNotFoundException(f"Resource {resource_arn} not found.", resource_arn, "Resource")
    shown: dict[str, Any] = {
        **_summary(found),
        "createdAt": found.created_at,
        "analyzedAt": found.analyzed_at,
        "updatedAt": found.updated_at,
        "isPublic": found.is_public,
    }
    if found.error:
        shown["error"] = found.error
    if found.is_shared:
        statuses = [each.status for each in state.findings.range(call, analyzer.name, found.arn, via="resource")]
        shown |= {"actions": list(found.actions), "status": ACTIVE if ACTIVE in statuses else statuses[0]}
        if found.type == "AWS::S3::Bucket":
            shown["sharedVia"] = ["POLICY"]
    return {"resource": shown}
