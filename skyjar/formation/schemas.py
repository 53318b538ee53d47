"""What AWS's published resource schemas say of each resource type, extracted into `data/types.json`.

`python -m skyjar.formation.schemas DIRECTORY` makes the file anew from a folder of schemas, such as the one that cfn-lint
carries (`cfnlint/data/schemas/resources`, MIT-0). Only what planning needs is kept.
"""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import orjson

from .errors import TemplateError

FILE = Path(__file__).parent / "data" / "types.json"


class Schema(msgspec.Struct, frozen=True, omit_defaults=True):
    """`create_only` are paths of properties whose change forces replacement, such as `QueueName` or `A/B`."""

    properties: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    create_only: tuple[str, ...] = ()
    read_only: tuple[str, ...] = ()


@cache
def _types() -> dict[str, msgspec.Raw]:
    return msgspec.json.decode(FILE.read_bytes(), type=dict[str, msgspec.Raw])


@cache
def of(type_name: str) -> Schema | None:
    """The schema of a type, or None when AWS publishes none."""
    raw = _types().get(type_name)
    return msgspec.json.decode(raw, type=Schema) if raw is not None else None


def check(logical_id: str, type_name: str, properties: dict[str, Any]) -> None:
    """Property names that do not exist, and required ones that are missing. Raises TemplateError."""
    schema = of(type_name)
    if schema is None:
        return
    unknown = sorted(set(properties) - set(schema.properties))
    if unknown:
        raise TemplateError(f"Encountered unsupported property {unknown[0]}")
    missing = [name for name in schema.required if name not in properties]
    if missing:
        raise TemplateError(
            f"Properties validation failed for resource {logical_id} with message:\n#: required key [{missing[0]}] not found"
        )


def replacing(type_name: str, before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """The create-only properties that differ."""
    schema = of(type_name)
    return [path for path in schema.create_only if _at(before, path) != _at(after, path)] if schema is not None else []


def custom_name(type_name: str, before: dict[str, Any], after: dict[str, Any]) -> str:
    """The name that a template gives a resource and does not change, which a replacement beside it could not have too."""
    schema = of(type_name)
    own = (f"{type_name.rpartition('::')[2]}Name", "Name", "TableName")  # the last of AWS::DynamoDB::GlobalTable
    for path in schema.create_only if schema is not None else ():
        if path in own and after.get(path) and before.get(path) == after[path]:
            return str(after[path])
    return ""


def _at(value: Any, path: str) -> Any:
    for part in path.split("/"):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def extract(schema: dict[str, Any]) -> Schema:
    def names(key: str) -> tuple[str, ...]:
        return tuple(path.removeprefix("/properties/") for path in schema.get(key, ()))

    return Schema(
        properties=tuple(sorted(schema.get("properties", {}))),
        required=tuple(schema.get("required", ())),
        create_only=names("createOnlyProperties"),
        read_only=names("readOnlyProperties"),
    )


def main(directory: str) -> None:
    found: dict[str, Schema] = {}
    for path in sorted(Path(directory).glob("*.json")):
        schema = orjson.loads(path.read_bytes())
        if "typeName" in schema:
            found[schema["typeName"]] = extract(schema)
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_bytes(b"{\n" + b",\n".join(
        msgspec.json.encode(name) + b":" + msgspec.json.encode(found[name]) for name in sorted(found)
    ) + b"\n}\n")  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1])
