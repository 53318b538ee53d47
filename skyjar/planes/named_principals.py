"""Whom a resource's policy names: whether there is such a user or role. What names nobody is refused by the services that keep the
policy, each in its own words."""

from __future__ import annotations

import re

from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError
from skyjar.kernel.principals import root

_ACCOUNT = re.compile(r"arn:aws:iam::([0-9]{12}):root")
_ARN = re.compile(r"arn:aws:(iam|sts)::([0-9]{12}):(user|role|assumed-role|federated-user)/(.+)")


def exists(call: Call, arn: str) -> bool:
    """Of users and roles IAM is asked; sessions are taken to exist when their role does."""
    if _ACCOUNT.fullmatch(arn):
        return True
    found = _ARN.fullmatch(arn)
    if found is None:
        return False
    kind, account, path = found[3], found[2], found[4]
    if kind == "federated-user":
        return True
    iam = call.ask("iam", root(account), account=account)
    try:
        if kind == "user":
            return bool(iam.get_user(user_name=path.rpartition("/")[2])["User"]["Arn"] == arn)
        if kind == "role":
            return bool(iam.get_role(role_name=path.rpartition("/")[2])["Role"]["Arn"] == arn)
        return bool(iam.get_role(role_name=path.partition("/")[0]))
    except AWSError:
        return False
