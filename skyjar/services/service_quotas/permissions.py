"""What Service Quotas' operations need. Only requests and tags name a quota (Service Authorization Reference)."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call

from . import catalogue, tags

_NAMING = ("request_service_quota_increase",)


def resources(call: Call, operation: str, parameters: dict[str, Any]) -> list[str]:
    if operation not in _NAMING:
        return ["*"]
    service, code = parameters["service_code"], parameters["quota_code"]
    known = catalogue.everything().get(service, {}).get(code)
    region = "" if known is not None and known.published.is_global else call.region
    return [f"arn:aws:servicequotas:{region}:{call.account}:{service}/{code}"]


def conditions(call: Call, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if operation in _NAMING:
        found["servicequotas:service"] = parameters["service_code"]
    given = {tag["Key"]: tag["Value"] for tag in parameters.get("tags") or ()}
    if given or parameters.get("tag_keys"):
        found["aws:TagKeys"] = parameters.get("tag_keys") or list(given)
        found |= {f"aws:RequestTag/{key}": value for key, value in given.items()}
    if parameters.get("resource_arn"):
        found |= {f"aws:ResourceTag/{k}": v for k, v in tags.tags_of(call, parameters["resource_arn"]).items()}
    return found
