"""Rotation: configured, started and cancelled. The work is done by jobs, step by step."""

from __future__ import annotations

from typing import Any

from skyjar.kernel import principals
from skyjar.kernel.call import Call
from skyjar.kernel.service import operation
from skyjar.kernel.tables import At

from . import jobs, replicas, schedules, state, values
from .errors import AccessDeniedException, InvalidRequestException
from .state import CURRENT, PENDING, Rules, Secret

PRINCIPAL = "secretsmanager.amazonaws.com"


@operation
def rotate_secret(
    call: Call,
    *,
    secret_id: str,
    client_request_token: str | None = None,
    rotation_lambda_arn: str = "",
    rotation_rules: dict[str, Any] | None = None,
    rotate_immediately: bool = True,
) -> dict[str, Any]:
    """Without `rotate_immediately` only the step testSecret is run, to see whether the function works."""
    at, secret = state.changeable(call, secret_id)
    token = values.check_token(client_request_token or call.new_id())
    secret = _configured(call, at, secret, rotation_lambda_arn, rotation_rules)
    answer = {"ARN": state.arn_of(at, secret), "Name": secret.name}
    if not rotate_immediately:
        begin(call, at, secret, token, is_test=True)
        return answer
    _check_idle(at, secret)
    begin(call, at, secret, token)
    return {**answer, "VersionId": token}


def _configured(call: Call, at: At, secret: Secret, function: str, given: dict[str, Any] | None) -> Secret:
    function = function or secret.function
    if not function:
        raise InvalidRequestException("No Lambda rotation function ARN is associated with this secret.")
    rules = secret.rules
    if given is not None:
        rules = Rules(
            given.get("AutomaticallyAfterDays") or 0, given.get("ScheduleExpression") or "", given.get("Duration") or ""
        )
        schedules.check(rules)
    _check_may_invoke(call, at, secret, function)
    changed: Secret = state.replace(secret, function=function, rules=rules, rotates=True)
    if rules is not None:
        changed = jobs.plan(call, at, changed)
    state.secrets.replace(at, secret, changed)
    replicas.spread(call, at, changed)
    return changed


def stated(at: At, secret: Secret) -> dict[str, str]:
    """The condition keys of a call that Secrets Manager makes for a secret."""
    return {"aws:SourceArn": state.arn_of(at, secret), "aws:SourceAccount": at.account}


def _check_may_invoke(call: Call, at: At, secret: Secret, function: str) -> None:
    who = principals.service(PRINCIPAL, at.account)
    if not call.acting(who, stated(at, secret)).may("lambda", "invoke", who, function_name=function):
        raise AccessDeniedException(
            "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants access "
            f"to the principal {PRINCIPAL}."
        )


def _check_idle(at: At, secret: Secret) -> None:
    pending = state.staged(at, secret, PENDING)
    if pending is not None and CURRENT not in pending.stages:
        raise InvalidRequestException("A previous rotation isn't complete. That rotation will be reattempted.")


def begin(call: Call, at: At, secret: Secret, token: str, *, is_test: bool = False) -> None:
    """Write the empty version that the function is to fill, and take the first step."""
    from . import stages

    if not is_test or state.staged(at, secret, PENDING) is None:
        version = state.versions.get(at, secret.id, token)
        if version is not None and version.sealed:
            raise values.token_taken(at, secret, token)
        new = version or state.Version(secret=secret.id, id=token, created_at=call.now)
        stages.move(at, secret, new, [PENDING])
    if not is_test:
        state.secrets.put(at, state.replace(secret, rotating=token, tries=0))
    first = "testSecret" if is_test else jobs.STEPS[0]
    call.later(jobs.step, arn=state.arn_of(at, secret), token=token, name=first, is_test=is_test)


@operation
def cancel_rotate_secret(call: Call, *, secret_id: str) -> dict[str, Any]:
    """No more rotations by themselves; the version that one has left behind keeps its label AWSPENDING."""
    at, secret = state.changeable(call, secret_id)
    if not secret.function:
        raise InvalidRequestException("No Lambda rotation function ARN is associated with this secret.")
    changed = state.replace(secret, rotates=False, next_rotation=0.0, rotating="", tries=0)
    state.secrets.replace(at, secret, changed)
    answer = {"ARN": state.arn_of(at, secret), "Name": secret.name}
    return {**answer, "VersionId": secret.rotating} if secret.rotating else answer
