"""Tags of certificates."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import limits, state
from .errors import InvalidTagException, TooManyTagsException

Tags = list[dict[str, str]]


def checked_tags(given: Tags, present: dict[str, str] | None = None) -> dict[str, str]:
    for tag in given:
        if tag["Key"].lower().startswith("aws:"):
            raise InvalidTagException(f"AWS reserved tag prefix used in the tag key {tag['Key']}.")
    found = (present or {}) | {tag["Key"]: tag.get("Value", "") for tag in given}
    if len(found) > limits.TAGS:
        raise TooManyTagsException(f"A certificate can have at most {limits.TAGS} tags.")
    return found


@operation
def add_tags_to_certificate(call: Call, *, certificate_arn: str, tags: Tags) -> None:
    found = state.find(call, certificate_arn)
    state.change(call, found, tags=checked_tags(tags, found.tags))


@operation
def remove_tags_from_certificate(call: Call, *, certificate_arn: str, tags: Tags) -> None:
    """A tag that is given with a value is removed only if it has that value."""
    found = state.find(call, certificate_arn)
    gone = {tag["Key"] for tag in tags if tag.get("Value", found.tags.get(tag["Key"])) == found.tags.get(tag["Key"])}
    state.change(call, found, tags={key: value for key, value in found.tags.items() if key not in gone})


@operation
def list_tags_for_certificate(call: Call, *, certificate_arn: str) -> dict[str, Any]:
    found = state.find(call, certificate_arn)
    return {"Tags": [{"Key": key, "Value": value} for key, value in found.tags.items()]}
