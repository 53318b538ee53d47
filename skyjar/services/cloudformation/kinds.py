"""The resource types there are, from every service's `cfn.py`."""

from __future__ import annotations

from skyjar.formation.resources import Properties, ResourceType
from skyjar.kernel.call import Call
from skyjar.kernel.errors import NotImplementedHere

from . import custom


def of(call: Call, name: str) -> ResourceType:
    found: ResourceType | None = custom.TYPE if custom.is_custom(name) else call.resource_types().get(name)
    if found is None:
        raise NotImplementedHere(f"Skyjar does not implement the resource type {name}.")
    return found


def check_properties(kind: ResourceType, name: str, properties: Properties) -> None:
    """Refuse a property that this type does not handle here, rather than ignore it."""
    if custom.is_custom(name):
        custom.check(properties)
        return
    unknown = sorted(properties.keys() - kind.properties)
    if unknown:
        raise NotImplementedHere(f"Skyjar does not implement the property {unknown[0]} of {name}.")
