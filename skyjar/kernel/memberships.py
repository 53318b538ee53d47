"""Which organization an account is in, and the policies that limit it there.

Kept here because `organizations` writes it and the pipeline reads it on every call. It is kept merged: a row says all
that judging a call of the account needs, and is written anew whenever a policy, an attachment or the account's place
changes.
"""

from __future__ import annotations

from .store import Transaction
from .tables import Place, Record, Table

Level = tuple[tuple[str, str], ...]  # what is attached in one place: (name of the policy, for people; the document)


class Membership(Record, frozen=True):
    """`path` is as `aws:PrincipalOrgPaths` has it, with a slash at its end. `scp` and `rcp` are the levels from the root
    to the account; empty, where nothing limits: in a management account, or where everything is allowed everywhere. `name` is the
    account's."""

    account: str
    organization: str
    path: str
    scp: tuple[Level, ...] = ()
    rcp: tuple[Level, ...] = ()
    name: str = ""
    is_management: bool = False


memberships = Table("kernel.memberships", Membership, key=("account",), scope="cloud")


def everywhere(tx: Transaction) -> Place:
    return Place(tx, "", "")
