"""What Secrets Manager does by itself: rotate when it is time, step by step, and delete when the recovery window is over."""

from __future__ import annotations

from typing import Any

import orjson

from skyjar.kernel import principals
from skyjar.kernel.call import Call
from skyjar.kernel.jobs import job
from skyjar.kernel.outside import Outside
from skyjar.kernel.tables import At

from . import limits, schedules, state
from .state import CURRENT, PENDING, Secret

STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")


def _secret(call: Call, arn: str) -> tuple[At, Secret] | None:
    """The very secret of an ARN, unless it is marked for deletion."""
    at, found = state.look_up(call, arn)
    return (at, found) if found is not None and state.arn_of(at, found) == arn and not found.deletes_at else None


@job()
def delete(call: Call, *, arn: str) -> None:
    at, found = state.look_up(call, arn)
    if found is not None and found.deletes_at and found.deletes_at <= call.now and state.arn_of(at, found) == arn:
        state.drop(at, found)


def plan(call: Call, at: At, secret: Secret) -> Secret:
    """The secret with the time of its next rotation, for which a job waits."""
    assert secret.rules is not None
    due = schedules.next_time(secret.rules, call.now)
    call.later(rotate, key=secret.id, due=due, arn=state.arn_of(at, secret))
    changed: Secret = state.replace(secret, next_rotation=due)
    return changed


@job()
def rotate(call: Call, *, arn: str) -> None:
    """It is time. What has not ended of the last time is tried again."""
    from . import rotation

    found = _secret(call, arn)
    if found is None or not found[1].rotates or found[1].rules is None or found[1].next_rotation > call.now:
        return
    at, secret = found
    planned = plan(call, at, secret)
    state.secrets.replace(at, secret, planned)
    pending = state.staged(at, planned, PENDING)
    if pending is not None and CURRENT not in pending.stages:
        state.secrets.put(at, state.replace(planned, rotating=pending.id, tries=0))
        call.later(step, arn=arn, token=pending.id, name=STEPS[0], is_test=False)
    else:
        rotation.begin(call, at, planned, call.new_id())


def _step_failed(call: Call, error: Exception, *, arn: str, token: str, name: str, is_test: bool) -> None:
    _failed(call, arn, token, is_test)


@job(tries=1, otherwise=_step_failed)
def step(call: Call, *, arn: str, token: str, name: str, is_test: bool) -> Outside | None:
    """Invoke the function for one step; the next one follows when it has succeeded. At least once, as on AWS."""
    from . import rotation

    found = _secret(call, arn)
    if found is None or not found[1].function or (found[1].rotating != token and not is_test):
        return None
    at, secret = found
    event = {"Step": name, "SecretId": arn, "ClientRequestToken": token}
    who = principals.service(rotation.PRINCIPAL, at.account)
    asked: Outside = call.ask(
        "lambda", who, account=at.account, region=at.region, context=rotation.stated(at, secret)
    ).invoke(function_name=secret.function, payload=orjson.dumps(event))
    return asked.map(lambda then, answer: _stepped(then, answer, arn, token, name, is_test))


def _stepped(call: Call, answer: dict[str, Any], arn: str, token: str, name: str, is_test: bool) -> None:
    if answer.get("FunctionError"):
        _failed(call, arn, token, is_test)
    elif is_test:
        _end_test(call, arn, token)
    elif name != STEPS[-1]:
        call.later(step, arn=arn, token=token, name=STEPS[STEPS.index(name) + 1], is_test=False)
    else:
        _finished(call, arn, token)


def _end_test(call: Call, arn: str, token: str) -> None:
    """What a test needed is taken away again."""
    found = _secret(call, arn)
    version = state.versions.get(found[0], found[1].id, token) if found is not None else None
    if found is not None and version is not None and version.stages == (PENDING,):
        state.versions.remove(found[0], version)


def _finished(call: Call, arn: str, token: str) -> None:
    from . import replicas

    found = _secret(call, arn)
    if found is None or found[1].rotating != token:
        return
    at, secret = found
    version = state.versions.get(at, secret.id, token)
    if version is None or CURRENT not in version.stages:
        _failed(call, arn, token, False)
        return
    done = state.replace(secret, rotated_at=call.now, rotating="", tries=0)
    if done.rules is not None and done.rotates:
        done = plan(call, at, done)
    state.secrets.replace(at, secret, done)
    replicas.spread(call, at, done)


def _failed(call: Call, arn: str, token: str, is_test: bool) -> None:
    """From the first step again after a rest, up to a number of times; then when it is time for the next rotation."""
    if is_test:
        _end_test(call, arn, token)
        return
    found = _secret(call, arn)
    if found is None or found[1].rotating != token:
        return
    at, secret = found
    tries = secret.tries + 1
    if tries < limits.ROTATION_TRIES:
        state.secrets.replace(at, secret, state.replace(secret, tries=tries))
        due = call.now + limits.ROTATION_REST_S
        call.later(step, due=due, arn=arn, token=token, name=STEPS[0], is_test=False)
    else:
        state.secrets.replace(at, secret, state.replace(secret, rotating="", tries=0))
