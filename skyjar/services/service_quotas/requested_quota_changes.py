"""Requests for increases, which are granted by and by."""

from __future__ import annotations

from typing import Any

import orjson

from skyjar.kernel import durations
from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import catalogue, jobs, limits, paging, state
from .errors import IllegalArgumentException, NoSuchResourceException, ResourceAlreadyExistsException
from .service_quotas import check_context
from .state import Request


@operation
def request_service_quota_increase(
    call: Call,
    *,
    service_code: str,
    quota_code: str,
    desired_value: float,
    context_id: str | None = None,
    support_case_allowed: bool = True,
) -> dict[str, Any]:
    """`support_case_allowed`: without it what nobody may grant by himself is not approved."""
    known = catalogue.find(service_code, quota_code)
    check_context(context_id)
    if not known.published.is_adjustable:
        raise IllegalArgumentException(f"The quota {quota_code} is not adjustable.")
    if desired_value != int(desired_value) or desired_value <= catalogue.applied(call, known):
        raise IllegalArgumentException("You must provide a quota value greater than the current quota value.")
    if any(each.status in state.OPEN for each in state.requests.range(call, service_code, quota_code, via="quota")):
        raise ResourceAlreadyExistsException("Only one open service quota increase request is allowed per quota.")
    caller = call.caller
    made = Request(
        id=call.chance.hex(40),
        service=service_code,
        code=quota_code,
        value=desired_value,
        created_at=call.now,
        updated_at=call.now,
        requester=orjson.dumps({"accountId": call.account, "callerArn": caller.arn}),
    )
    state.requests.add(call, made)
    due = call.now + (durations.of(call, "service-quotas.Request") or limits.PENDING_S)
    call.later(jobs.decide, due=due, id=made.id, may_open=support_case_allowed)
    return {"RequestedQuota": shown(call, made)}


@operation
def get_requested_service_quota_change(call: Call, *, request_id: str) -> dict[str, Any]:
    found = state.requests.get(call, request_id)
    if found is None:
        raise NoSuchResourceException("The request failed because the specified quota change request does not exist.")
    return {"RequestedQuota": shown(call, found)}


@operation
def list_requested_service_quota_change_history(
    call: Call,
    *,
    service_code: str | None = None,
    status: str | None = None,
    next_token: str | None = None,
    max_results: int | None = None,
    quota_requested_at_level: str = "ACCOUNT",
) -> dict[str, Any]:
    if service_code is not None:
        catalogue.of_service(service_code)
    return _listed(call, service_code, None, status, next_token, max_results, quota_requested_at_level)


@operation
def list_requested_service_quota_change_history_by_quota(
    call: Call,
    *,
    service_code: str,
    quota_code: str,
    status: str | None = None,
    next_token: str | None = None,
    max_results: int | None = None,
    quota_requested_at_level: str = "ACCOUNT",
) -> dict[str, Any]:
    catalogue.find(service_code, quota_code)
    return _listed(call, service_code, quota_code, status, next_token, max_results, quota_requested_at_level)


def _listed(
    call: Call,
    service: str | None,
    code: str | None,
    status: str | None,
    token: str | None,
    most: int | None,
    level: str,
) -> dict[str, Any]:
    """The newest first."""
    found = [
        each
        for each in state.requests.range(call, via="created", reverse=True)
        if each.service == (service or each.service)
        and each.code == (code or each.code)
        and each.status == (status or each.status)
        and (each.status in state.OPEN or each.updated_at > call.now - limits.HISTORY_S)
        and level != "RESOURCE"
    ]
    listed, following = paging.paged(found, token, most)
    return {"RequestedQuotas": [shown(call, each) for each in listed], **following}


def shown(call: Call, request: Request) -> dict[str, Any]:
    known = catalogue.find(request.service, request.code)
    case = {"CaseId": request.case} if request.case else {}
    return {
        "Id": request.id,
        **case,
        "ServiceCode": request.service,
        "ServiceName": known.title,
        "QuotaCode": request.code,
        "QuotaName": known.published.name,
        "DesiredValue": request.value,
        "Status": request.status,
        "Created": request.created_at,
        "LastUpdated": request.updated_at,
        "Requester": request.requester.decode(),
        "QuotaArn": catalogue.arn_of(call, known),
        "GlobalQuota": known.published.is_global,
        "Unit": known.published.unit,
        "QuotaRequestedAtLevel": "ACCOUNT",
    }
