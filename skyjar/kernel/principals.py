"""Who makes a call."""

from __future__ import annotations

from typing import Literal

import msgspec

Kind = Literal["root", "user", "role", "federated-user", "federated", "service", "anonymous"]


class Principal(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, cache_hash=True):
    """`arn` is what GetCallerIdentity returns (for a role session the `assumed-role` ARN); `id` is its UserId.

    `name` is the user's or role's name, or the service's host name (`lambda.amazonaws.com`). `session_policies` are
    the documents passed when the session was made, `session_tags` its tags; `source_identity` travels with chaining.
    `federated` is somebody with an identity provider's token, `arn` that provider; `session_context` are the condition
    keys of the token that its session keeps.
    """

    kind: Kind
    account: str
    arn: str
    id: str = ""
    name: str = ""
    path: str = "/"
    session: str = ""
    access_key: str = ""
    is_temporary: bool = False
    session_policies: tuple[str, ...] = ()
    session_tags: tuple[tuple[str, str], ...] = ()
    source_identity: str = ""
    session_context: tuple[tuple[str, str], ...] = ()
    mfa_at: float = 0.0
    expires_at: float = 0.0
    issued_at: float = 0.0


def root(account: str, access_key: str = "") -> Principal:
    return Principal(
        kind="root", account=account, arn=f"arn:aws:iam::{account}:root", id=account, access_key=access_key
    )


def service(name: str, account: str = "") -> Principal:
    """The principal of an AWS service, such as `lambda.amazonaws.com`; `account` is on whose behalf it acts."""
    return Principal(kind="service", account=account, arn=name, id=name, name=name)


ANONYMOUS = Principal(kind="anonymous", account="", arn="*", id="anonymous")
