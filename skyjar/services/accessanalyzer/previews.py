"""Access previews: what an analyzer would find, before a policy is attached."""

from __future__ import annotations

from typing import Any

import orjson

from skyjar.kernel.call import Call
from skyjar.kernel.errors import NotImplementedHere
from skyjar.kernel.service import operation

from . import filters, jobs, limits, paging, previewing, state
from .errors import ConflictException, ResourceNotFoundException, ValidationException
from .state import Analyzer, Finding, Preview


@operation
def create_access_preview(
    call: Call, *, analyzer_arn: str, configurations: dict[str, dict[str, Any]], client_token: str = ""
) -> dict[str, str]:
    analyzer = state.by_arn(call, analyzer_arn)
    for before in state.previews.range(call, analyzer.name):
        if client_token and before.token == client_token:
            return {"id": before.id}
    if analyzer.type != "ACCOUNT":
        raise ValidationException("Access previews can only be created for analyzers of the type ACCOUNT.")
    if len(configurations) != 1:
        raise ValidationException("The configurations must contain exactly one element.")
    for arn, configuration in configurations.items():
        _check(call, arn, configuration)
    made = Preview(
        analyzer=analyzer.name,
        id=call.new_id(),
        created_at=call.now,
        configurations=orjson.dumps(configurations),
        token=client_token,
    )
    state.previews.add(call, made)
    call.later(jobs.preview, key=made.id, name=analyzer.name, identity=made.id)
    return {"id": made.id}


def _check(call: Call, arn: str, configuration: dict[str, Any]) -> None:
    if len(configuration) != 1:
        raise ValidationException("A configuration must be of exactly one type.")
    [(kind, given)] = configuration.items()
    if kind not in previewing.KINDS:
        raise NotImplementedHere(f"Skyjar does not implement access previews of {kind}.")
    for name in ("bucketAclGrants", "accessPoints"):
        if given.get(name):
            raise NotImplementedHere(f"Skyjar does not implement access previews with {name}.")
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[4] not in ("", call.account):
        raise ValidationException(f"The ARN {arn} is not of a resource of the analyzer's account.")


def _existing(call: Call, analyzer: Analyzer, identity: str) -> Preview:
    found = state.previews.get(call, analyzer.name, identity)
    if found is None:
        raise ResourceNotFoundException(f"Access preview {identity} not found.", identity, "AccessPreview")
    return found


@operation
def get_access_preview(call: Call, *, access_preview_id: str, analyzer_arn: str) -> dict[str, Any]:
    found = _existing(call, state.by_arn(call, analyzer_arn), access_preview_id)
    shown = {**_summary(found, analyzer_arn), "configurations": orjson.loads(found.configurations)}
    return {"accessPreview": shown}


@operation
def list_access_previews(
    call: Call, *, analyzer_arn: str, next_token: str = "", max_results: int = limits.PAGE
) -> dict[str, Any]:
    found = state.previews.range(call, state.by_arn(call, analyzer_arn).name)
    return paging.page("accessPreviews", found, next_token, max_results, lambda each: _summary(each, analyzer_arn))


def _summary(found: Preview, analyzer_arn: str) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": found.id,
        "analyzerArn": analyzer_arn,
        "createdAt": found.created_at,
        "status": found.status,
    }
    return {**shown, "statusReason": {"code": found.reason}} if found.reason else shown


@operation
def list_access_preview_findings(
    call: Call,
    *,
    access_preview_id: str,
    analyzer_arn: str,
    filter: dict[str, Any] | None = None,
    next_token: str = "",
    max_results: int = limits.PAGE,
) -> dict[str, Any]:
    analyzer = state.by_arn(call, analyzer_arn)
    preview = _existing(call, analyzer, access_preview_id)
    if preview.status != "COMPLETED":
        raise ConflictException(
            f"The access preview is {preview.status}, so it has no findings.", access_preview_id, "AccessPreview"
        )
    filters.check(filter or {})
    found = [
        each for each in orjson.loads(preview.findings) if filters.matches(filter or {}, _as_finding(analyzer, each))
    ]
    return paging.page("findings", found, next_token, max_results, lambda each: each)


def _as_finding(analyzer: Analyzer, shown: dict[str, Any]) -> Finding:
    """What a filter asks of."""
    return Finding(
        analyzer=analyzer.name,
        id=shown["id"],
        kind=state.EXTERNAL,
        resource=shown["resource"],
        resource_type=shown["resourceType"],
        owner=shown["resourceOwnerAccount"],
        created_at=0.0,
        analyzed_at=0.0,
        updated_at=0.0,
        status=shown["status"],
        principal=shown.get("principal", {}),
        condition=shown.get("condition", {}),
        is_public=shown.get("isPublic", False),
        error=shown.get("error", ""),
    )
