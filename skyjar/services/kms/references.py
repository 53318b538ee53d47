"""From what a request names (key id, key ARN, alias, alias ARN) to a key."""

from __future__ import annotations

import re

from skyjar.kernel.call import Call
from skyjar.kernel.tables import At, Place

from . import managed, specs, state, states
from .errors import InvalidArnException, InvalidKeyUsageException, NotFoundException
from .state import Found

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32}")


def split(call: Call, reference: str) -> tuple[At, str]:
    """Where a reference points, and the key id or the alias with its `alias/`."""
    if not reference.startswith("arn:"):
        return call, reference
    parts = reference.split(":", 5)
    if len(parts) != 6 or parts[2] != "kms" or not parts[5].startswith(("key/", "alias/")):
        raise InvalidArnException(f"Invalid arn {reference}")
    if parts[3] != call.region:
        raise NotFoundException(f"Invalid arn {parts[3]}")
    at: At = call if parts[4] == call.account else Place(call.tx, parts[4], parts[3])
    return at, parts[5].removeprefix("key/")


def find(call: Call, reference: str, *, takes_alias: bool = True) -> Found:
    at, name = split(call, reference)
    if name.startswith("alias/"):
        if not takes_alias:
            raise NotFoundException(f"Invalid keyId '{reference}'")
        return _by_alias(call, at, name)
    key = state.keys.get(at, name)
    if key is None:
        if not _ID.fullmatch(name):
            raise NotFoundException(f"Invalid keyId '{reference}'")
        raise NotFoundException(f"Key '{state.arn_of(at, name)}' does not exist")
    return Found(at, key)


def find_usable(call: Call, reference: str, name: str, usage: str, algorithm: str) -> Found:
    """A key for the operation `name`: in a state in which it can be used, made for this, with the algorithm."""
    found = find(call, reference)
    check_usage(found, name, usage)
    specs.check_algorithm(found.key.spec, usage, algorithm)
    return found


def check_usage(found: Found, name: str, usage: str) -> None:
    states.check_usable(found.key, found.arn)
    if found.key.usage != usage:
        raise InvalidKeyUsageException(f"{found.arn} key usage is {found.key.usage} which is not valid for {name}.")


def _by_alias(call: Call, at: At, name: str) -> Found:
    alias = state.aliases.get(at, name)
    if alias is None:
        key = managed.first_used(call, at, name)
        if key is None:
            raise NotFoundException(f"Alias {state.alias_arn_of(at, name)} is not found.")
        return Found(at, key, name)
    key = state.keys.get(at, alias.target)
    assert key is not None
    return Found(at, key, name)
