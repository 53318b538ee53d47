"""Repositories as they are stored. Images do not exist yet."""

from __future__ import annotations

from typing import Any

import msgspec

from skyjar.kernel.call import Call
from skyjar.kernel.tables import At, Place, Record, Table

from .errors import InvalidParameterException, RepositoryNotFoundException


class Repository(Record, frozen=True):
    """`exclusions` are (type, filter) of tags to which `mutability` does not apply."""

    name: str
    created_at: float
    mutability: str = "MUTABLE"
    exclusions: tuple[tuple[str, str], ...] = ()
    scans_on_push: bool = False
    policy: str = ""
    lifecycle: str = ""
    lifecycle_at: float = 0.0
    tags: dict[str, str] = {}


repositories = Table("ecr.repositories", Repository, key=("name",))


def registry(call: Call, registry_id: str) -> At:
    """Where the registry of an account is; the caller's own when none is named."""
    if registry_id in ("", call.account):
        return call
    return Place(call.tx, registry_id, call.region)


def repository_of(at: At, name: str) -> Repository:
    found = repositories.get(at, name)
    if found is None:
        raise RepositoryNotFoundException(name, at.account)
    return found


def by_arn(call: Call, arn: str) -> tuple[At, Repository]:
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[2] != "ecr" or parts[3] != call.region or not parts[5].startswith("repository/"):
        raise InvalidParameterException(
            "Invalid parameter at 'resourceArn' failed to satisfy constraint: 'Invalid ARN'"
        )
    at = registry(call, parts[4])
    return at, repository_of(at, parts[5].removeprefix("repository/"))


def arn_of(at: At, name: str) -> str:
    return f"arn:aws:ecr:{at.region}:{at.account}:repository/{name}"


def change(at: At, repository: Repository, **changes: Any) -> Repository:
    changed: Repository = msgspec.structs.replace(repository, **changes)
    repositories.replace(at, repository, changed)
    return changed
