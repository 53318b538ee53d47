"""Digest files: every hour, a signed list of the log files of that hour, which names the digest before it.

Source: CloudTrail User Guide, "CloudTrail digest file structure", "Custom implementations of log file validation".
"""

from __future__ import annotations

import gzip
import hashlib
from datetime import UTC, datetime
from typing import Any

import orjson
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError
from skyjar.kernel.tables import Place

from . import access, contents, limits, state
from .delivery import folder
from .state import Digest, SigningKey, Trail


def new_key() -> tuple[bytes, bytes]:
    """A private and a public key, in PKCS #1 DER. Slow: for a thread."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=limits.KEY_BITS)
    private = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1)
    return private, public


def keep_key(call: Call, at: Place, made: tuple[bytes, bytes], since: float) -> SigningKey:
    private, public = made
    fingerprint = hashlib.md5(public, usedforsecurity=False).hexdigest()
    key = SigningKey(id=fingerprint, private=private, public=public, fingerprint=fingerprint, since=since)
    state.signing_keys.put(at, key)
    return key


def write_all(call: Call, at: Place, trail: Trail, key: SigningKey) -> Trail:
    """A digest for each account and Region that has had log files, and always one for the trail's own."""
    places = {f"{at.account}/{at.region}"}
    places |= {each.place for each in state.files.range(at, trail.name)}
    places |= {each.place for each in state.digests.range(at, trail.name)}
    try:
        for place in sorted(places):
            _write(call, at, trail, key, place)
    except AWSError as error:
        failed: Trail = state.replace(trail, digest_error=error.code)
        return failed
    done: Trail = state.replace(trail, digested_at=call.now, digest_error="")
    return done


def _write(call: Call, at: Place, trail: Trail, key: SigningKey, place: str) -> None:
    account, _, region = place.partition("/")
    before = state.digests.get(at, trail.name, place)
    listed = state.files.range(at, trail.name, place)
    stamp = datetime.fromtimestamp(call.now, UTC).strftime("%Y%m%dT%H%M%SZ")
    name = f"{account}_CloudTrail-Digest_{region}_{trail.name}_{at.region}_{stamp}.json.gz"
    path = f"{folder(trail, account, 'CloudTrail-Digest', region, call.now)}/{name}"
    document = _document(trail, key, account, before, listed, path, call.now)
    text = orjson.dumps(document)
    signature = _sign(key, document, text)
    metadata = {"signature": signature, "signature-algorithm": "SHA256withRSA"}
    access.put(call, at, trail, path, gzip.compress(text, mtime=0), metadata)
    for file in listed:
        state.files.remove(at, file)
    state.digests.put(
        at,
        Digest(
            trail=trail.name,
            place=place,
            ended_at=call.now,
            bucket=trail.bucket,
            key=path,
            hash=hashlib.sha256(text).hexdigest(),
            signature=signature,
        ),
    )


def _document(
    trail: Trail, key: SigningKey, account: str, before: Digest | None, listed: list[state.File], path: str, now: float
) -> dict[str, Any]:
    started_at = before.ended_at if before is not None else max(trail.started_at, now - limits.DIGEST_S)
    return {
        "awsAccountId": account,
        "digestStartTime": contents.iso(started_at),
        "digestEndTime": contents.iso(now),
        "digestS3Bucket": trail.bucket,
        "digestS3Object": path,
        "digestPublicKeyFingerprint": key.fingerprint,
        "digestSignatureAlgorithm": "SHA256withRSA",
        "newestEventTime": contents.iso(max(each.newest_at for each in listed)) if listed else None,
        "oldestEventTime": contents.iso(min(each.oldest_at for each in listed)) if listed else None,
        "previousDigestS3Bucket": before.bucket if before is not None else None,
        "previousDigestS3Object": before.key if before is not None else None,
        "previousDigestHashValue": before.hash if before is not None else None,
        "previousDigestHashAlgorithm": "SHA-256" if before is not None else None,
        "previousDigestSignature": before.signature if before is not None else None,
        "logFiles": [
            {
                "s3Bucket": each.bucket,
                "s3Object": each.key,
                "hashValue": each.hash,
                "hashAlgorithm": "SHA-256",
                "newestEventTime": contents.iso(each.newest_at),
                "oldestEventTime": contents.iso(each.oldest_at),
            }
            for each in listed
        ],
    }


def _sign(key: SigningKey, document: dict[str, Any], text: bytes) -> str:
    """The signature, in hexadecimal, over the digest's end, its place, its hash, and the signature before it."""
    signed = "\n".join(
        (
            document["digestEndTime"],
            f"{document['digestS3Bucket']}/{document['digestS3Object']}",
            hashlib.sha256(text).hexdigest(),
            document["previousDigestSignature"] or "null",
        )
    )
    private = serialization.load_der_private_key(key.private, password=None)
    assert isinstance(private, rsa.RSAPrivateKey)
    return private.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256()).hex()
