"""SigV4A: signatures for many Regions, which are of a key pair on the curve P-256 that both sides derive from the secret key.

Source: IAM User Guide, "Create a signed AWS API request", "Deriving a signing key for SigV4a"; S3 API reference, "Authenticating
requests: transferring payload in multiple chunks".
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.kdf.kbkdf import KBKDFHMAC, CounterLocation, Mode

from skyjar.wire.credentials import Credential

ALGORITHM = "AWS4-ECDSA-P256-SHA256"
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256 (NIST SP 800-186, 3.2.1.3)
KEYS = 1024  # public keys kept at hand: making one takes longer than using it
TRIES = 254

_DER = re.compile(r"(?:[0-9a-f]{2}){8,72}")
_ECDSA = ec.ECDSA(hashes.SHA256())
_EMPTY = hashlib.sha256(b"").hexdigest()
PADDING = "*"  # with which the signatures of chunks come to one length


def private_number(access_key: str, secret: str) -> int:
    """Derived in counter mode (NIST SP 800-108) with HMAC-SHA256, again while it is not below the curve's order."""
    for attempt in range(1, TRIES):
        derive = KBKDFHMAC(
            algorithm=hashes.SHA256(),
            mode=Mode.CounterMode,
            length=32,
            rlen=4,
            llen=4,
            location=CounterLocation.BeforeFixed,
            label=ALGORITHM.encode(),
            context=access_key.encode("utf-8", "replace") + bytes((attempt,)),
            fixed=None,
        )
        candidate = int.from_bytes(derive.derive(b"AWS4A" + secret.encode()), "big")
        if candidate <= ORDER - 2:
            return candidate + 1
    raise ValueError("no signing key for this secret key")  # once in 2 ** 8128


@lru_cache(maxsize=KEYS)
def public_key(access_key: str, secret: str) -> ec.EllipticCurvePublicKey:
    return ec.derive_private_key(private_number(access_key, secret), ec.SECP256R1()).public_key()


def string_to_sign(credential: Credential, digest: str) -> str:
    return f"{ALGORITHM}\n{credential.stamp}\n{_scope(credential)}\n{digest}"


def _scope(credential: Credential) -> str:
    return f"{credential.date}/{credential.service}/aws4_request"


def is_right(access_key: str, secret: str, text: str, signature: str) -> bool:
    """Whether this is a signature of the text: DER in hexadecimal digits."""
    if _DER.fullmatch(signature) is None:
        return False
    try:
        public_key(access_key, secret).verify(bytes.fromhex(signature), text.encode("utf-8", "replace"), _ECDSA)
    except InvalidSignature:
        return False
    return True


class Chain:
    """The signatures of a body's chunks, each of which is over the one before."""

    def __init__(self, credential: Credential, secret: str) -> None:
        self._access_key = credential.access_key
        self._secret = secret
        self._head = f"{credential.stamp}\n{_scope(credential)}\n"
        self._previous = credential.signature

    def is_next(self, digest: str, given: str) -> bool:
        return self._is_right("PAYLOAD", f"{_EMPTY}\n{digest}", given)

    def is_trailer(self, trailer: bytes, given: str) -> bool:
        return self._is_right("TRAILER", hashlib.sha256(trailer).hexdigest(), given)

    def _is_right(self, kind: str, what: str, given: str) -> bool:
        signature = given.rstrip(PADDING)
        text = f"{ALGORITHM}-{kind}\n{self._head}{self._previous}\n{what}"
        self._previous = signature
        return is_right(self._access_key, self._secret, text, signature)
