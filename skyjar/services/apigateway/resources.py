"""Operations on resources."""

from __future__ import annotations

import re
from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import limits, patches, state
from .errors import BadRequestException, ConflictException, LimitExceededException, NotFoundException
from .methods import show_method
from .paging import paged
from .state import Resource

_PART = re.compile(r"^(\{[A-Za-z0-9._-]+\+?\}|[A-Za-z0-9._:@$*!'(),;~+=&%-]+)$")


@operation
def create_resource(call: Call, *, rest_api_id: str, parent_id: str, path_part: str) -> dict[str, Any]:
    parent = state.resource_of(call, rest_api_id, parent_id)
    made = below(call, parent, path_part, state.resources.range(call, rest_api_id))
    state.resources.add(call, made)
    return show(made, False)


def below(call: Call, parent: Resource, part: str, existing: list[Resource]) -> Resource:
    """A new resource below another, checked but not stored."""
    check_part(parent, part)
    for sibling in existing:
        if sibling.parent != parent.id:
            continue
        if sibling.part == part:
            raise ConflictException(f"Another resource with the same parent already has this name: {part}")
        if sibling.part[0] == "{" == part[0] and sibling.part.endswith("+}") == part.endswith("+}"):
            raise BadRequestException(
                f"A sibling ({sibling.part}) of this resource already has a variable path part -- only one is allowed"
            )
    if len(existing) >= limits.RESOURCES:
        raise LimitExceededException(f"Maximum number of Resources for this API has been reached: {limits.RESOURCES}")
    path = f"{parent.path.rstrip('/')}/{part}"
    return Resource(api=parent.api, id=state.new_id(call, 6), parent=parent.id, part=part, path=path)


def check_part(parent: Resource, part: str) -> None:
    if not _PART.match(part):
        raise BadRequestException(
            "Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable and curly braces at the beginning and the end."
        )
    if parent.part.endswith("+}"):
        raise BadRequestException(f"Cannot create a child of a resource with a greedy path variable: {parent.part}")


def show(resource: Resource, is_whole: bool) -> dict[str, Any]:
    """`is_whole`: with the methods themselves, and not only their names."""
    shown: dict[str, Any] = {"id": resource.id, "path": resource.path}
    if resource.parent:
        shown |= {"parentId": resource.parent, "pathPart": resource.part}
    if resource.methods:
        shown["resourceMethods"] = {
            name: show_method(resource, method) if is_whole else {} for name, method in resource.methods.items()
        }
    return shown


@operation
def get_resource(call: Call, *, rest_api_id: str, resource_id: str, embed: list[str] | None = None) -> dict[str, Any]:
    return show(state.resource_of(call, rest_api_id, resource_id), "methods" in (embed or ()))


@operation
def get_resources(
    call: Call, *, rest_api_id: str, position: str = "", limit: int | None = None, embed: list[str] | None = None
) -> dict[str, Any]:
    state.api_of(call, rest_api_id)
    found = state.resources.range(call, rest_api_id)
    page, more = paged(found, lambda resource: resource.path, position, limit)
    return {"items": [show(resource, "methods" in (embed or ())) for resource in page], **more}


@operation
def update_resource(
    call: Call, *, rest_api_id: str, resource_id: str, patch_operations: list[dict[str, str]] | None = None
) -> dict[str, Any]:
    old = state.resource_of(call, rest_api_id, resource_id)
    new: Resource = patches.apply(old, patch_operations, {"/pathPart": patches.field("part")})
    if new.part != old.part:
        parent = state.resource_of(call, rest_api_id, old.parent)
        others = [other for other in state.resources.range(call, rest_api_id) if other.id != old.id]
        path = below(call, parent, new.part, others).path
        new = state.replace(new, path=path)
        for child in others:
            if child.path.startswith(f"{old.path}/"):
                moved = state.replace(child, path=path + child.path[len(old.path) :])
                state.resources.replace(call, child, moved)
    state.resources.replace(call, old, new)
    return show(new, False)


@operation
def delete_resource(call: Call, *, rest_api_id: str, resource_id: str) -> None:
    found = state.resource_of(call, rest_api_id, resource_id)
    if not found.parent:
        raise BadRequestException("Root resource cannot be deleted")
    for resource in state.resources.range(call, rest_api_id):
        if resource.id == found.id or resource.path.startswith(f"{found.path}/"):
            state.resources.remove(call, resource)


def by_path(call: Call, api_id: str) -> dict[str, Resource]:
    found = {resource.path: resource for resource in state.resources.range(call, api_id)}
    if "/" not in found:
        raise NotFoundException("Invalid Resource identifier specified")
    return found
