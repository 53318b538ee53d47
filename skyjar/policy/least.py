"""The least privilege for what was needed: a policy from (action, resource, condition keys).

Actions are exact. Resources are exact too, but for what no policy could name: an action that knows no resources gets `*`, a
name that is no ARN becomes one of the action's published form, and names that are new each time (log streams) become `*`.
Many resources that differ in the last pieces of their names only (the objects of a bucket) become one pattern.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec

from . import authorization

MOST_ALIKE = 10  # resources that differ in the last pieces of their names only, before they become a pattern

_EPHEMERAL = (":log-stream:",)


class Need(NamedTuple):
    """`keys` are condition keys, with values, that the statement should insist on."""

    action: str
    resource: str
    keys: tuple[tuple[str, str], ...] = ()


def least(needs: Iterable[Need], account: str = "") -> dict[str, Any]:
    """The policy, as plain values. `account` is whose resources those without an ARN are."""
    resources: dict[tuple[str, tuple[tuple[str, str], ...]], set[str]] = {}
    for need in needs:
        action = _spelled(need.action)
        resources.setdefault((action, need.keys), set()).add(_nameable(action, need.resource, account))
    actions: dict[tuple[tuple[str, ...], tuple[tuple[str, str], ...], str], list[str]] = {}
    for (action, keys), named in resources.items():
        actions.setdefault((_gathered(named), keys, action.partition(":")[0]), []).append(action)
    return {
        "Version": "2012-10-17",
        "Statement": [_statement(sorted(names), named, keys) for (named, keys, _), names in sorted(actions.items())],
    }


def text(policy: dict[str, Any]) -> str:
    return msgspec.json.format(msgspec.json.encode(policy), indent=2).decode()


def _statement(actions: list[str], resources: tuple[str, ...], keys: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Action": actions[0] if len(actions) == 1 else actions,
        "Resource": resources[0] if len(resources) == 1 else list(resources),
    }
    return {**statement, "Condition": {"StringEquals": dict(keys)}} if keys else statement


def _spelled(action: str) -> str:
    found = authorization.action(action)
    return found.name if found is not None else action


def _nameable(action: str, resource: str, account: str) -> str:
    found = authorization.action(action)
    if found is not None and not found.resources:
        return "*"
    if not resource.startswith("arn:"):
        kinds = authorization.resource_types(found) if found is not None else []
        return _of_form(kinds[0].arn, resource, account) if kinds and resource not in ("", "*") else "*"
    for mark in _EPHEMERAL:
        if mark in resource:
            return _literal(resource.partition(mark)[0]) + mark + "*"
    return _literal(resource)


def _of_form(form: str, resource: str, account: str) -> str:
    """`user bob`, as IAM calls what does not exist, in the published form: any path, and this name."""
    name = resource.rpartition(" ")[2]
    head = form.replace("${Partition}", "aws").replace("${Region}", "*").replace("${Account}", account or "*")
    return head.partition("${")[0] + _literal(name)


def _literal(resource: str) -> str:
    """The characters that mean something in a policy, as variables that stand for them. A trailing `:*` is an ARN's own."""
    body = resource.removesuffix("*") if resource.endswith((":*", "/*")) else resource
    escaped = body.replace("${", "${$}{").replace("*", "${*}").replace("?", "${?}")
    return escaped + resource[len(body) :]


def _gathered(named: set[str]) -> tuple[str, ...]:
    """Sorted; where more than MOST_ALIKE are alike, a pattern in their place; nothing that another covers."""
    if "*" in named:
        return ("*",)
    while True:
        alike: dict[str, set[str]] = {}
        for each in named:
            alike.setdefault(_parent(each), set()).add(each)
        many = {parent: those for parent, those in alike.items() if parent and len(those) > MOST_ALIKE}
        if not many:
            break
        for parent, those in many.items():
            named = (named - those) | {parent + "*"}
    stems = [each[:-1] for each in named if each.endswith("*") and not each.endswith("${*}")]
    kept = [each for each in named if not any(each.startswith(stem) and each != stem + "*" for stem in stems)]
    return tuple(sorted(kept))


def _parent(resource: str) -> str:
    """All but the last piece of the resource's name, with its separator; empty when the name has one piece."""
    parts = resource.removesuffix("*").rstrip("/:").split(":", 5)
    if len(parts) < 6:
        return ""
    at = max(parts[5].rfind("/"), parts[5].rfind(":"))
    return resource[: len(":".join(parts[:5])) + 1 + at + 1] if at > 0 else ""
