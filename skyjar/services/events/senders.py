"""Handing over to a target in this cloud: as EventBridge, which the target's own policy must allow, or in a role."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from skyjar.kernel import credentials
from skyjar.kernel.call import Call
from skyjar.kernel.principals import Principal, root

from . import state
from .state import Session

_LEFT_S = 60.0


def in_role(call: Call, role: str) -> Principal:
    """The role's session, which EventBridge assumes as its trust policy lets it."""
    found = state.sessions.get(call, role)
    if found is not None and found.expires_at - call.now > _LEFT_S:
        return found.principal
    made = call.ask("sts", account=role.split(":")[4]).assume_role(role_arn=role, role_session_name="EventBridge")[
        "Credentials"
    ]
    held = credentials.find(call.tx, made["AccessKeyId"])
    assert held is not None
    state.sessions.put(call, Session(role=role, principal=held.principal, expires_at=float(made["Expiration"])))
    return held.principal


def bus_sender(call: Call, target: dict[str, Any]) -> Principal:
    """Who puts events on another bus: the target's role, or the account that the rule is of."""
    role = target.get("RoleArn")
    return in_role(call, role) if role else root(call.account)


def stated(call: Call, rule_arn: str) -> dict[str, str]:
    return {"aws:SourceArn": rule_arn, "aws:SourceAccount": call.account}


def send(call: Call, target: dict[str, Any], rule_arn: str, text: str) -> None:
    """Raises what the target answers. The call is EventBridge's, in the rule's account and Region."""
    _, _, service, region, account, name = target["Arn"].split(":", 5)
    role = target.get("RoleArn")
    who = in_role(call, role) if role else None
    context = {} if role else stated(call, rule_arn)
    asked = call.ask(service, who, account=account or call.account, region=region, context=context)
    _SENDERS[service](call, asked, target, name, text)


def _to_queue(call: Call, asked: Any, target: dict[str, Any], name: str, text: str) -> None:
    account = target["Arn"].split(":")[4]
    group = (target.get("SqsParameters") or {}).get("MessageGroupId")
    more = {"message_group_id": group} if group else {}
    asked.send_message(queue_url=f"{call.endpoint}/{account}/{name}", message_body=text, **more)


def _to_topic(call: Call, asked: Any, target: dict[str, Any], name: str, text: str) -> None:
    asked.publish(topic_arn=target["Arn"], message=text)


def _to_function(call: Call, asked: Any, target: dict[str, Any], name: str, text: str) -> None:
    asked.invoke(function_name=target["Arn"], invocation_type="Event", payload=text.encode())


def _to_log(call: Call, asked: Any, target: dict[str, Any], name: str, text: str) -> None:
    group = name.removeprefix("log-group:").removesuffix(":*")
    stream = call.new_id()
    asked.create_log_stream(log_group_name=group, log_stream_name=stream)
    asked.put_log_events(
        log_group_name=group, log_stream_name=stream, log_events=[{"timestamp": call.now_ms, "message": text}]
    )


_SENDERS: dict[str, Callable[[Call, Any, dict[str, Any], str, str], None]] = {
    "sqs": _to_queue,
    "sns": _to_topic,
    "lambda": _to_function,
    "logs": _to_log,
}
