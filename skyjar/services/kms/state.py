"""Keys and what belongs to them as they are stored, and the only reads and writes of them.

A key is a row; its material is in rows of its own, one for each rotation, named by the material's id: a ciphertext names
key and material. Everything is kept in the key's own Region. The keys of a multi-Region set share their id, and the
account's `families` says where they are and which is the primary one.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from skyjar.kernel.tables import At, Place, Record, Table

ENABLED, DISABLED = "Enabled", "Disabled"
PENDING_IMPORT, PENDING_DELETION = "PendingImport", "PendingDeletion"
PENDING_REPLICA_DELETION = "PendingReplicaDeletion"
CURRENT, NON_CURRENT, PENDING_ROTATION = "CURRENT", "NON_CURRENT", "PENDING_ROTATION"
PENDING_IMPORTS = "PENDING_MULTI_REGION_IMPORT_AND_ROTATION"
IN_USE = (CURRENT, NON_CURRENT)  # what a key cannot do without
AWS_KMS, EXTERNAL = "AWS_KMS", "EXTERNAL"  # origins of material


class Key(Record, frozen=True):
    """`current` is the id of the material that encrypts, empty while there is none. `policy` is a document as given.

    `next_rotation_at` is when the key is rotated next, 0 when it is not.
    """

    id: str
    created_at: float
    policy: str
    spec: str
    usage: str
    state: str
    origin: str = AWS_KMS
    manager: str = "CUSTOMER"
    description: str = ""
    tags: dict[str, str] = {}
    current: str = ""
    deletion_at: float = 0.0
    window_days: int = 0
    is_multi_region: bool = False
    rotates: bool = False
    period_days: int = 0
    next_rotation_at: float = 0.0
    on_demand_rotations: int = 0
    grants: int = 0


class Material(Record, frozen=True):
    """`secret` is the symmetric key, or the private key as PKCS #8; empty while imported material is gone. `public` is
    the public key as SubjectPublicKeyInfo. `expires_at` 0 is never."""

    key_id: str
    id: str
    number: int
    secret: bytes
    public: bytes = b""
    state: str = CURRENT
    rotated_at: float = 0.0
    rotation_type: str = ""
    expires_at: float = 0.0
    description: str = ""


class Family(Record, frozen=True):
    """Where the keys of a multi-Region set are."""

    key_id: str
    primary: str
    replicas: tuple[str, ...] = ()


class Alias(Record, frozen=True):
    """`name` begins with `alias/`."""

    name: str
    target: str
    created_at: float
    updated_at: float


class Grant(Record, frozen=True):
    """`grantee` and `retiring` are ARNs, or hosts of services (`is_for_service`, `is_retired_by_service`)."""

    key_id: str
    id: str
    created_at: float
    grantee: str
    issuer: str
    operations: tuple[str, ...]
    name: str = ""
    retiring: str = ""
    is_for_service: bool = False
    is_retired_by_service: bool = False
    equals: dict[str, str] | None = None
    subset: dict[str, str] | None = None
    source_arn: str = ""


class Wrapping(Record, frozen=True):
    """A key pair made by GetParametersForImport; `token` is in the import token."""

    key_id: str
    token: str
    algorithm: str
    secret: bytes
    expires_at: float


class Usage(Record, frozen=True):
    """The last successful cryptographic operation with a key."""

    key_id: str
    operation: str
    at: float
    request_id: str


class Count(Record, frozen=True):
    """How many customer managed keys a Region has."""

    id: str
    keys: int = 0


keys = Table("kms.keys", Key, key=("id",), remembers=True)
materials = Table("kms.materials", Material, key=("key_id", "id"), remembers=True)
families = Table("kms.families", Family, key=("key_id",), scope="account")
aliases = Table("kms.aliases", Alias, key=("name",), indexes={"target": ("target",)}, remembers=True)
grants = Table(
    "kms.grants",
    Grant,
    key=("key_id", "id"),
    indexes={"grantee": ("key_id", "grantee")},
)
wrappings = Table("kms.wrappings", Wrapping, key=("key_id", "token"))
counts = Table("kms.counts", Count, key=("id",))
usages = Table("kms.usages", Usage, key=("key_id",))


class Found(NamedTuple):
    """A key and where it is; `alias` is the name by which it was asked for, if any."""

    at: At
    key: Key
    alias: str = ""

    @property
    def arn(self) -> str:
        return arn_of(self.at, self.key.id)


def arn_of(at: At, key_id: str) -> str:
    return f"arn:aws:kms:{at.region}:{at.account}:key/{key_id}"


def alias_arn_of(at: At, name: str) -> str:
    return f"arn:aws:kms:{at.region}:{at.account}:{name}"


def count(at: At, change: int) -> int:
    held = counts.get(at, "") or Count(id="")
    counts.put(at, replace(held, keys=held.keys + change))
    return held.keys + change


def change(at: At, key: Key, **changes: Any) -> Key:
    changed: Key = msgspec.structs.replace(key, **changes)
    keys.replace(at, key, changed)
    return changed


def current_of(at: At, key: Key) -> Material:
    """The material that encrypts and signs. The key's state has been checked, so there is one."""
    found = materials.get(at, key.id, key.current)
    assert found is not None
    return found


def materials_of(at: At, key: Key) -> list[Material]:
    """In the order in which they came."""
    return sorted(materials.range(at, key.id), key=lambda each: each.number)


def is_whole(at: At, key: Key) -> bool:
    """Whether all material is here that the key's ciphertexts may need."""
    return bool(key.current) and all(each.secret for each in materials.range(at, key.id) if each.state in IN_USE)


def change_material(at: At, material: Material, **changes: Any) -> Material:
    changed: Material = msgspec.structs.replace(material, **changes)
    materials.replace(at, material, changed)
    return changed


def replace(record: Any, **changes: Any) -> Any:
    return msgspec.structs.replace(record, **changes)


def siblings(at: At, key: Key) -> list[tuple[At, Key]]:
    """The other keys of a multi-Region set."""
    family = families.get(at, key.id) if key.is_multi_region else None
    if family is None:
        return []
    found: list[tuple[At, Key]] = []
    for region in (family.primary, *family.replicas):
        if region != at.region:
            place = Place(at.tx, at.account, region)
            other = keys.get(place, key.id)
            if other is not None:
                found.append((place, other))
    return found


def is_primary(at: At, key: Key) -> bool:
    """Whether it is not a replica."""
    if not key.is_multi_region:
        return True
    family = families.get(at, key.id)
    return family is not None and family.primary == at.region
