"""How values are kept: sealed with a data key, bound to the secret and the version that they belong to.

As on AWS, the data key is encrypted by the secret's own KMS key, or by `aws/secretsmanager`, and KMS judges whoever reads
or writes the secret.
"""

from __future__ import annotations

from typing import Any

from cryptography.exceptions import InvalidTag

from skyjar.kernel import envelopes
from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError
from skyjar.kernel.tables import At

from . import state
from .errors import AccessDeniedException, DecryptionFailure, EncryptionFailure
from .state import Secret, Version

DEFAULT_KEY = "alias/aws/secretsmanager"


def seal(call: Call, at: At, secret: Secret, version: Version, value: bytes) -> Version:
    """The version with its value in it."""
    bound = _bound(at, secret, version)
    made = _ask(
        call, at, EncryptionFailure, "generate_data_key", key_id=secret.kms_key or DEFAULT_KEY,
        encryption_context=bound, key_spec="AES_256",
    )  # fmt: skip
    nonce = call.chance.bytes(envelopes.NONCE_BYTES)
    sealed = envelopes.seal(made["Plaintext"], made["CiphertextBlob"], _text(bound), nonce, value)
    changed: Version = state.replace(version, sealed=sealed, kms_key=made["KeyId"] if secret.kms_key else "")
    return changed


def unseal(call: Call, at: At, secret: Secret, version: Version) -> bytes:
    envelope = envelopes.read(version.sealed)
    bound = _bound(at, secret, version)
    key = _ask(call, at, DecryptionFailure, "decrypt", ciphertext_blob=envelope.data_key, encryption_context=bound)
    if envelope.about != _text(bound):
        raise DecryptionFailure
    try:
        return envelope.open(key["Plaintext"])
    except InvalidTag:
        raise DecryptionFailure from None


def _bound(at: At, secret: Secret, version: Version) -> dict[str, str]:
    """The encryption context that AWS uses."""
    return {"SecretARN": state.arn_of(at, secret), "SecretVersionId": version.id}


def _text(bound: dict[str, str]) -> str:
    return "\n".join(bound.values())


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
