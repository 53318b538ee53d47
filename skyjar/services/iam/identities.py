"""The policies that apply to a principal, for the pipeline.

Every call of an issued key asks, so what a user or role has is kept merged: `grants` is one small row with a digest of
it all, and the policies behind a digest are remembered in memory. `refresh` rewrites both rows whenever a policy, an
attachment, a membership or a version changes; it takes effect on the next call.
"""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from skyjar.kernel.principals import Principal
from skyjar.kernel.store import Transaction
from skyjar.kernel.tables import At, Place

from . import state
from .state import Body, Grants, Role, User

REMEMBERED = 1_024
Source = tuple[str, str]


class Documents(msgspec.Struct, frozen=True):
    """`identity` and `boundary` are (source's name, document); `tags` the user's or role's own; `digest` tells two
    apart. `is_known` is False for a principal that does not exist any more."""

    identity: tuple[Source, ...] = ()
    boundary: Source | None = None
    tags: dict[str, str] = {}
    digest: str = ""
    is_known: bool = True


_ALL = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
_GONE = Documents(is_known=False, digest="gone")
_ROOT = Documents(identity=(("root user", _ALL),), digest="root")
_remembered: dict[str, Documents] = {}


def documents_of(tx: Transaction, principal: Principal) -> Documents:
    """Of a user, of a role (by one of its sessions), or of the user who made a federated session."""
    if principal.kind == "federated-user" and not principal.name:
        return _ROOT
    kind = "role" if principal.kind == "role" else "user"
    at = Place(tx, principal.account, "")
    row = state.grants.get(at, kind, principal.name)
    if row is None:
        return _GONE
    if principal.kind != "federated-user" and row.id != principal.id.partition(":")[0]:
        return _GONE  # its name was given to another since
    found = _remembered.get(row.digest)
    if found is None:
        found = _read(at, row)
    return found


def place_of(tx: Transaction, principal: Principal) -> bytes | None:
    """The key of the row that all of `documents_of` follows from, for one who has any."""
    if principal.kind == "federated-user" and not principal.name:
        return None
    kind = "role" if principal.kind == "role" else "user"
    return state.grants.bounds(Place(tx, principal.account, ""), (kind, principal.name), None, (), ())[0]


def _read(at: At, row: Grants) -> Documents:
    body = state.bodies.get(at, row.kind, row.name)
    assert body is not None
    found = Documents(identity=body.identity, boundary=body.boundary, tags=body.tags, digest=row.digest)
    if len(_remembered) >= REMEMBERED:
        _remembered.clear()
    _remembered[row.digest] = found
    return found


def refresh(at: At, kind: str, name: str) -> None:
    """Write anew what a user or role has; for a group, what each of its members has."""
    if kind == "group":
        for member in state.members.range(at, name):
            refresh(at, "user", member.user)
        return
    holder: User | Role | None = state.users.get(at, name) if kind == "user" else state.roles.get(at, name)
    if holder is None:
        state.grants.delete(at, kind, name)
        state.bodies.delete(at, kind, name)
        return
    identity = sources(at, kind, holder)
    if isinstance(holder, User):
        for group in holder.groups:
            found = state.groups.get(at, group)
            identity += sources(at, "group", found) if found is not None else []
    boundary = (holder.boundary, document_of(at, holder.boundary)) if holder.boundary else None
    body = Body(kind=kind, name=name, identity=tuple(identity), boundary=boundary, tags=holder.tags)
    digest = hashlib.sha256(msgspec.msgpack.encode((body.identity, body.boundary, sorted(body.tags.items()))))
    state.bodies.put(at, body)
    state.grants.put(at, Grants(kind=kind, name=name, id=holder.id, digest=digest.hexdigest()))


def refresh_policy(at: At, arn: str) -> None:
    """A managed policy says something else now."""
    for attachment in state.attachments.range(at, arn):
        refresh(at, attachment.kind, attachment.name)


def sources(at: At, kind: str, holder: Any) -> list[Source]:
    inline = [(f"{kind} {holder.name}, inline policy {name}", text) for name, text in holder.inline.items()]
    return inline + [(f"{kind} {holder.name}, {arn}", document_of(at, arn)) for arn in holder.attached]


def document_of(at: At, arn: str) -> str:
    """The default version of a managed policy."""
    found = state.find_policy(at, arn)
    assert found is not None, arn
    return found.document
