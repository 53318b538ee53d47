"""Repository policies (who may use a repository) and lifecycle policies (which images are kept)."""

from __future__ import annotations

from typing import Any

import orjson

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation
from skyjar.policy.documents import validate
from skyjar.policy.errors import MalformedPolicy

from . import limits, state
from .errors import InvalidParameterException, LifecyclePolicyNotFoundException, RepositoryPolicyNotFoundException


@operation
def set_repository_policy(
    call: Call, *, repository_name: str, policy_text: str, registry_id: str = "", force: bool = False
) -> dict[str, Any]:
    """`force` accepts a policy by which the caller could not set it again; here every one is accepted so."""
    at = state.registry(call, registry_id)
    repository = state.repository_of(at, repository_name)
    try:
        validate(policy_text, "resource", size_limit=limits.POLICY_CHARS)
    except MalformedPolicy as error:
        raise InvalidParameterException(
            "Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Invalid repository policy provided': "
            + error.message
        ) from None
    state.change(at, repository, policy=policy_text)
    return _shown_policy(at.account, repository_name, policy_text)


def _shown_policy(registry_id: str, name: str, text: str) -> dict[str, Any]:
    return {"registryId": registry_id, "repositoryName": name, "policyText": text}


@operation
def get_repository_policy(call: Call, *, repository_name: str, registry_id: str = "") -> dict[str, Any]:
    at = state.registry(call, registry_id)
    repository = state.repository_of(at, repository_name)
    if not repository.policy:
        raise RepositoryPolicyNotFoundException(repository_name, at.account)
    return _shown_policy(at.account, repository_name, repository.policy)


@operation
def delete_repository_policy(call: Call, *, repository_name: str, registry_id: str = "") -> dict[str, Any]:
    shown = get_repository_policy(call, repository_name=repository_name, registry_id=registry_id)
    at = state.registry(call, registry_id)
    state.change(at, state.repository_of(at, repository_name), policy="")
    return shown


@operation
def put_lifecycle_policy(
    call: Call, *, repository_name: str, lifecycle_policy_text: str, registry_id: str = ""
) -> dict[str, Any]:
    """Its rules have nothing to act on while there are no images."""
    at = state.registry(call, registry_id)
    repository = state.repository_of(at, repository_name)
    _check_lifecycle(lifecycle_policy_text)
    state.change(at, repository, lifecycle=lifecycle_policy_text, lifecycle_at=call.now)
    return _shown_lifecycle(at.account, repository_name, lifecycle_policy_text)


def _shown_lifecycle(registry_id: str, name: str, text: str) -> dict[str, Any]:
    return {"registryId": registry_id, "repositoryName": name, "lifecyclePolicyText": text}


def _check_lifecycle(text: str) -> None:
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise _invalid("The lifecycle policy is not a valid JSON document") from None
    rules = found.get("rules") if isinstance(found, dict) else None
    if not isinstance(rules, list) or not 1 <= len(rules) <= limits.LIFECYCLE_RULES:
        raise _invalid('object has missing required properties (["rules"])')
    for rule in rules:
        _check_rule(rule)
    priorities = [rule["rulePriority"] for rule in rules]
    if len(set(priorities)) != len(priorities):
        raise _invalid("rulePriority must be unique")


def _check_rule(rule: Any) -> None:
    if not isinstance(rule, dict) or not {"rulePriority", "selection", "action"} <= rule.keys():
        raise _invalid('object has missing required properties (["action","rulePriority","selection"])')
    selection = rule["selection"]
    if not isinstance(selection, dict) or not {"tagStatus", "countType", "countNumber"} <= selection.keys():
        raise _invalid('object has missing required properties (["countNumber","countType","tagStatus"])')
    if not isinstance(rule["rulePriority"], int) or not isinstance(selection["countNumber"], int):
        raise _invalid("rulePriority and countNumber must be integers")
    if selection["tagStatus"] not in ("tagged", "untagged", "any"):
        raise _invalid('instance value is not found in enum (possible values: ["any","tagged","untagged"])')


def _invalid(reason: str) -> InvalidParameterException:
    return InvalidParameterException(
        "Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint: 'Lifecycle policy validation failure: "
        f"{reason}'"
    )


@operation
def get_lifecycle_policy(call: Call, *, repository_name: str, registry_id: str = "") -> dict[str, Any]:
    at = state.registry(call, registry_id)
    repository = state.repository_of(at, repository_name)
    if not repository.lifecycle:
        raise LifecyclePolicyNotFoundException(repository_name, at.account)
    return {
        **_shown_lifecycle(at.account, repository_name, repository.lifecycle),
        "lastEvaluatedAt": repository.lifecycle_at,
    }


@operation
def delete_lifecycle_policy(call: Call, *, repository_name: str, registry_id: str = "") -> dict[str, Any]:
    shown = get_lifecycle_policy(call, repository_name=repository_name, registry_id=registry_id)
    at = state.registry(call, registry_id)
    state.change(at, state.repository_of(at, repository_name), lifecycle="")
    return shown
