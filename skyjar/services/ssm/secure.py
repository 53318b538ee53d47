"""SecureString values: encrypted by KMS as whoever puts them, and decrypted as whoever reads them.

A standard parameter's value is encrypted by KMS itself, an advanced one's with a data key (it may be longer than KMS
takes). Both are bound to the parameter's ARN by their encryption context (User Guide, "How Parameter Store uses KMS").
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Any

from skyjar.kernel import envelopes
from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError
from skyjar.kernel.tables import At

from . import state
from .errors import AccessDeniedException, InvalidKeyId
from .state import Version

SECURE = "SecureString"
MANAGED = "alias/aws/ssm"


def _kms(call: Call) -> Any:
    return call.ask("kms", context={"kms:ViaService": f"ssm.{call.region}.amazonaws.com"})


def _context(at: At, name: str) -> dict[str, str]:
    return {"PARAMETER_ARN": state.arn_of(at, name)}


def encrypted(call: Call, name: str, key_id: str, tier: str, value: str) -> str:
    """The value as it is stored, and as it is shown to those who do not ask for decryption."""
    asked = {"key_id": key_id, "encryption_context": _context(call, name)}
    try:
        if tier == "Standard":
            blob: bytes = _kms(call).encrypt(**asked, plaintext=value.encode())["CiphertextBlob"]
            return b64encode(blob).decode()
        made = _kms(call).generate_data_key(**asked, key_spec="AES_256")
    except AWSError as error:
        raise _worded(error) from error
    nonce, about = call.chance.bytes(envelopes.NONCE_BYTES), state.arn_of(call, name)
    return b64encode(envelopes.seal(made["Plaintext"], made["CiphertextBlob"], about, nonce, value.encode())).decode()


def decrypted(call: Call, at: At, version: Version) -> str:
    """A value of a parameter that is at a place, for the caller."""
    blob = b64decode(version.value)
    envelope = None if version.tier == "Standard" else envelopes.read(blob)
    sealed = blob if envelope is None else envelope.data_key
    try:
        opened = _kms(call).decrypt(ciphertext_blob=sealed, encryption_context=_context(at, version.name))
    except AWSError as error:
        raise _worded(error) from error
    plain: bytes = opened["Plaintext"]
    return (plain if envelope is None else envelope.open(plain)).decode()


def _worded(error: AWSError) -> AWSError:
    """KMS's error as Parameter Store hands it on."""
    is_denied = error.code == "AccessDeniedException"
    worded: AWSError = AccessDeniedException(error.message) if is_denied else InvalidKeyId(error.message)
    worded.judgement = getattr(error, "judgement", None)  # type: ignore[attr-defined]
    return worded
