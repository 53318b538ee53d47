"""Which resource waits for which."""

from __future__ import annotations

from typing import Any

from .errors import TemplateError
from .intrinsics import references
from .templates import Template

PSEUDO = frozenset(
    (
        "AWS::AccountId",
        "AWS::NotificationARNs",
        "AWS::NoValue",
        "AWS::Partition",
        "AWS::Region",
        "AWS::StackId",
        "AWS::StackName",
        "AWS::URLSuffix",
    )
)


def depends_on(resource: dict[str, Any]) -> list[str]:
    found = resource.get("DependsOn", [])
    return [found] if isinstance(found, str) else list(found)


def dependencies(template: Template, included: set[str]) -> dict[str, set[str]]:
    """Logical id -> those it needs first, among the `included`. Raises for references to nothing and for circles."""
    resources: dict[str, Any] = template["Resources"]
    parameters = (template.get("Parameters") or {}).keys()
    needed: dict[str, set[str]] = {}
    for name in included:
        resource = resources[name]
        named = references(resource.get("Properties", {}))
        explicit = depends_on(resource)
        unknown = sorted(
            (named - resources.keys() - parameters - PSEUDO) | {item for item in explicit if item not in resources}
        )
        if unknown:
            raise TemplateError(
                f"Template format error: Unresolved resource dependencies [{', '.join(unknown)}] in the Resources block of the template"
            )
        needed[name] = {item for item in (*named, *explicit) if item in included and item != name}
    _check_circles(needed)
    return needed


def _check_circles(needed: dict[str, set[str]]) -> None:
    left = {name: set(items) for name, items in needed.items()}
    while ready := [name for name, items in left.items() if not items]:
        for name in ready:
            del left[name]
        for items in left.values():
            items.difference_update(ready)
    if left:
        raise TemplateError(f"Circular dependency between resources: [{', '.join(sorted(left))}]")


def in_order(needed: dict[str, set[str]]) -> list[str]:
    """The names so that each comes behind what it needs."""
    done: dict[str, None] = {}
    left = dict(needed)
    while left:
        ready = [name for name, items in left.items() if items <= done.keys()]
        for name in ready:
            done[name] = None
            del left[name]
    return list(done)
