"""Resource policies of secrets."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation
from skyjar.policy import publicity
from skyjar.policy.documents import validate
from skyjar.policy.errors import MalformedPolicy, PolicyTooLarge

from . import limits, replicas, state
from .errors import MalformedPolicyDocumentException, PublicPolicyException


@operation
def put_resource_policy(
    call: Call, *, secret_id: str, resource_policy: str, block_public_policy: bool = False
) -> dict[str, Any]:
    """A replica's policy is its own; everything else of a replica comes from the primary secret."""
    at, secret = state.living(call, secret_id)
    problem = _problem(resource_policy)
    if problem:
        raise MalformedPolicyDocumentException(problem)
    if block_public_policy and publicity.is_public(resource_policy):
        raise PublicPolicyException
    changed = state.replace(secret, policy=resource_policy)
    state.secrets.replace(at, secret, changed)
    replicas.spread(call, at, changed)
    return {"ARN": state.arn_of(at, secret), "Name": secret.name}


def _problem(document: str) -> str:
    try:
        validate(document, "resource", size_limit=limits.POLICY_CHARS)
    except MalformedPolicy as error:
        return f"This resource policy contains a syntax error: {error.message}"
    except PolicyTooLarge:
        return f"A resource policy can have at most {limits.POLICY_CHARS} characters."
    return ""


@operation
def get_resource_policy(call: Call, *, secret_id: str) -> dict[str, Any]:
    at, secret = state.living(call, secret_id)
    shown = {"ARN": state.arn_of(at, secret), "Name": secret.name}
    return {**shown, "ResourcePolicy": secret.policy} if secret.policy else shown


@operation
def delete_resource_policy(call: Call, *, secret_id: str) -> dict[str, Any]:
    at, secret = state.living(call, secret_id)
    state.secrets.replace(at, secret, state.replace(secret, policy=""))
    return {"ARN": state.arn_of(at, secret), "Name": secret.name}


@operation
def validate_resource_policy(call: Call, *, resource_policy: str, secret_id: str | None = None) -> dict[str, Any]:
    if secret_id:
        state.living(call, secret_id)
    found = []
    problem = _problem(resource_policy)
    if problem:
        found.append({"CheckName": "POLICY_SYNTAX", "ErrorMessage": problem})
    elif publicity.is_public(resource_policy):
        found.append({"CheckName": "PUBLIC_POLICY", "ErrorMessage": PublicPolicyException.sentence})
    return {"PolicyValidationPassed": not found, "ValidationErrors": found}
