"""Quotas and the services that have some: those that hold, and AWS's defaults."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import catalogue, paging
from .errors import IllegalArgumentException


@operation
def list_services(call: Call, *, next_token: str | None = None, max_results: int | None = None) -> dict[str, Any]:
    found = [
        {"ServiceCode": code, "ServiceName": next(iter(several.values())).title}
        for code, several in sorted(catalogue.everything().items())
    ]
    listed, following = paging.paged(found, next_token, max_results)
    return {"Services": listed, **following}


@operation
def list_service_quotas(
    call: Call,
    *,
    service_code: str,
    quota_code: str | None = None,
    next_token: str | None = None,
    max_results: int | None = None,
    quota_applied_at_level: str = "ACCOUNT",
) -> dict[str, Any]:
    """Here every quota is an account's: none is of a single resource."""
    known = catalogue.of_service(service_code)
    if quota_code is not None:
        known = {quota_code: catalogue.find(service_code, quota_code)}
    if quota_applied_at_level == "RESOURCE":
        known = {}
    listed, following = paging.paged([known[code] for code in sorted(known)], next_token, max_results)
    return {"Quotas": [catalogue.shown(call, each) for each in listed], **following}


@operation
def get_service_quota(
    call: Call, *, service_code: str, quota_code: str, context_id: str | None = None
) -> dict[str, Any]:
    known = catalogue.find(service_code, quota_code)
    check_context(context_id)
    return {"Quota": catalogue.shown(call, known)}


def check_context(context_id: str | None) -> None:
    if context_id not in (None, "*"):
        raise IllegalArgumentException("The context ID is not valid: the quota applies to the account.")


@operation
def list_aws_default_service_quotas(
    call: Call, *, service_code: str, next_token: str | None = None, max_results: int | None = None
) -> dict[str, Any]:
    known = catalogue.of_service(service_code)
    listed, following = paging.paged([known[code] for code in sorted(known)], next_token, max_results)
    return {"Quotas": [catalogue.shown(call, each, is_default=True) for each in listed], **following}


@operation
def get_aws_default_service_quota(call: Call, *, service_code: str, quota_code: str) -> dict[str, Any]:
    return {"Quota": catalogue.shown(call, catalogue.find(service_code, quota_code), is_default=True)}
