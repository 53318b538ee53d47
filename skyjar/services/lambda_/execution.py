"""Acting in a function's execution role: its credentials, and the log written with them."""

from __future__ import annotations

import re

from skyjar.kernel import credentials
from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError
from skyjar.kernel.principals import Principal, service

from . import limits, state
from .errors import InvalidParameterValueException
from .state import Session

UNASSUMABLE = "The role defined for the function cannot be assumed by Lambda."
PRINCIPAL = "lambda.amazonaws.com"
_SESSION = re.compile(r"[^A-Za-z0-9_+=,.@-]")


def check_role(call: Call, role: str, name: str) -> None:
    """Whether Lambda may act in this role, found out by doing so; the function's first sandbox uses the credentials."""
    if role.split(":")[4] != call.account:
        raise InvalidParameterValueException("Cross-account pass role is not allowed.")
    state.sessions.put(call, assume(call, role, name))


def session(call: Call, role: str, name: str) -> Session:
    """Credentials of a role for the function `name`: those there are while they last, else new ones."""
    found = state.sessions.get(call, role, name)
    if found is not None and found.expires_at - call.now > limits.SESSION_LEFT_S:
        return found
    fresh = assume(call, role, name)
    state.sessions.put(call, fresh)
    return fresh


def assume(call: Call, role: str, name: str) -> Session:
    sts = call.ask("sts", service(PRINCIPAL, role.split(":")[4]), account=role.split(":")[4])
    try:
        made = sts.assume_role(role_arn=role, role_session_name=_SESSION.sub("_", name)[:64])["Credentials"]
    except AWSError as error:
        raise InvalidParameterValueException(UNASSUMABLE) from error
    held = credentials.find(call.tx, made["AccessKeyId"])
    assert held is not None
    return Session(
        role=role,
        name=name,
        access_key=made["AccessKeyId"],
        secret=made["SecretAccessKey"],
        token=made["SessionToken"],
        expires_at=float(made["Expiration"]),
        principal=held.principal,
    )


def principal(call: Call, role: str, name: str) -> Principal:
    """The role's session, as a principal that asks."""
    return session(call, role, name).principal


def write_log(call: Call, role: str, name: str, group: str, stream: str, lines: list[tuple[int, str]]) -> None:
    """Write to the function's log as its role. What the role may not do does not happen, as on AWS."""
    if not lines:
        return
    events = [{"timestamp": at_ms, "message": line} for at_ms, line in lines]
    try:
        logs = call.ask("logs", principal(call, role, name))
        try:
            logs.put_log_events(log_group_name=group, log_stream_name=stream, log_events=events)
        except AWSError as error:
            if error.code != "ResourceNotFoundException":
                raise
            _make(logs, group, stream)
            logs.put_log_events(log_group_name=group, log_stream_name=stream, log_events=events)
    except AWSError:
        return


def _make(logs: object, group: str, stream: str) -> None:
    for create, named in (
        ("create_log_group", {"log_group_name": group}),
        ("create_log_stream", {"log_group_name": group, "log_stream_name": stream}),
    ):
        try:
            getattr(logs, create)(**named)
        except AWSError as error:
            if error.code != "ResourceAlreadyExistsException" and create == "create_log_stream":
                raise
