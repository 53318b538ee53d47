"""XML Encryption, as SAML providers use it: an element under a key of its own, and that key under an RSA key of ours.

AES in GCM or CBC, RSA-OAEP (not PKCS #1 version 1.5). Everything that goes wrong is the same `Undecipherable`, so that
nothing is learnt from how it failed.
"""

from __future__ import annotations

from base64 import b64decode
from typing import Any

XENC = "{http://www.w3.org/2001/04/xmlenc#}"
DSIG = "{http://www.w3.org/2000/09/xmldsig#}"
_DATA = {
    "http://www.w3.org/2009/xmlenc11#aes128-gcm": ("GCM", 16),
    "http://www.w3.org/2009/xmlenc11#aes256-gcm": ("GCM", 32),
    "http://www.w3.org/2001/04/xmlenc#aes128-cbc": ("CBC", 16),
    "http://www.w3.org/2001/04/xmlenc#aes256-cbc": ("CBC", 32),
}
_OAEP = ("http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p", "http://www.w3.org/2009/xmlenc11#rsa-oaep")
_DIGESTS = {
    "http://www.w3.org/2000/09/xmldsig#sha1": "SHA1",
    "http://www.w3.org/2001/04/xmlenc#sha256": "SHA256",
    "http://www.w3.org/2001/04/xmlenc#sha512": "SHA512",
}
_MASKS = {f"http://www.w3.org/2009/xmlenc11#mgf1{name.lower()}": name for name in ("SHA1", "SHA256", "SHA512")}


class Undecipherable(Exception):
    """Not encrypted for one of these keys, or not in a way that is understood."""


def decrypted(element: Any, private_keys: tuple[str, ...]) -> bytes:
    """What the one EncryptedData of the element holds. `private_keys`: PEM, of whom one must fit."""
    from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm

    data = element.find(f".//{XENC}EncryptedData")
    key = element.find(f".//{XENC}EncryptedKey")
    if data is None or key is None:
        raise Undecipherable
    mode, size = _DATA.get(_algorithm(data), ("", 0))
    for private in private_keys:
        try:
            secret = _key(key, private)
            if len(secret) == size:
                return _plain(mode, secret, _value(data))
        except (ValueError, InvalidTag, UnsupportedAlgorithm):
            continue
    raise Undecipherable


def _algorithm(element: Any) -> str:
    method = element.find(f"{XENC}EncryptionMethod")
    return method.get("Algorithm", "") if method is not None else ""


def _value(element: Any) -> bytes:
    found = element.find(f"{XENC}CipherData/{XENC}CipherValue")
    if found is None:
        raise Undecipherable
    return b64decode("".join("".join(found.itertext()).split()), validate=True)


def _key(element: Any, private: str) -> bytes:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    if _algorithm(element) not in _OAEP:
        raise Undecipherable
    method = element.find(f"{XENC}EncryptionMethod")
    digest = method.find(f"{DSIG}DigestMethod")
    mask = method.find("{http://www.w3.org/2009/xmlenc11#}MGF")
    hashed = _DIGESTS.get(digest.get("Algorithm", "") if digest is not None else "", "SHA1")
    masked = _MASKS.get(mask.get("Algorithm", "") if mask is not None else "", "SHA1")
    oaep = padding.OAEP(padding.MGF1(getattr(hashes, masked)()), getattr(hashes, hashed)(), None)
    loaded: Any = load_pem_private_key(private.encode(), None)
    secret: bytes = loaded.decrypt(_value(element), oaep)
    return secret


def _plain(mode: str, secret: bytes, value: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    if mode == "GCM":
        return AESGCM(secret).decrypt(value[:12], value[12:], None)
    decryptor = Cipher(algorithms.AES(secret), modes.CBC(value[:16])).decryptor()
    padded = decryptor.update(value[16:]) + decryptor.finalize()
    if not padded or not 1 <= padded[-1] <= 16:
        raise ValueError("padding")
    return padded[: -padded[-1]]
