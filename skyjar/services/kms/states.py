"""What a key's state allows, in AWS's words. Pure. Source: KMS Developer Guide, "Key states of AWS KMS keys"."""

from __future__ import annotations

from . import state
from .errors import DisabledException, KMSInvalidStateException, UnsupportedOperationException
from .specs import SYMMETRIC
from .state import Key

_PENDING = {
    state.PENDING_DELETION: "is pending deletion.",
    state.PENDING_REPLICA_DELETION: "is pending replica deletion.",
}


def check_usable(key: Key, arn: str) -> None:
    """For cryptographic operations, grants and replicas."""
    if key.state == state.ENABLED:
        return
    if key.state == state.DISABLED:
        raise DisabledException(arn)
    check_not_deleted(key, arn)
    check_imported(key, arn)


def check_not_deleted(key: Key, arn: str) -> None:
    if key.state in _PENDING:
        raise KMSInvalidStateException(f"{arn} {_PENDING[key.state]}")


def check_imported(key: Key, arn: str) -> None:
    if key.state == state.PENDING_IMPORT:
        raise KMSInvalidStateException(f"{arn} is pending import.")


def check_deleted(key: Key, arn: str) -> None:
    if key.state not in _PENDING:
        raise KMSInvalidStateException(f"{arn} is not pending deletion.")


def check_origin(key: Key, arn: str, wanted: str) -> None:
    if key.origin != wanted:
        raise UnsupportedOperationException(f"{arn} origin is {key.origin} which is not valid for this operation.")


def check_symmetric(key: Key, arn: str) -> None:
    if key.spec != SYMMETRIC:
        raise UnsupportedOperationException(f"{arn} key spec is {key.spec} which is not valid for this operation.")
