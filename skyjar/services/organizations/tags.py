"""Tags of roots, units, accounts, policies and the resource policy."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import limits, paging, state
from .errors import ConstraintViolationException, InvalidInputException, TargetNotFoundException
from .state import Organization, Tags


def of(call: Call, organization: Organization, resource: str) -> dict[str, str]:
    held = state.tags.get(call, organization.id, resource)
    return held.tags if held is not None else {}


def keep(call: Call, organization: Organization, resource: str, given: list[dict[str, str]] | None) -> None:
    """Add tags to what the resource has."""
    if not given:
        return
    merged = merge(of(call, organization, resource), given)
    state.tags.put(call, Tags(organization=organization.id, resource=resource, tags=merged))


def merge(present: dict[str, str], given: list[dict[str, str]]) -> dict[str, str]:
    keys = [tag["Key"] for tag in given]
    if len(set(keys)) < len(keys):
        raise InvalidInputException("DUPLICATE_TAG_KEY", "Tag keys must be unique.")
    if any(key.lower().startswith("aws:") for key in keys):
        raise InvalidInputException(
            "INVALID_SYSTEM_TAGS_PARAMETER", "You can't add, edit, or delete system tags: keys that begin with aws:."
        )
    merged = present | {tag["Key"]: tag["Value"] for tag in given}
    if len(merged) > limits.TAGS:
        raise ConstraintViolationException("MAX_TAG_LIMIT_EXCEEDED", "You have exceeded the allowed number of tags.")
    return merged


def _check_exists(call: Call, organization: Organization, resource: str) -> None:
    if resource == organization.root or (resource and resource == organization.policy_id):
        return
    account = state.accounts.get(call, resource)
    found = (
        state.units.get(call, organization.id, resource) is not None
        or state.policies.get(call, organization.id, resource) is not None
        or (account is not None and account.organization == organization.id)
    )
    if not found:
        raise TargetNotFoundException


@operation
def tag_resource(call: Call, *, resource_id: str, tags: list[dict[str, str]]) -> None:
    organization = state.mine(call)
    _check_exists(call, organization, resource_id)
    keep(call, organization, resource_id, tags)


@operation
def untag_resource(call: Call, *, resource_id: str, tag_keys: list[str]) -> None:
    organization = state.mine(call)
    _check_exists(call, organization, resource_id)
    left = {key: value for key, value in of(call, organization, resource_id).items() if key not in tag_keys}
    state.tags.put(call, Tags(organization=organization.id, resource=resource_id, tags=left))


@operation
def list_tags_for_resource(call: Call, *, resource_id: str, next_token: str = "") -> dict[str, Any]:
    organization = state.mine(call)
    _check_exists(call, organization, resource_id)
    found = of(call, organization, resource_id).items()
    return paging.page("Tags", found, next_token, limits.TAGS, lambda tag: {"Key": tag[0], "Value": tag[1]})
