"""IAM's entities as they are stored.

A user, group or role holds its own inline policies and the ARNs of its managed ones. What the pipeline needs on every
call of a principal is kept ready made in `grants` and `bodies`, which `identities.refresh` rewrites on every change.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from skyjar.kernel import quotas
from skyjar.kernel.tables import At, Record, Table

from . import errors, limits, managed

Kind = Literal["user", "group", "role"]


class Holder(Record, frozen=True):
    """What users, groups and roles have in common. `inline` are documents by name; `attached` are ARNs."""

    name: str
    folded: str
    id: str
    path: str
    created_at: float
    inline: dict[str, str] = {}
    attached: tuple[str, ...] = ()


class User(Holder, frozen=True):
    boundary: str = ""
    tags: dict[str, str] = {}
    groups: tuple[str, ...] = ()
    signed_in_at: float = 0.0


class Group(Holder, frozen=True):
    pass


class Role(Holder, frozen=True):
    trust: str = ""
    description: str = ""
    max_session_s: int = limits.SESSION_DEFAULT_S
    boundary: str = ""
    tags: dict[str, str] = {}


class Member(Record, frozen=True):
    group: str
    user: str


class Version(msgspec.Struct, frozen=True, array_like=True):
    id: str
    document: str
    created_at: float


class Policy(Record, frozen=True):
    """A customer-managed policy; `versions` are in order of age, `next_version` the number of the next one."""

    name: str
    folded: str
    id: str
    path: str
    created_at: float
    updated_at: float
    default: str
    versions: tuple[Version, ...]
    next_version: int
    description: str = ""
    tags: dict[str, str] = {}

    @property
    def document(self) -> str:
        return next(each.document for each in self.versions if each.id == self.default)


class Attachment(Record, frozen=True):
    """`usage`: policy or boundary."""

    arn: str
    usage: str
    kind: str
    name: str


class Profile(Record, frozen=True):
    name: str
    folded: str
    id: str
    path: str
    created_at: float
    role: str = ""
    tags: dict[str, str] = {}


class Key(Record, frozen=True):
    """An access key; its secret is with `kernel.credentials`. `user` is empty for the root user's."""

    user: str
    id: str
    created_at: float
    is_active: bool = True


class Account(Record, frozen=True):
    """How many of each there are, so that quotas cost one read."""

    id: str = ""
    users: int = 0
    groups: int = 0
    roles: int = 0
    policies: int = 0
    profiles: int = 0
    alias: str = ""
    issuer: str = ""
    has_issuer_enabled: bool = False
    token_version: int = 1


class Alias(Record, frozen=True):
    alias: str
    account: str


class Grants(Record, frozen=True):
    """What applies to a principal, by digest: the policies themselves are in `bodies`."""

    kind: str
    name: str
    id: str
    digest: str


class Body(Record, frozen=True):
    """Policies as (source's name, document)."""

    kind: str
    name: str
    identity: tuple[tuple[str, str], ...]
    boundary: tuple[str, str] | None
    tags: dict[str, str] = {}


_FOLDED = {"folded": ("folded",)}
users = Table("iam.users", User, key=("name",), scope="account", indexes=_FOLDED)
groups = Table("iam.groups", Group, key=("name",), scope="account", indexes=_FOLDED)
roles = Table("iam.roles", Role, key=("name",), scope="account", indexes=_FOLDED)
members = Table("iam.members", Member, key=("group", "user"), scope="account")
policies = Table("iam.policies", Policy, key=("name",), scope="account", indexes=_FOLDED)
attachments = Table("iam.attachments", Attachment, key=("arn", "usage", "kind", "name"), scope="account")
profiles = Table("iam.profiles", Profile, key=("name",), scope="account", indexes={**_FOLDED, "role": ("role",)})
access_keys = Table("iam.keys", Key, key=("user", "id"), scope="account")
accounts = Table("iam.accounts", Account, key=("id",), scope="account")
aliases = Table("iam.aliases", Alias, key=("alias",), scope="cloud")
grants = Table("iam.grants", Grants, key=("kind", "name"), scope="account", remembers=True)
bodies = Table("iam.bodies", Body, key=("kind", "name"), scope="account")

TABLES: dict[str, Table[Any]] = {"user": users, "group": groups, "role": roles}
_MISSING = {"user": errors.no_user, "group": errors.no_group, "role": errors.no_role}


def user_of(at: At, name: str) -> User:
    found = users.get(at, name)
    if found is None:
        raise errors.no_user(name)
    return found


def group_of(at: At, name: str) -> Group:
    found = groups.get(at, name)
    if found is None:
        raise errors.no_group(name)
    return found


def role_of(at: At, name: str) -> Role:
    found = roles.get(at, name)
    if found is None:
        raise errors.no_role(name)
    return found


def profile_of(at: At, name: str) -> Profile:
    found = profiles.get(at, name)
    if found is None:
        raise errors.no_profile(name)
    return found


def holder_of(at: At, kind: Kind, name: str) -> Any:
    """The user, group or role."""
    found = TABLES[kind].get(at, name)
    if found is None:
        raise _MISSING[kind](name)
    return found


def policy_of(at: At, arn: str) -> Policy | managed.ManagedPolicy:
    """A customer's or AWS's managed policy."""
    found = find_policy(at, arn)
    if found is None:
        raise errors.no_policy(arn)
    return found


def find_policy(at: At, arn: str) -> Policy | managed.ManagedPolicy | None:
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[2] != "iam" or not parts[5].startswith("policy/"):
        raise errors.InvalidInputException(f"ARN {arn} is not valid.")
    if parts[4] == "aws":
        return managed.find(arn)
    if parts[4] != at.account:
        return None
    found = policies.get(at, parts[5].rpartition("/")[2])
    return found if found is not None and policy_arn(at.account, found) == arn else None


def own_policy(at: At, arn: str) -> Policy:
    """A policy that the account may change."""
    found = policy_of(at, arn)
    if isinstance(found, managed.ManagedPolicy):
        raise errors.AccessDenied(f"Policy {arn} is managed by AWS and cannot be changed.")
    return found


def arn_of(account: str, kind: str, path: str, name: str) -> str:
    return f"arn:aws:iam::{account}:{kind}{path}{name}"


def policy_arn(account: str, policy: Policy) -> str:
    return arn_of(account, "policy", policy.path, policy.name)


def account_of(at: At) -> Account:
    return accounts.get(at, "") or Account()


def count(at: At, what: str, change: int, quota: str = "", limit: int = 0) -> None:
    """Count one more or less of something; raises LimitExceeded beyond its quota."""
    account = account_of(at)
    number = getattr(account, what) + change
    if quota and number > limit:
        raise errors.over_quota(quota, limit)
    accounts.put(at, replace(account, **{what: number}))


def quota(at: At, name: str) -> int:
    return quotas.of(at, "iam", name, limits.QUOTAS)


def is_taken(table: Table[Any], at: At, name: str) -> bool:
    """Names are told apart without regard to case."""
    return table.first(at, name.lower(), via="folded") is not None


def replace(record: Any, **changes: Any) -> Any:
    return msgspec.structs.replace(record, **changes)
