"""Key policies: the root of trust of every key. A key has exactly one, named `default`."""

from __future__ import annotations

from typing import Any

import orjson

from skyjar.kernel.call import Call
from skyjar.kernel.principals import root
from skyjar.kernel.service import operation
from skyjar.kernel.tables import At
from skyjar.planes import named_principals
from skyjar.policy.documents import Document, validate
from skyjar.policy.errors import MalformedPolicy, PolicyTooLarge

from . import limits, references, showing, state
from .errors import LimitExceededException, MalformedPolicyDocumentException, NotFoundException
from .state import Key

NAME = "default"


def default(account: str) -> str:
    """What a key gets that is made without a policy: the account's own policies decide."""
    document = {
        "Version": "2012-10-17",
        "Id": "key-default-1",
        "Statement": [
            {
                "Sid": "Enable IAM User Permissions",
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
                "Action": "kms:*",
                "Resource": "*",
            }
        ],
    }
    return orjson.dumps(document, option=orjson.OPT_INDENT_2).decode()


def check(call: Call, policy: str) -> None:
    if len(policy.encode()) > limits.POLICY_BYTES:
        raise LimitExceededException("The key policy document exceeds the limit of 32 KB.")
    try:
        document = validate(policy, "resource", size_limit=limits.POLICY_BYTES)
    except PolicyTooLarge:
        raise LimitExceededException("The key policy document exceeds the limit of 32 KB.") from None
    except MalformedPolicy as error:
        raise MalformedPolicyDocumentException(error.message) from None
    if not all(named_principals.exists(call, arn) for arn in _named(document)):
        raise MalformedPolicyDocumentException("Policy contains a statement with one or more invalid principals.")


def _named(document: Document) -> set[str]:
    elements = [statement.principal for statement in document.statements if statement.principal is not None]
    return {arn for element in elements for arn in element.named if not arn.endswith(":root")}


def check_lockout(call: Call, at: At, key: Key) -> None:
    """The key, stored with its new policy, must still let the caller, or the policies of its account, change it."""
    account = call.caller.account or at.account
    asked = {"key_id": state.arn_of(at, key.id), "policy": key.policy}
    if any(call.may("kms", "put_key_policy", who, region=at.region, **asked) for who in (call.caller, root(account))):
        return
    raise MalformedPolicyDocumentException(
        "The new key policy will not allow you to update the key policy in the future."
    )


@operation
def put_key_policy(
    call: Call,
    *,
    key_id: str,
    policy: str,
    policy_name: str = NAME,
    bypass_policy_lockout_safety_check: bool = False,
) -> None:
    found = references.find(call, key_id, takes_alias=False)
    _check_name(policy_name)
    check(call, policy)
    changed = state.change(found.at, found.key, policy=policy)
    if not bypass_policy_lockout_safety_check:
        check_lockout(call, found.at, changed)


def _check_name(name: str) -> None:
    if name != NAME:
        raise NotFoundException("No such policy exists")


@operation
def get_key_policy(call: Call, *, key_id: str, policy_name: str = NAME) -> dict[str, Any]:
    found = references.find(call, key_id, takes_alias=False)
    _check_name(policy_name)
    return {"Policy": found.key.policy, "PolicyName": NAME}


@operation
def list_key_policies(
    call: Call, *, key_id: str, limit: int = limits.LISTED_POLICIES, marker: str = ""
) -> dict[str, Any]:
    references.find(call, key_id, takes_alias=False)
    return showing.page("PolicyNames", [(NAME, NAME)], marker, limit, str)
