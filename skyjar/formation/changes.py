"""What a new template would change, as a change set shows it before anything is resolved. Pure.

A resource changes when its definition does, or when something it refers to does: a parameter with another value, or a
resource that would be replaced. What is really done is decided later, from resolved properties.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from . import schemas
from .references import references
from .resources import ResourceType
from .templates import Template


class Change(msgspec.Struct, frozen=True):
    """`action`: Add | Modify | Remove; `replacement`: True | False | Conditional, for Modify."""

    logical_id: str
    type: str
    action: str
    replacement: str = ""
    scope: tuple[str, ...] = ()
    properties: tuple[str, ...] = ()


_SCOPES = {
    "Properties": "Properties",
    "Metadata": "Metadata",
    "CreationPolicy": "CreationPolicy",
    "UpdatePolicy": "UpdatePolicy",
    "DeletionPolicy": "DeletionPolicy",
    "UpdateReplacePolicy": "UpdateReplacePolicy",
}


def plan(
    old: Template | None,
    new: Template,
    included_before: set[str],
    included: set[str],
    changed_parameters: set[str],
    kinds: Mapping[str, ResourceType],
) -> list[Change]:
    """All changes, in the order additions, modifications, removals; of the resources whose condition holds. `kinds` add to the properties
    whose change replaces a resource by AWS's schema."""
    before: dict[str, Any] = (old or {}).get("Resources", {})
    after: dict[str, Any] = new["Resources"]
    changes: dict[str, Change] = {}
    for name in sorted(included - included_before):
        changes[name] = Change(name, after[name]["Type"], "Add")
    touched = set(changed_parameters)
    while True:
        found = {
            name: change
            for name in sorted(included & included_before)
            if (change := _modify(name, before[name], after[name], touched, kinds)) is not None
        }
        replaced = {name for name, change in found.items() if change.replacement == "True"}
        if replaced <= touched:
            break
        touched |= replaced
    changes |= found
    for name in sorted(included_before - included):
        changes[name] = Change(name, before[name]["Type"], "Remove")
    return list(changes.values())


def _modify(
    name: str, before: dict[str, Any], after: dict[str, Any], touched: set[str], kinds: Mapping[str, ResourceType]
) -> Change | None:
    kind = after["Type"]
    if before["Type"] != kind:
        return Change(name, kind, "Modify", "True", ("Properties",))
    scope = [_SCOPES[key] for key in _SCOPES if before.get(key) != after.get(key)]
    old, new = before.get("Properties", {}), after.get("Properties", {})
    literal = {key for key in old.keys() | new.keys() if old.get(key) != new.get(key)}
    indirect = {key for key, value in new.items() if key not in literal and references(value) & touched}
    if not scope and not indirect:
        return None
    if indirect and "Properties" not in scope:
        scope.append("Properties")
    schema = schemas.of(kind)
    fixed = {path.split("/")[0] for path in schema.create_only} if schema is not None else set()
    fixed |= kinds[kind].replaced_by if kind in kinds else frozenset()
    replacement = "True" if literal & fixed else "Conditional" if indirect & fixed else "False"
    return Change(name, kind, "Modify", replacement, tuple(scope), tuple(sorted(literal | indirect)))
