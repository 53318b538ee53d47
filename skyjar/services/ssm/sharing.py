"""Resource policies of parameters, which let other accounts read them by their ARN.

Source: Systems Manager User Guide, "Working with shared parameters": advanced parameters only, and a SecureString only
under a key of one's own, whose policy has to let the others in too.
"""

from __future__ import annotations

import hashlib
from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.errors import NotImplementedHere
from skyjar.kernel.service import operation
from skyjar.policy.documents import validate
from skyjar.policy.errors import MalformedPolicy, PolicyTooLarge

from . import limits, secure, state, tiers
from .errors import (
    MalformedResourcePolicyDocumentException,
    ParameterNotFound,
    ResourceNotFoundException,
    ResourcePolicyConflictException,
    ResourcePolicyInvalidParameterException,
    ResourcePolicyLimitExceededException,
    ResourcePolicyNotFoundException,
)
from .state import Parameter, Sharing


def _parameter(call: Call, arn: str) -> Parameter:
    """A parameter of the caller's account."""
    kind = arn.split(":", 5)[-1].partition("/")[0]
    if kind in ("document", "opsitemgroup"):
        raise NotImplementedHere(f"Skyjar does not implement resource policies of the type {kind} of ssm.")
    if not arn.startswith("arn:") or kind != "parameter":
        raise ResourcePolicyInvalidParameterException(
            f"The resource ARN is not valid: {arn}.", ParameterNames=["ResourceArn"]
        )
    try:
        at, found = state.referred(call, arn)
    except ParameterNotFound:
        raise ResourceNotFoundException from None
    if at.account != call.account:
        raise ResourceNotFoundException
    return found


def _check_sharable(parameter: Parameter) -> None:
    if parameter.tier != tiers.ADVANCED:
        raise ResourcePolicyInvalidParameterException(
            "To share a parameter, it must be in the advanced parameter tier.", ParameterNames=["ResourceArn"]
        )
    if parameter.type == secure.SECURE and parameter.key_id.endswith(secure.MANAGED):
        raise ResourcePolicyInvalidParameterException(
            "To share a SecureString parameter, it must be encrypted with a customer managed key.",
            ParameterNames=["ResourceArn"],
        )


def _checked(held: Sharing | None, policy_id: str, policy_hash: str) -> Sharing:
    """The policy that a caller means to change, which must be the one that it has seen."""
    if held is None or held.id != policy_id:
        raise ResourcePolicyNotFoundException
    if held.hash != policy_hash:
        raise ResourcePolicyConflictException
    return held


@operation
def put_resource_policy(
    call: Call, *, resource_arn: str, policy: str, policy_id: str = "", policy_hash: str = ""
) -> dict[str, Any]:
    parameter = _parameter(call, resource_arn)
    _check_sharable(parameter)
    try:
        validate(policy, "resource", size_limit=limits.SHARING_POLICY_CHARS)
    except MalformedPolicy as error:
        raise MalformedResourcePolicyDocumentException(error.message) from None
    except PolicyTooLarge:
        raise ResourcePolicyLimitExceededException(
            f"A resource policy can have at most {limits.SHARING_POLICY_CHARS} characters."
        ) from None
    held = state.sharings.get(call, parameter.name)
    if policy_id or policy_hash:
        held = _checked(held, policy_id, policy_hash)
    elif held is not None:
        raise ResourcePolicyLimitExceededException(
            "The parameter has a resource policy.", Limit=1, LimitType="Policies"
        )
    made = Sharing(
        name=parameter.name,
        id=held.id if held is not None else call.new_id(),
        hash=hashlib.sha256(policy.encode()).hexdigest(),
        document=policy,
    )
    state.sharings.put(call, made)
    return {"PolicyId": made.id, "PolicyHash": made.hash}


@operation
def get_resource_policies(call: Call, *, resource_arn: str) -> dict[str, Any]:
    held = state.sharings.get(call, _parameter(call, resource_arn).name)
    shown = [{"PolicyId": held.id, "PolicyHash": held.hash, "Policy": held.document}] if held is not None else []
    return {"Policies": shown}


@operation
def delete_resource_policy(call: Call, *, resource_arn: str, policy_id: str, policy_hash: str) -> None:
    parameter = _parameter(call, resource_arn)
    state.sharings.remove(call, _checked(state.sharings.get(call, parameter.name), policy_id, policy_hash))
