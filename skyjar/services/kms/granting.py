"""What grants allow: which operations a key's grants may name, whether one of them allows a call, grant tokens."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Iterator
from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.tables import At, Place

from . import limits, principals, specs, state
from .errors import InvalidGrantTokenException, ValidationException
from .state import Grant, Key

_WITH_CONTEXT = {
    "Encrypt",
    "Decrypt",
    "ReEncryptFrom",
    "ReEncryptTo",
    "GenerateDataKey",
    "GenerateDataKeyWithoutPlaintext",
    "GenerateDataKeyPair",
    "GenerateDataKeyPairWithoutPlaintext",
}
_ALWAYS = {"CreateGrant", "RetireGrant", "DescribeKey"}
_OF_PAIRS = {
    specs.ENCRYPT: {"Encrypt", "Decrypt", "ReEncryptFrom", "ReEncryptTo", "GetPublicKey"},
    specs.SIGN: {"Sign", "Verify", "GetPublicKey"},
    specs.AGREE: {"DeriveSharedSecret", "GetPublicKey"},
    specs.ENCAPSULATE: {"Encapsulate", "Decapsulate", "GetPublicKey"},
    specs.MAC: {"GenerateMac", "VerifyMac"},
}
_MARK = "skyjar-grant"
_KEY = re.compile(r"arn:aws:kms:[a-z0-9-]+:[0-9]{12}:key/[a-z0-9-]+")


def possible(key: Key) -> set[str]:
    """The operations that a grant for the key can name."""
    return _ALWAYS | (_WITH_CONTEXT if key.spec == specs.SYMMETRIC else _OF_PAIRS[key.usage])


def check_operations(key: Key, operations: list[str], constraints: dict[str, Any]) -> None:
    for operation in operations:
        if operation not in possible(key):
            raise ValidationException(
                f"The operation {operation} is not supported by a KMS key with key spec {key.spec} and key usage "
                f"{key.usage}."
            )
    for kind in ("EncryptionContextEquals", "EncryptionContextSubset"):
        pairs = constraints.get(kind)
        if pairs is None:
            continue
        if key.spec != specs.SYMMETRIC:
            raise ValidationException("Encryption context constraints are valid only for symmetric encryption keys.")
        size = sum(len(name) + len(value) for name, value in pairs.items())
        if len(pairs) > limits.CONSTRAINT_PAIRS or size > limits.CONSTRAINT_CHARS:
            raise ValidationException(
                "The encryption context constraint exceeds the limit of 8 pairs and 384 characters."
            )


def allowing(call: Call, at: At, key: Key, action: str, context: dict[str, str], asked: dict[str, Any]) -> str:
    """The id of a grant that lets the caller do it; empty when there is none. `asked` are the call's parameters."""
    operation = action.removeprefix("kms:")
    for name in principals.names_of(call.caller):
        for grant in state.grants.range(at, key.id, name, via="grantee"):
            if operation in grant.operations and _within(call, grant, operation, context, asked):
                return grant.id
    return ""


def _within(call: Call, grant: Grant, operation: str, context: dict[str, str], asked: dict[str, Any]) -> bool:
    if grant.source_arn and call.context.get("aws:SourceArn") != grant.source_arn:
        return False
    if operation == "CreateGrant":
        return _is_narrower(grant, asked.get("operations") or [], asked.get("constraints") or {})
    if operation not in _WITH_CONTEXT:
        return True
    if grant.equals is not None and context != grant.equals:
        return False
    return grant.subset is None or grant.subset.items() <= context.items()


def _is_narrower(parent: Grant, operations: list[str], constraints: dict[str, Any]) -> bool:
    """A grant made under a grant has no more operations, and constraints that are at least as strict."""
    if not set(operations) <= set(parent.operations):
        return False
    equals, subset = constraints.get("EncryptionContextEquals"), constraints.get("EncryptionContextSubset")
    if parent.equals is not None and equals != parent.equals:
        return False
    if parent.subset is None:
        return True
    return any(pairs is not None and parent.subset.items() <= pairs.items() for pairs in (equals, subset))


def retires(call: Call, grant: Grant) -> bool:
    """Whether the grant itself lets the caller retire it."""
    names = principals.names_of(call.caller)
    return grant.retiring in names or (grant.grantee in names and "RetireGrant" in grant.operations)


# Tokens. Grants hold from the moment they are made, so a token is only ever checked.


def token_of(arn: str, grant_id: str, nonce: bytes) -> str:
    return b64encode(f"{_MARK} {arn} {grant_id} {nonce.hex()}".encode()).decode()


def read_token(token: str) -> tuple[str, str]:
    """The key's ARN and the grant's id."""
    try:
        mark, arn, grant_id, _ = b64decode(token.encode(), validate=True).decode("ascii").split(" ")
    except (Error, ValueError):
        raise InvalidGrantTokenException from None
    if mark != _MARK or not _KEY.fullmatch(arn):
        raise InvalidGrantTokenException
    return arn, grant_id


def check_token(call: Call, token: str) -> None:
    """It is of a grant that there is."""
    arn, grant_id = read_token(token)
    _, _, _, region, account, name = arn.split(":", 5)
    if state.grants.get(Place(call.tx, account, region), name.removeprefix("key/"), grant_id) is None:
        raise InvalidGrantTokenException


def named(token: str, key_id: str, grant_id: str) -> tuple[str, str]:
    """Which grant RetireGrant is about: by its token, or by key and id."""
    if token and not (key_id or grant_id):
        return read_token(token)
    if key_id and grant_id and not token:
        return key_id, grant_id
    raise ValidationException("Either grantToken or both keyId and grantId must be specified.")


def everywhere(call: Call) -> Iterator[tuple[At, Grant]]:
    """The grants of this Region, of every account."""
    for account, region, grant in state.grants.anywhere(call.tx):
        if region == call.region:
            yield Place(call.tx, account, region), grant
