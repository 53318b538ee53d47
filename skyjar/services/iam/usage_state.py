"""Who used what when: kept from the records of calls, which the pipeline writes in batches; and the reports on it."""

from __future__ import annotations

import msgspec

from skyjar.kernel.tables import Record, Table


class Use(Record, frozen=True):
    """The last use of a service by a user or role: `service` is the prefix of its IAM actions. `actions`: action to
    (when, Region)."""

    kind: str
    name: str
    service: str
    at: float
    region: str
    actions: dict[str, tuple[float, str]] = {}


class KeyUse(Record, frozen=True):
    key: str
    at: float
    service: str
    region: str


class Entity(msgspec.Struct, frozen=True, array_like=True):
    """Who used a service, as a report tells it; `region` and `at` are of the last use, empty and 0 without one."""

    kind: str
    name: str
    id: str
    arn: str
    path: str
    at: float
    region: str


class Access(msgspec.Struct, frozen=True, array_like=True):
    """A service that the subject of a report may use. `actions`: (action, who, when, Region)."""

    service: str
    entities: tuple[Entity, ...]
    actions: tuple[tuple[str, str, float, str], ...]


class AccessReport(Record, frozen=True):
    id: str
    arn: str
    granularity: str
    created_at: float
    completed_at: float = 0.0
    services: tuple[Access, ...] = ()


class CredentialReport(Record, frozen=True):
    """`made_at` 0: being made."""

    id: str
    asked_at: float
    made_at: float = 0.0
    text: str = ""


class Deletion(Record, frozen=True):
    """Of a service-linked role."""

    id: str
    role: str
    status: str


uses = Table("iam.uses", Use, key=("kind", "name", "service"), scope="account")
key_uses = Table("iam.key-uses", KeyUse, key=("key",), scope="cloud")
access_reports = Table("iam.access-reports", AccessReport, key=("id",), scope="account")
credential_reports = Table("iam.credential-reports", CredentialReport, key=("id",), scope="account")
deletions = Table("iam.deletions", Deletion, key=("id",), scope="account")
