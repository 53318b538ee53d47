"""JSON Web Tokens that others signed, and keys of one's own to sign with.

Only signatures with a public key count: `none` and HMAC are unknown here, so a token cannot turn a public key into a
shared secret. Times and audiences are for the caller to judge, by the cloud's clock.
"""

from __future__ import annotations

from typing import Any

import msgspec

ALGORITHMS = ("RS256", "RS384", "RS512", "ES256", "ES384", "ES512")
MOST_PARTS = 5_000  # lists and objects, which may all be within each other: Python 3.12 and later would read these
_KEY_TYPES = {"RS": "RSA", "ES": "EC"}


class Malformed(Exception):
    """Not a token, or not a set of keys."""


class BadSignature(Exception):
    """No key of the set signed it."""


class NoKey(BadSignature):
    """The set has no key by that name."""


def claims_of(token: str) -> dict[str, Any]:
    """What a token says of itself, unverified."""
    _, payload, _ = _parts(token)
    return _object(payload)


def _parts(token: str) -> tuple[str, str, str]:
    parts = token.split(".")
    if len(parts) != 3:
        raise Malformed("not three parts")
    return parts[0], parts[1], parts[2]


def _object(part: str) -> dict[str, Any]:
    from base64 import urlsafe_b64decode

    try:
        text = urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except ValueError:
        raise Malformed("not base64") from None
    return read_object(text)


def read_object(text: bytes) -> dict[str, Any]:
    """A JSON object; whatever else it is, however deep, raises Malformed."""
    if text.count(b"[") + text.count(b"{") > MOST_PARTS:
        raise Malformed("too many parts")
    try:
        found = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        raise Malformed("not JSON") from None
    if not isinstance(found, dict):
        raise Malformed("not an object")
    return found


def verified(token: str, keys: bytes) -> dict[str, Any]:
    """The claims of a token that a key of this set (RFC 7517) signed. Raises Malformed, BadSignature or NoKey."""
    from jwt import PyJWK, PyJWS
    from jwt.exceptions import PyJWTError

    header = _object(_parts(token)[0])
    algorithm, name = header.get("alg"), header.get("kid")
    if algorithm not in ALGORITHMS:
        raise BadSignature(f"the algorithm {str(algorithm)[:32]} is not accepted")
    fitting = [
        key
        for key in _keys(keys)
        if key.get("kty") == _KEY_TYPES[algorithm[:2]]
        and key.get("alg", algorithm) == algorithm
        and key.get("use", "sig") == "sig"
        and (name is None or key.get("kid") == name)
    ]
    for key in fitting:
        try:
            payload: bytes = PyJWS().decode(token, PyJWK(key, algorithm).key, algorithms=[algorithm])
        except (PyJWTError, ValueError, TypeError):
            continue
        return read_object(payload)
    raise BadSignature("no key signed it") if fitting else NoKey("there is no such key")


def _keys(document: bytes) -> list[dict[str, Any]]:
    keys = read_object(document).get("keys")
    if not isinstance(keys, list):
        raise Malformed("not a set of keys")
    return [key for key in keys if isinstance(key, dict)]


def new_key(algorithm: str) -> str:
    """A private key to sign with, as PEM."""
    from cryptography.hazmat.primitives.asymmetric import ec, rsa
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key: Any = (
        ec.generate_private_key(ec.SECP384R1()) if algorithm == "ES384" else rsa.generate_private_key(65537, 2048)
    )
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()  # type: ignore[no-any-return]


def public_key(private: str, algorithm: str, name: str) -> dict[str, Any]:
    """Its public half, as a key of a set."""
    from cryptography.hazmat.primitives.serialization import load_pem_private_key
    from jwt import get_algorithm_by_name

    key: Any = load_pem_private_key(private.encode(), None)
    shown: dict[str, Any] = get_algorithm_by_name(algorithm).to_jwk(key.public_key(), as_dict=True)
    shown.pop("key_ops", None)
    return {**shown, "kid": name, "alg": algorithm, "use": "sig"}


def signed(claims: dict[str, Any], private: str, algorithm: str, name: str) -> str:
    from jwt import PyJWS

    return PyJWS().encode(msgspec.json.encode(claims), private, algorithm, headers={"kid": name, "typ": "JWT"})
