"""Organizations as they are stored. They span accounts, so every table is of the whole cloud, and begins with the
organization where it is not the account that is looked up."""

from __future__ import annotations

from typing import Any

import msgspec

from skyjar.kernel.call import Call
from skyjar.kernel.tables import At, Record, Table

from .errors import AccountNotFoundException, AWSOrganizationsNotInUseException

DIGITS = "abcdefghijklmnopqrstuvwxyz0123456789"


class Organization(Record, frozen=True):
    """`account` is the management account; `policy_types` are those enabled in the root; `policy` is the resource policy."""

    id: str
    account: str
    root: str
    feature_set: str
    created_at: float
    policy_types: tuple[str, ...] = ()
    policy: str = ""
    policy_id: str = ""


class Account(Record, frozen=True):
    """An account that is, or once was, in an organization (`organization` is empty then). `parent` is a root or OU.
    `state`: ACTIVE, PENDING_CLOSURE or CLOSED. `method`: INVITED or CREATED."""

    id: str
    organization: str
    parent: str
    name: str
    email: str
    method: str
    joined_at: float
    state: str = "ACTIVE"
    closed_at: float = 0.0


class Unit(Record, frozen=True):
    organization: str
    id: str
    parent: str
    name: str


class Policy(Record, frozen=True):
    organization: str
    id: str
    type: str
    name: str
    description: str
    content: str


class Attachment(Record, frozen=True):
    organization: str
    policy: str
    target: str
    type: str


class Creation(Record, frozen=True):
    """A CreateAccount and how it goes. `state`: IN_PROGRESS, SUCCEEDED or FAILED."""

    organization: str
    id: str
    name: str
    email: str
    requested_at: float
    role: str
    tags: dict[str, str] = {}
    state: str = "IN_PROGRESS"
    account: str = ""
    failure: str = ""
    completed_at: float = 0.0


class Handshake(Record, frozen=True):
    """`target` is the account or e-mail address asked (empty for ENABLE_ALL_FEATURES); `parent` another handshake."""

    id: str
    organization: str
    management: str
    action: str
    target: str
    target_type: str
    state: str
    requested_at: float
    expires_at: float
    notes: str = ""
    parent: str = ""
    ended_at: float = 0.0
    tags: dict[str, str] = {}


class Delegation(Record, frozen=True):
    organization: str
    account: str
    service: str
    at: float


class Access(Record, frozen=True):
    """A service that may work in the organization ("trusted access")."""

    organization: str
    service: str
    at: float


class Tags(Record, frozen=True):
    organization: str
    resource: str
    tags: dict[str, str]


organizations = Table(
    "organizations.organizations", Organization, key=("id",), scope="cloud", indexes={"account": ("account",)}
)
accounts = Table(
    "organizations.accounts",
    Account,
    key=("id",),
    scope="cloud",
    indexes={"organization": ("organization", "id"), "parent": ("organization", "parent", "id"), "email": ("email",)},
)
units = Table(
    "organizations.units",
    Unit,
    key=("organization", "id"),
    scope="cloud",
    indexes={"parent": ("organization", "parent", "id")},
)
policies = Table(
    "organizations.policies",
    Policy,
    key=("organization", "id"),
    scope="cloud",
    indexes={"type": ("organization", "type", "id")},
)
attachments = Table(
    "organizations.attachments",
    Attachment,
    key=("organization", "policy", "target"),
    scope="cloud",
    indexes={"target": ("organization", "target", "type", "policy"), "type": ("organization", "type")},
)
creations = Table("organizations.creations", Creation, key=("organization", "id"), scope="cloud")
handshakes = Table(
    "organizations.handshakes",
    Handshake,
    key=("id",),
    scope="cloud",
    indexes={"organization": ("organization", "id"), "target": ("target", "id")},
)
delegations = Table("organizations.delegations", Delegation, key=("organization", "account", "service"), scope="cloud")
accesses = Table("organizations.accesses", Access, key=("organization", "service"), scope="cloud")
tags = Table("organizations.tags", Tags, key=("organization", "resource"), scope="cloud")

OF_AN_ORGANIZATION: tuple[Table[Any], ...] = (units, policies, attachments, creations, delegations, accesses, tags)


def code(call: Call, prefix: str, length: int) -> str:
    """A new id: the prefix, and small letters and digits."""
    return prefix + "".join([DIGITS[call.chance.integer(36)] for _ in range(length)])


def find(at: At, account: str) -> Organization | None:
    """The organization that an account is in."""
    row = accounts.get(at, account)
    return organizations.get(at, row.organization) if row is not None and row.organization else None


def mine(call: Call) -> Organization:
    found = find(call, call.account)
    if found is None:
        raise AWSOrganizationsNotInUseException
    return found


def member(at: At, organization: Organization, account: str) -> Account:
    found = accounts.get(at, account)
    if found is None or found.organization != organization.id:
        raise AccountNotFoundException
    return found


def email_of(at: At, account: str) -> str:
    """The e-mail address of an account's root user. Accounts that were not created here have one that leads nowhere."""
    found = accounts.get(at, account)
    return found.email if found is not None else f"{account}@skyjar.invalid"


def chain(at: At, organization: Organization, parent: str) -> list[str]:
    """The ids from the root to a root or OU, itself included."""
    found = [parent]
    while found[0] != organization.root:
        unit = units.get(at, organization.id, found[0])
        assert unit is not None
        found.insert(0, unit.parent)
    return found


def path(at: At, organization: Organization, parent: str) -> str:
    return "/".join([organization.id, *chain(at, organization, parent)]) + "/"


def arn(organization: Organization, kind: str, *names: str) -> str:
    return f"arn:aws:organizations::{organization.account}:{'/'.join((kind, organization.id, *names))}"


def account_arn(organization: Organization, account: str) -> str:
    return arn(organization, "account", account)


def replace(record: Any, **changes: Any) -> Any:
    return msgspec.structs.replace(record, **changes)
