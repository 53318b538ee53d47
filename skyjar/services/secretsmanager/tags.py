"""Tags of secrets."""

from __future__ import annotations

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import limits, replicas, state
from .errors import InvalidParameterException, InvalidRequestException

Tags = list[dict[str, str]]


def checked(present: dict[str, str], given: Tags) -> dict[str, str]:
    """The tags with the given ones among them."""
    keys = [tag.get("Key", "") for tag in given]
    if any(key.lower().startswith("aws:") for key in keys):
        raise InvalidParameterException("Tag keys can't begin with aws:, which is reserved for AWS.")
    if any(not 1 <= len(key) <= 128 for key in keys):
        raise InvalidParameterException("Tag keys must be 1-128 characters long.")
    merged = present | {tag["Key"]: tag.get("Value", "") for tag in given}
    if len(merged) > limits.TAGS:
        raise InvalidRequestException(f"A secret can have at most {limits.TAGS} tags.")
    return merged


def _keep(call: Call, secret_id: str, given: Tags, gone: list[str]) -> None:
    at, secret = state.changeable(call, secret_id)
    left = {key: value for key, value in checked(secret.tags, given).items() if key not in gone}
    changed = state.replace(secret, tags=left)
    state.secrets.replace(at, secret, changed)
    replicas.spread(call, at, changed)


@operation
def tag_resource(call: Call, *, secret_id: str, tags: Tags) -> None:
    _keep(call, secret_id, tags, [])


@operation
def untag_resource(call: Call, *, secret_id: str, tag_keys: list[str]) -> None:
    _keep(call, secret_id, [], tag_keys)
