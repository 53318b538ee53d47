"""What a user or role has not used for a while: from what IAM says of it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from skyjar.policy import authorization
from skyjar.policy.documents import Document

ROLE, KEY, PASSWORD, PERMISSION = (
    "UnusedIAMRole",
    "UnusedIAMUserAccessKey",
    "UnusedIAMUserPassword",
    "UnusedPermission",
)


class Entity(msgspec.Struct, frozen=True, kw_only=True):
    """A user or role. `keys` are (id, made at, last used at), `password` (made at, last used at); 0 is never."""

    arn: str
    type: str
    name: str
    created_at: float
    used_at: float = 0.0
    tags: dict[str, str] = {}
    keys: tuple[tuple[str, float, float], ...] = ()
    password: tuple[float, float] | None = None


Unused = tuple[str, str, list[dict[str, Any]]]
"""Kind of finding, what tells it from others of its kind, and its details."""


def of(entity: Entity, since: float, documents: Iterable[Document], services: list[dict[str, Any]]) -> list[Unused]:
    """`services` are those of IAM's report, with actions. What was made later than `since` may yet be used."""
    if entity.type == "AWS::IAM::Role" and entity.created_at <= since and entity.used_at < since:
        return [(ROLE, "", [{"unusedIamRoleDetails": _last(entity.used_at)}])]
    found: list[Unused] = [
        (KEY, key, [{"unusedIamUserAccessKeyDetails": {"accessKeyId": key, **_last(used)}}])
        for key, made, used in entity.keys
        if made <= since and used < since
    ]
    if entity.password is not None and entity.password[0] <= since and entity.password[1] < since:
        found.append((PASSWORD, "", [{"unusedIamUserPasswordDetails": _last(entity.password[1])}]))
    if any(_at(each) >= since for each in services) and entity.created_at <= since:
        details = _permissions(since, list(documents), services)
        if details:
            found.append((PERMISSION, "", details))
    return found


def _last(at: float) -> dict[str, float]:
    return {"lastAccessed": at} if at else {}


def _at(service: dict[str, Any]) -> float:
    return float(service.get("LastAuthenticated", 0.0))


def _permissions(since: float, documents: list[Document], services: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each service that was not used; of one that was, the actions that were not."""
    details: list[dict[str, Any]] = []
    for service in services:
        prefix = service["ServiceNamespace"]
        if _at(service) < since:
            details.append({"unusedPermissionDetails": {"serviceNamespace": prefix, **_last(_at(service))}})
            continue
        used = {each["ActionName"].rpartition(":")[2].lower(): each["LastAccessedTime"] for each in _tracked(service)}
        unused = [
            {"action": action, **_last(used.get(action.rpartition(":")[2].lower(), 0.0))}
            for action in granted(documents, prefix)
            if used.get(action.rpartition(":")[2].lower(), 0.0) < since
        ]
        if unused:
            shown = {"serviceNamespace": prefix, "actions": unused, **_last(_at(service))}
            details.append({"unusedPermissionDetails": shown})
    return details


def _tracked(service: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = service.get("TrackedActionsLastAccessed", [])
    return found


def granted(documents: list[Document], prefix: str) -> list[str]:
    """The actions of a service that any of the documents allows, whatever else they say."""
    known = authorization.service(prefix)
    allowing = [each for document in documents for each in document.statements if each.is_allow]
    actions = known.actions if known is not None else {}
    return [
        action.name for key, action in actions.items() if any(each.does_action(f"{prefix}:{key}") for each in allowing)
    ]
