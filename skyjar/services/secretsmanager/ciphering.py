"""How values are kept: sealed with AES-256-GCM, bound to the secret and the version that they belong to.

As on AWS, a data key seals the value and a KMS key the data key: the secret's own, or `aws/secretsmanager`. KMS judges
whoever reads or writes the secret. Where there is no KMS, a key of the account seals, and a secret with a KmsKeyId is
refused.
"""

from __future__ import annotations

from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from skyjar.kernel import service as services
from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError, NotImplementedHere
from skyjar.kernel.tables import At

from . import state
from .errors import AccessDeniedException, DecryptionFailure, EncryptionFailure
from .state import OwnKey, Secret, Version

NONCE_BYTES = 12
KEY_BYTES = 32
DEFAULT_KEY = "alias/aws/secretsmanager"


def seal(call: Call, at: At, secret: Secret, version: Version, value: bytes) -> Version:
    """The version with its value in it."""
    bound = _bound(at, secret, version)
    if services.exists("kms"):
        made = _ask(call, at, EncryptionFailure, "generate_data_key", key_id=secret.kms_key or DEFAULT_KEY,
                    encryption_context=bound, key_spec="AES_256")  # fmt: skip
        key, data_key = made["Plaintext"], made["CiphertextBlob"]
        kms_key = made["KeyId"] if secret.kms_key else ""
    else:
        check_key(secret.kms_key)
        key, data_key, kms_key = _own_key(call, at), b"", ""
    nonce = call.chance.bytes(NONCE_BYTES)
    sealed = nonce + AESGCM(key).encrypt(nonce, value, _text(bound))
    changed: Version = state.replace(version, sealed=sealed, data_key=data_key, kms_key=kms_key)
    return changed


def unseal(call: Call, at: At, secret: Secret, version: Version) -> bytes:
    bound = _bound(at, secret, version)
    if version.data_key:
        key = _ask(call, at, DecryptionFailure, "decrypt", ciphertext_blob=version.data_key,
                   encryption_context=bound)["Plaintext"]  # fmt: skip
    else:
        key = _own_key(call, at)
    try:
        return AESGCM(key).decrypt(version.sealed[:NONCE_BYTES], version.sealed[NONCE_BYTES:], _text(bound))
    except InvalidTag:
        raise DecryptionFailure from None


def check_key(kms_key: str) -> None:
    if kms_key and not services.exists("kms"):
        raise NotImplementedHere("Skyjar does not implement the parameter KmsKeyId of secretsmanager: it has no KMS.")


def _bound(at: At, secret: Secret, version: Version) -> dict[str, str]:
    """The encryption context that AWS uses."""
    return {"SecretARN": state.arn_of(at, secret), "SecretVersionId": version.id}


def _text(bound: dict[str, str]) -> bytes:
    return "\n".join(bound.values()).encode()


def _ask(call: Call, at: At, failure: type[AWSError], operation: str, **parameters: Any) -> Any:
    """KMS, as whoever called, through Secrets Manager."""
    via = {
        "kms:ViaService": f"secretsmanager.{at.region}.amazonaws.com",
        "kms:CallerAccount": call.caller.account,
        "aws:CalledVia": "secretsmanager.amazonaws.com",
    }
    try:
        return getattr(call.ask("kms", region=at.region, context=via), operation)(**parameters)
    except AWSError as error:
        if error.code == "AccessDeniedException":
            raise AccessDeniedException("Access to KMS is not allowed") from None
        raise failure(f"{failure.sentence} {error.message}") from None


def _own_key(call: Call, at: At) -> bytes:
    found = state.own_keys.get(at, "")
    if found is None:
        found = OwnKey(id="", key=call.chance.bytes(KEY_BYTES))
        state.own_keys.add(at, found)
    return found.key
