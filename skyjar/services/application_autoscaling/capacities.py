"""What can be scaled: which resources there are, how much of each there is, and how it is changed.

A module for each namespace says it (`tables.py`, `functions.py`), all alike. Every call is the linked role's, but for the first
look, which is the caller's.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any, NamedTuple

from skyjar.kernel.call import Call
from skyjar.kernel.errors import NotImplementedHere
from skyjar.kernel.principals import Principal

from . import functions, linked_roles, tables
from .errors import ValidationException
from .state import Key

UNSUPPORTED = "Unsupported service namespace, resource type or scalable dimension"
_NAMESPACES: dict[str, ModuleType] = {"dynamodb": tables, "lambda": functions}


class Standing(NamedTuple):
    """How much there is, and whether a change of it is still going on."""

    capacity: int
    is_changing: bool


def place(key: Key) -> Any:
    """Where the resource is, in its namespace's words. Raises Validation for what AWS does not know either,
    NotImplementedHere for what is not there yet."""
    namespace, _, dimension = key
    if dimension.split(":")[0] != namespace:
        raise ValidationException(UNSUPPORTED)
    found = _NAMESPACES.get(namespace)
    if found is None or dimension not in found.DIMENSIONS:
        raise NotImplementedHere(f"Skyjar does not implement the scalable dimension {dimension}.")
    where = found.place(key)
    if where is None:
        raise ValidationException(UNSUPPORTED)
    return where


def words(key: Key) -> str:
    said: str = _NAMESPACES[key[0]].words(key)
    return said


def least(key: Key) -> int:
    """What a target's minimum may be at least."""
    number: int = _NAMESPACES[key[0]].LEAST
    return number


def check(call: Call, who: Principal, key: Key) -> None:
    """Whether it is there, and whether this principal could scale it by itself."""
    place(key)
    found = _NAMESPACES[key[0]]
    missing = [
        f"{key[0]}:{name.title().replace('_', '')}"
        for name in found.NEEDED
        if not call.may(key[0], name, who, **found.parameters(key))
    ]
    if missing:
        raise ValidationException(f"User is missing the following permissions: {', '.join(missing)}")
    found.standing(call.ask(key[0], who), key)


def standing(call: Call, key: Key) -> Standing:
    asked = call.ask(key[0], linked_roles.session(call, key[0]))
    return Standing(*_NAMESPACES[key[0]].standing(asked, key))


def change(call: Call, key: Key, capacity: int) -> None:
    """Raises what the resource's service answers."""
    _NAMESPACES[key[0]].change(call.ask(key[0], linked_roles.session(call, key[0])), key, capacity)
