"""Tags of access points and batch jobs: their rules."""

from __future__ import annotations

import re
from typing import Any

from . import limits
from .errors import InvalidTag

_TEXT = re.compile(r"[\w\s_.:/=+\-@]*")


def checked(given: list[dict[str, str]] | None) -> dict[str, str]:
    """By key; how many there may be the operations say."""
    found: dict[str, str] = {}
    for tag in given or ():
        key, value = tag["Key"], tag["Value"]
        if key in found:
            raise InvalidTag(
                "There are duplicate tag keys in your request. Remove the duplicate tag keys and try again.", TagKey=key
            )
        is_short = 1 <= len(key) <= limits.TAG_KEY_LENGTH and len(value) <= limits.TAG_VALUE_LENGTH
        if not is_short or not _TEXT.fullmatch(key) or not _TEXT.fullmatch(value):
            raise InvalidTag(TagKey=key)
        if key.lower().startswith("aws:"):
            raise InvalidTag("Tag keys cannot start with AWS reserved prefix for system tags.", TagKey=key)
        found[key] = value
    return found


def shown(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def requested(parameters: dict[str, Any]) -> dict[str, Any]:
    """The condition keys of what a request says about tags."""
    if parameters.get("tags"):
        given = {tag["Key"]: tag["Value"] for tag in parameters["tags"]}
        return {"aws:TagKeys": list(given), **{f"aws:RequestTag/{key}": value for key, value in given.items()}}
    return {"aws:TagKeys": list(parameters["tag_keys"])} if parameters.get("tag_keys") else {}


def held(tags: dict[str, str]) -> dict[str, str]:
    """The condition keys of the tags that a resource has."""
    return {f"aws:ResourceTag/{key}": value for key, value in tags.items()}
