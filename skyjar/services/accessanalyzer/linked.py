"""The service-linked role, as which Access Analyzer looks at resources."""

from __future__ import annotations

from skyjar.kernel import credentials, principals
from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError
from skyjar.kernel.principals import Principal

PRINCIPAL = "access-analyzer.amazonaws.com"
_NAME = "AWSServiceRoleForAccessAnalyzer"


def ensure(call: Call, who: Principal, account: str) -> None:
    """Make the role of this account unless it is there; `who` must be allowed to."""
    try:
        call.ask("iam", principals.root(account), account=account).get_role(role_name=_NAME)
    except AWSError as error:
        if error.status != 404:
            raise
        call.ask("iam", who, account=account).create_service_linked_role(aws_service_name=PRINCIPAL)


def session(call: Call, account: str) -> Principal:
    """The role at work in this account."""
    ensure(call, principals.root(account), account)
    sts = call.ask("sts", principals.service(PRINCIPAL, account), account=account)
    arn = f"arn:aws:iam::{account}:role/aws-service-role/{PRINCIPAL}/{_NAME}"
    made = sts.assume_role(role_arn=arn, role_session_name="access-analyzer")
    held = credentials.find(call.tx, made["Credentials"]["AccessKeyId"])
    assert held is not None
    return held.principal
