"""Which resource waits for which."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .errors import TemplateError
from .references import references
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


def check(template: Template) -> None:
    """Every reference is to something that the template has, whatever its conditions say."""
    resources: dict[str, Any] = template["Resources"]
    parameters = (template.get("Parameters") or {}).keys()
    unknown: set[str] = set()
    for resource in resources.values():
        unknown |= references(resource.get("Properties", {})) - resources.keys() - parameters - PSEUDO
        unknown |= set(depends_on(resource)) - resources.keys()
    _refuse(unknown, "Resources")
    for output in (template.get("Outputs") or {}).values():
        unknown |= references(output) - resources.keys() - parameters - PSEUDO
    _refuse(unknown, "Outputs")


def _refuse(unknown: set[str], block: str) -> None:
    if unknown:
        raise TemplateError(
            f"Template format error: Unresolved resource dependencies [{', '.join(sorted(unknown))}] in the {block} block of the template"
        )


def dependencies(template: Template, included: set[str], truth: Callable[[str], bool]) -> dict[str, set[str]]:
    """Logical id -> those it needs first, among the `included`. Raises for circles, and for references to a resource
    that its condition leaves out; `truth` is the value of a condition."""
    resources: dict[str, Any] = template["Resources"]
    needed: dict[str, set[str]] = {}
    for name in included:
        named = references(resources[name].get("Properties", {}), truth) & resources.keys()
        _refuse(named - included, "Resources")
        needed[name] = {item for item in (*named, *depends_on(resources[name])) if item in included}
    for output in (template.get("Outputs") or {}).values():
        if "Condition" not in output or truth(str(output["Condition"])):
            _refuse((references(output, truth) & resources.keys()) - included, "Outputs")
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
