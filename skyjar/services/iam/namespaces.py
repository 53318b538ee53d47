"""Services as IAM names them, and which of them a policy lets somebody use."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import orjson


@cache
def names() -> dict[str, str]:
    """AWS's names of the services, by the prefix of their actions: `data/namespaces.json`."""
    found: dict[str, str] = orjson.loads((files(__package__) / "data" / "namespaces.json").read_bytes())
    return found


def granted(document: str) -> set[str]:
    """The services of which the document allows any action, whatever else it says."""
    parsed = orjson.loads(document)
    statements = parsed["Statement"] if isinstance(parsed["Statement"], list) else [parsed["Statement"]]
    found: set[str] = set()
    for statement in statements:
        if statement["Effect"] == "Allow":
            found |= _granted(statement)
    return found


def _granted(statement: dict[str, Any]) -> set[str]:
    if "NotAction" in statement:
        spared = {each.rpartition(":")[0].lower() for each in _several(statement["NotAction"]) if each.endswith(":*")}
        return set() if "*" in _several(statement["NotAction"]) else set(names()) - spared
    prefixes = {each.partition(":")[0].lower() for each in _several(statement["Action"])}
    return set(names()) if "*" in prefixes else prefixes


def _several(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]
