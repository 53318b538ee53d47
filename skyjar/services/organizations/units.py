"""Organizational units."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import attachments, limits, paging, state
from .errors import (
    ConstraintViolationException,
    DuplicateOrganizationalUnitException,
    OrganizationalUnitNotEmptyException,
    OrganizationalUnitNotFoundException,
    ParentNotFoundException,
)
from .state import Organization, Unit
from .tags import keep as keep_tags


def show(call: Call, organization: Organization, unit: Unit) -> dict[str, Any]:
    return {
        "Id": unit.id,
        "Arn": state.arn(organization, "ou", unit.id),
        "Name": unit.name,
        "Path": state.path(call, organization, unit.id),
    }


def unit_of(call: Call, organization: Organization, unit_id: str) -> Unit:
    found = state.units.get(call, organization.id, unit_id)
    if found is None:
        raise OrganizationalUnitNotFoundException
    return found


def check_parent(call: Call, organization: Organization, parent: str) -> None:
    if parent != organization.root and state.units.get(call, organization.id, parent) is None:
        raise ParentNotFoundException


def below(call: Call, organization: Organization, parent: str) -> list[Unit]:
    return state.units.range(call, organization.id, parent, via="parent")


def _check_name(call: Call, organization: Organization, parent: str, name: str) -> None:
    if any(unit.name == name for unit in below(call, organization, parent)):
        raise DuplicateOrganizationalUnitException


@operation
def create_organizational_unit(
    call: Call, *, parent_id: str, name: str, tags: list[dict[str, str]] | None = None
) -> dict[str, Any]:
    organization = state.mine(call)
    check_parent(call, organization, parent_id)
    _check_name(call, organization, parent_id, name)
    if len(state.chain(call, organization, parent_id)) > limits.UNIT_LEVELS:
        raise ConstraintViolationException(
            "OU_DEPTH_LIMIT_EXCEEDED", "You have exceeded the allowed depth of the organizational unit tree."
        )
    if state.units.count(call, organization.id) >= limits.UNITS:
        raise ConstraintViolationException(
            "OU_NUMBER_LIMIT_EXCEEDED", "You have exceeded the allowed number of organizational units."
        )
    unit = Unit(
        organization=organization.id,
        id=state.code(call, f"ou-{organization.root[2:]}-", 8),
        parent=parent_id,
        name=name,
    )
    state.units.add(call, unit)
    keep_tags(call, organization, unit.id, tags)
    attachments.attach_full(call, organization, unit.id)
    return {"OrganizationalUnit": show(call, organization, unit)}


@operation
def describe_organizational_unit(call: Call, *, organizational_unit_id: str) -> dict[str, Any]:
    organization = state.mine(call)
    return {"OrganizationalUnit": show(call, organization, unit_of(call, organization, organizational_unit_id))}


@operation
def update_organizational_unit(call: Call, *, organizational_unit_id: str, name: str = "") -> dict[str, Any]:
    organization = state.mine(call)
    unit = unit_of(call, organization, organizational_unit_id)
    if name and name != unit.name:
        _check_name(call, organization, unit.parent, name)
        changed: Unit = state.replace(unit, name=name)
        state.units.replace(call, unit, changed)
        unit = changed
    return {"OrganizationalUnit": show(call, organization, unit)}


@operation
def delete_organizational_unit(call: Call, *, organizational_unit_id: str) -> None:
    organization = state.mine(call)
    unit = unit_of(call, organization, organizational_unit_id)
    is_empty = not below(call, organization, unit.id)
    if not is_empty or state.accounts.first(call, organization.id, unit.id, via="parent") is not None:
        raise OrganizationalUnitNotEmptyException
    state.units.remove(call, unit)
    attachments.drop_all(call, organization, unit.id)
    state.tags.delete(call, organization.id, unit.id)


@operation
def list_organizational_units_for_parent(
    call: Call, *, parent_id: str, next_token: str = "", max_results: int | None = None
) -> dict[str, Any]:
    organization = state.mine(call)
    check_parent(call, organization, parent_id)
    found = below(call, organization, parent_id)
    return paging.page(
        "OrganizationalUnits", found, next_token, max_results, lambda unit: show(call, organization, unit)
    )
