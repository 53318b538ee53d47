"""Policy documents: what each type must look like, and the two policies that AWS keeps."""

from __future__ import annotations

from typing import Any

import orjson

from skyjar.kernel.call import Call
from skyjar.kernel.errors import NotImplementedHere
from skyjar.policy.documents import validate
from skyjar.policy.errors import MalformedPolicy, PolicyTooLarge

from . import inheritance, limits, state
from .errors import (
    ConstraintViolationException,
    MalformedPolicyDocumentException,
    PolicyNotFoundException,
)
from .state import Organization, Policy

ENFORCED = {"SERVICE_CONTROL_POLICY": "scp", "RESOURCE_CONTROL_POLICY": "rcp"}
TOP = {  # the one name at the top of a management policy
    "TAG_POLICY": "tags",
    "BACKUP_POLICY": "plans",
    "AISERVICES_OPT_OUT_POLICY": "services",
    "CHATBOT_POLICY": "chatbot",
    "DECLARATIVE_POLICY_EC2": "ec2_attributes",
}
_ALL = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
_ALL_RESOURCES = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}'
FULL = {
    "SERVICE_CONTROL_POLICY": Policy(
        organization="aws",
        id="p-FullAWSAccess",
        type="SERVICE_CONTROL_POLICY",
        name="FullAWSAccess",
        description="Allows access to every operation",
        content=_ALL,
    ),
    "RESOURCE_CONTROL_POLICY": Policy(
        organization="aws",
        id="p-RCPFullAWSAccess",
        type="RESOURCE_CONTROL_POLICY",
        name="RCPFullAWSAccess",
        description="Allows access to every resource",
        content=_ALL_RESOURCES,
    ),
}
_FULL_BY_ID = {policy.id: policy for policy in FULL.values()}


def check_type(policy_type: str) -> None:
    if policy_type not in limits.POLICIES:
        raise NotImplementedHere(f"Skyjar does not implement the policy type {policy_type} of organizations.")


def policy_of(call: Call, organization: Organization, policy_id: str) -> Policy:
    found = _FULL_BY_ID.get(policy_id) or state.policies.get(call, organization.id, policy_id)
    if found is None:
        raise PolicyNotFoundException
    return found


def check(policy_type: str, content: str) -> None:
    """Raises MalformedPolicyDocument, or ConstraintViolation for one that is too long."""
    most = limits.POLICIES[policy_type][0]
    kind = ENFORCED.get(policy_type)
    try:
        if kind == "scp":
            validate(content, "scp", size_limit=most)
        elif kind == "rcp":
            validate(content, "rcp", size_limit=most)
        else:
            _check_management(policy_type, content, most)
    except PolicyTooLarge:
        raise _too_long() from None
    except MalformedPolicy:
        raise MalformedPolicyDocumentException from None


def _check_management(policy_type: str, content: str, most: int) -> None:
    if len(content) - sum(map(content.count, " \t\r\n")) > most:
        raise _too_long()
    parsed = read(content)
    if set(parsed) - {"@@operators_allowed_for_child_policies"} != {TOP[policy_type]}:
        raise MalformedPolicyDocumentException
    if not isinstance(parsed[TOP[policy_type]], dict) or not inheritance.is_well_formed(parsed):
        raise MalformedPolicyDocumentException


def read(content: str) -> dict[str, Any]:
    try:
        parsed = orjson.loads(content)
    except ValueError:
        raise MalformedPolicyDocumentException from None
    if not isinstance(parsed, dict):
        raise MalformedPolicyDocumentException
    return parsed


def _too_long() -> ConstraintViolationException:
    return ConstraintViolationException(
        "POLICY_CONTENT_LIMIT_EXCEEDED", "You have exceeded the maximum size of a policy document."
    )
