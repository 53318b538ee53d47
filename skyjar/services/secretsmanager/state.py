"""Secrets and their versions as they are stored. A version's value is sealed (`ciphering.py`).

Versions belong to a secret's `id`, its name and six letters, so that one that is made again under the same name has none
of the old ones.
"""

from __future__ import annotations

from typing import Any

import msgspec

from skyjar.kernel.call import Call
from skyjar.kernel.tables import At, Place, Record, Table

from .errors import ResourceNotFoundException, is_replica, marked

CURRENT, PREVIOUS, PENDING = "AWSCURRENT", "AWSPREVIOUS", "AWSPENDING"


class Rules(msgspec.Struct, frozen=True, array_like=True):
    """When to rotate: after so many days, or by an expression."""

    days: int = 0
    expression: str = ""
    duration: str = ""


class Replica(msgspec.Struct, frozen=True, array_like=True):
    region: str
    kms_key: str
    status: str = "InSync"
    message: str = ""


class Secret(Record, frozen=True):
    """`deletes_at`: when it is gone for good, 0 while it is not marked. `primary_region`: of a replica, and of a secret
    that has replicas. `rotating`: the version that a rotation is making, `tries` how often that has failed."""

    name: str
    suffix: str
    created_at: float
    changed_at: float
    description: str = ""
    kms_key: str = ""
    type: str = ""
    accessed_at: float = 0.0
    deletes_at: float = 0.0
    tags: dict[str, str] = {}
    policy: str = ""
    rotates: bool = False
    function: str = ""
    rules: Rules | None = None
    rotated_at: float = 0.0
    next_rotation: float = 0.0
    rotating: str = ""
    tries: int = 0
    primary_region: str = ""
    replicas: tuple[Replica, ...] = ()

    @property
    def id(self) -> str:
        return f"{self.name}-{self.suffix}"


class Version(Record, frozen=True):
    """`sealed` is the encrypted value; empty: the version has none yet. `kms_key` is the ARN of a customer's key."""

    secret: str
    id: str
    created_at: float
    stages: tuple[str, ...] = ()
    is_binary: bool = False
    sealed: bytes = b""
    kms_key: str = ""
    accessed_at: float = 0.0


secrets = Table("secretsmanager.secrets", Secret, key=("name",))
versions = Table("secretsmanager.versions", Version, key=("secret", "id"))


def arn_of(at: At, secret: Secret) -> str:
    return f"arn:aws:secretsmanager:{at.region}:{at.account}:secret:{secret.id}"


def look_up(call: Call, reference: str) -> tuple[At, Secret | None]:
    """By name, by ARN, or by an ARN without its six letters; and whose it would be."""
    if not reference.startswith("arn:"):
        return call, secrets.get(call, reference)
    parts = reference.split(":", 6)
    if len(parts) != 7 or parts[2] != "secretsmanager" or parts[3] != call.region or parts[5] != "secret":
        return call, None
    at = Place(call.tx, parts[4], parts[3])
    whole = secrets.get(at, parts[6][:-7]) if len(parts[6]) > 7 else None
    if whole is not None and whole.id == parts[6]:
        return at, whole
    return at, secrets.get(at, parts[6])


def find(call: Call, reference: str) -> tuple[At, Secret]:
    at, secret = look_up(call, reference)
    if secret is None:
        raise ResourceNotFoundException
    return at, secret


def living(call: Call, reference: str) -> tuple[At, Secret]:
    """A secret that is not marked for deletion."""
    at, secret = find(call, reference)
    if secret.deletes_at:
        raise marked()
    return at, secret


def changeable(call: Call, reference: str) -> tuple[At, Secret]:
    """A living secret that is no replica."""
    at, secret = living(call, reference)
    if is_a_replica(at, secret):
        raise is_replica()
    return at, secret


def is_a_replica(at: At, secret: Secret) -> bool:
    return secret.primary_region not in ("", at.region)


def staged(at: At, secret: Secret, stage: str) -> Version | None:
    return next((each for each in versions.range(at, secret.id) if stage in each.stages), None)


def drop(at: At, secret: Secret) -> None:
    """The secret and all that belongs to it."""
    for version in versions.range(at, secret.id):
        versions.remove(at, version)
    secrets.remove(at, secret)


def replace(record: Any, **changes: Any) -> Any:
    return msgspec.structs.replace(record, **changes)
