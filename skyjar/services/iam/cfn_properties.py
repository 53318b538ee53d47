"""What templates say, in the terms of IAM's operations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import orjson

from skyjar.formation.resources import Properties, Resource
from skyjar.kernel.call import Call

from .errors import NoSuchEntityException

Kind = Literal["role", "user", "group"]
HOLDERS: dict[str, Kind] = {"Roles": "role", "Users": "user", "Groups": "group"}


def as_text(document: Any) -> str:
    return document if isinstance(document, str) else orjson.dumps(document).decode()


def own_tags(resource: Resource, properties: Properties) -> dict[str, str]:
    """The stack's tags and the resource's own. IAM does not take CloudFormation's `aws:` ones."""
    tags = resource.tags | {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])}
    return {key: value for key, value in tags.items() if not key.startswith("aws:")}


def tag_list(tags: dict[str, str]) -> dict[str, Any]:
    return {"tags": [{"Key": key, "Value": value} for key, value in tags.items()]} if tags else {}


def given(properties: Properties, names: dict[str, str]) -> dict[str, Any]:
    """Parameters of an operation from the properties that are there."""
    return {parameter: properties[name] for name, parameter in names.items() if properties.get(name) is not None}


def asked(call: Call, verb: str, kind: Kind, noun: str) -> Callable[..., Any]:
    """`attach`, `role`, `policy` -> attach_role_policy."""
    found: Callable[..., Any] = getattr(call.ask("iam"), f"{verb}_{kind}_{noun}")
    return found


def ignoring_gone(function: Callable[..., Any], **parameters: Any) -> None:
    try:
        function(**parameters)
    except NoSuchEntityException:
        return


def tags_changed(
    call: Call, noun: str, which: dict[str, str], resource: Resource, new: Properties, old: Properties
) -> None:
    """Give what `which` names the tags of now instead of those of the last time; `noun` as in `tag_<noun>`."""
    tags, had = own_tags(resource, new), own_tags(resource.before(), old)
    gone = sorted(had.keys() - tags.keys())
    if gone:
        getattr(call.ask("iam"), f"untag_{noun}")(**which, tag_keys=gone)
    if tags != had:
        getattr(call.ask("iam"), f"tag_{noun}")(**which, **tag_list(tags))
