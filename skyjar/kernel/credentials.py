"""Credentials that Skyjar issued: long-term access keys (AKIA…) and those of sessions (ASIA…).

Kept here because `iam` and `sts` both issue them and the pipeline verifies them.
"""

from __future__ import annotations

from .principals import Principal
from .store import Transaction
from .tables import At, Place, Record, Table


class Credential(Record, frozen=True):
    """`expires_at` is 0 for a long-term key. `token` is empty for one."""

    access_key: str
    secret: str
    principal: Principal
    token: str = ""
    expires_at: float = 0.0
    is_active: bool = True


credentials = Table("kernel.credentials", Credential, key=("access_key",), scope="cloud", remembers=True)


def find(tx: Transaction, access_key: str) -> Credential | None:
    return credentials.get(Place(tx, "", ""), access_key)


def issue(at: At, credential: Credential) -> None:
    credentials.put(at, credential)


def revoke(at: At, access_key: str) -> None:
    credentials.delete(at, access_key)
