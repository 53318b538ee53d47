"""What a role's or user's recorded calls needed: for `skyjar policy suggest`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from skyjar.pipeline.judgement import Judgement
from skyjar.pipeline.records import CallRecord

if TYPE_CHECKING:
    from skyjar.app import Cloud

_SESSION = "assumed-role/"
Counted = dict[tuple[str, str, tuple[tuple[str, str], ...]], int]


def needs(cloud: Cloud, parameters: dict[str, Any]) -> dict[str, Any]:
    """`role` or `user`, by name or ARN; `denied=true` counts calls that were refused as well.

    A name that several accounts have must be given as an ARN.
    """
    kind = "role" if parameters.get("role") else "user"
    wanted = str(parameters.get(kind) or "")
    if not wanted:
        raise ValueError("Say whose calls: role or user.")
    account, name = _told_apart(wanted)
    with_denied = parameters.get("denied") == "true"
    counted: Counted = {}
    accounts: set[str] = set()
    calls = 0
    for record in cloud.pipeline.records.everything():
        judgement = record.judgement
        if judgement is None or not judgement.action or not (judgement.is_allowed or with_denied):
            continue
        if _is_of(record, kind, account, name):
            calls += 1
            accounts.add(record.principal.split(":")[4])
            _count(counted, judgement)
    if len(accounts) > 1:
        raise ValueError(f"More than one account has a {kind} {name}: {', '.join(sorted(accounts))}. Give its ARN.")
    return {
        "calls": calls,
        "account": next(iter(accounts), account),
        "needs": [
            {"action": action, "resource": resource, "keys": dict(keys), "count": count}
            for (action, resource, keys), count in sorted(counted.items())
        ],
    }


def _told_apart(wanted: str) -> tuple[str, str]:
    """Account and name; of an ARN the path is no part of the name."""
    if not wanted.startswith("arn:"):
        return "", wanted
    parts = wanted.split(":", 5)
    if len(parts) < 6:
        raise ValueError(f"{wanted} is no ARN.")
    return parts[4], parts[5].rpartition("/")[2]


def _is_of(record: CallRecord, kind: str, account: str, name: str) -> bool:
    parts = record.principal.split(":", 5)
    if len(parts) < 6 or (account and parts[4] != account):
        return False
    if kind == "role":
        return parts[5].startswith(f"{_SESSION}{name}/")
    return parts[5].startswith("user/") and parts[5].rpartition("/")[2] == name


def _count(counted: Counted, judgement: Judgement) -> None:
    for action, resource, more in ((judgement.action, judgement.resource, {}), *judgement.further):
        keys = tuple(sorted((key, str(value)) for key, value in more.items() if key == "iam:PassedToService"))
        counted[action, resource, keys] = counted.get((action, resource, keys), 0) + 1
