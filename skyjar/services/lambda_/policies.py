"""Resource policies: who else may invoke a function, a version or an alias."""

from __future__ import annotations

from typing import Any

import orjson

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation
from skyjar.kernel.tables import At

from . import limits, permissions, state
from .errors import (
    InvalidParameterValueException,
    PolicyLengthExceededException,
    PreconditionFailedException,
    ResourceConflictException,
    ResourceNotFoundException,
)
from .names import LATEST, Reference
from .state import Policy


@operation
def add_permission(
    call: Call,
    *,
    function_name: str,
    statement_id: str,
    action: str,
    principal: str,
    source_arn: str | None = None,
    function_url_auth_type: str | None = None,
    invoked_via_function_url: bool | None = None,
    source_account: str | None = None,
    event_source_token: str | None = None,
    qualifier: str | None = None,
    revision_id: str | None = None,
    principal_org_id: str | None = None,
) -> dict[str, str]:
    at, reference, policy = _find(call, function_name, qualifier)
    _check_revision(policy, revision_id)
    if statement_id in policy.statements:
        raise ResourceConflictException(
            f"The statement id ({statement_id}) provided already exists. Please provide a new statement id, or remove the "
            "existing statement."
        )
    statement: dict[str, Any] = {
        "Sid": statement_id,
        "Effect": "Allow",
        "Principal": _principal(principal),
        "Action": action,
        "Resource": reference.arn,
    }
    condition: dict[str, Any] = {}
    if source_account:
        condition.setdefault("StringEquals", {})["AWS:SourceAccount"] = source_account
    if event_source_token:
        condition.setdefault("StringEquals", {})["lambda:EventSourceToken"] = event_source_token
    if function_url_auth_type:
        condition.setdefault("StringEquals", {})["lambda:FunctionUrlAuthType"] = function_url_auth_type
    if principal_org_id:
        condition.setdefault("StringEquals", {})["aws:PrincipalOrgID"] = principal_org_id
    if invoked_via_function_url is not None:
        condition["Bool"] = {"lambda:InvokedViaFunctionUrl": str(invoked_via_function_url).lower()}
    if source_arn:
        condition["ArnLike"] = {"AWS:SourceArn": source_arn}
    if condition:
        statement["Condition"] = condition
    text = orjson.dumps(statement).decode()
    new = state.replace(policy, revision=call.new_id(), statements=policy.statements | {statement_id: text})
    if len(permissions.document(new)) > limits.POLICY_BYTES:
        raise PolicyLengthExceededException(
            f"The final policy size ({len(permissions.document(new))}) is bigger than the limit ({limits.POLICY_BYTES})."
        )
    state.policies.put(at, new)
    return {"Statement": text}


def _principal(given: str) -> Any:
    if given == "*":
        return "*"
    if given.endswith((".amazonaws.com", ".amazon.com", ".amazonaws.com.cn")):
        return {"Service": given}
    if len(given) == 12 and given.isdigit():
        return {"AWS": f"arn:aws:iam::{given}:root"}
    if given.startswith("arn:"):
        return {"AWS": given}
    raise InvalidParameterValueException(
        "The provided principal was invalid. Please check the principal and try again."
    )


def _find(call: Call, name: str, qualifier: str | None) -> tuple[At, Reference, Policy]:
    at, reference = state.refer(call, name, qualifier)
    if reference.qualifier == LATEST:
        raise InvalidParameterValueException("We currently do not support adding policies for $LATEST.")
    state.resolve(at, reference)
    found = state.policies.get(at, reference.name, reference.qualifier)
    return at, reference, found or Policy(function=reference.name, qualifier=reference.qualifier, revision="")


def _check_revision(policy: Policy, wanted: str | None) -> None:
    if wanted and wanted != policy.revision:
        raise PreconditionFailedException


@operation
def remove_permission(
    call: Call,
    *,
    function_name: str,
    statement_id: str,
    qualifier: str | None = None,
    revision_id: str | None = None,
) -> None:
    at, _, policy = _find(call, function_name, qualifier)
    _check_revision(policy, revision_id)
    if statement_id not in policy.statements:
        raise ResourceNotFoundException(f"Statement {statement_id} is not found in resource policy.")
    left = {sid: text for sid, text in policy.statements.items() if sid != statement_id}
    if left:
        state.policies.put(at, state.replace(policy, revision=call.new_id(), statements=left))
    else:
        state.policies.remove(at, policy)


@operation
def get_policy(call: Call, *, function_name: str, qualifier: str | None = None) -> dict[str, str]:
    _, _, policy = _find(call, function_name, qualifier)
    if not policy.statements:
        raise ResourceNotFoundException("The resource you requested does not exist.")
    return {"Policy": permissions.document(policy), "RevisionId": policy.revision}
