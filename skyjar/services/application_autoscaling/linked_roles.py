"""The service-linked role of each namespace, as which its resources and CloudWatch's alarms are worked on."""

from __future__ import annotations

from skyjar.kernel import credentials, principals
from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError
from skyjar.kernel.principals import Principal

from . import state

_NAMES = {
    "dynamodb": "AWSServiceRoleForApplicationAutoScaling_DynamoDBTable",
    "lambda": "AWSServiceRoleForApplicationAutoScaling_LambdaConcurrency",
}
_LEFT_S = 60.0


def host(namespace: str) -> str:
    return f"{namespace}.application-autoscaling.amazonaws.com"


def arn(account: str, namespace: str) -> str:
    return f"arn:aws:iam::{account}:role/aws-service-role/{host(namespace)}/{_NAMES[namespace]}"


def account_of(role: str) -> str:
    """Empty where that is no role's ARN."""
    parts = role.split(":", 5)
    return parts[4] if len(parts) == 6 and parts[2] == "iam" and parts[5].startswith("role/") else ""


def is_linked(role: str) -> bool:
    return ":role/aws-service-role/" in role


def ensure(call: Call, who: Principal, namespace: str) -> None:
    """Make the role of this account unless it is there; `who` must be allowed to."""
    try:
        call.ask("iam", principals.root(call.account), account=call.account).get_role(role_name=_NAMES[namespace])
    except AWSError as error:
        if error.status != 404:
            raise
        call.ask("iam", who, account=call.account).create_service_linked_role(aws_service_name=host(namespace))


def session(call: Call, namespace: str) -> Principal:
    """The role at work in this account."""
    found = state.sessions.get(call, namespace)
    if found is not None and found.expires_at - call.now > _LEFT_S:
        return found.principal
    ensure(call, principals.root(call.account), namespace)
    sts = call.ask("sts", principals.service(host(namespace), call.account), account=call.account)
    made = sts.assume_role(role_arn=arn(call.account, namespace), role_session_name="AutoScaling")["Credentials"]
    held = credentials.find(call.tx, made["AccessKeyId"])
    assert held is not None
    kept = state.Session(namespace=namespace, principal=held.principal, expires_at=float(made["Expiration"]))
    state.sessions.put(call, kept)
    return held.principal
