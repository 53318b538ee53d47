"""Rings: the keys under which a body's own keys are kept, and bodies sealed and opened with them.

Every body has a secret of its own (two with DSSE), which seals nothing else. The secrets are wrapped under a key of S3's,
a data key of KMS's, the client's, or KMS's and then S3's. So a copy that changes the method wraps the secrets anew and
leaves a long body where it is. See docs/decisions/0010-sealed-bodies.md.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from skyjar.kernel import frames
from skyjar.kernel.blobs import Blob, Blobs
from skyjar.kernel.call import Call
from skyjar.kernel.frames import SECRET_BYTES, Damaged
from skyjar.kernel.outside import Compute, Failed, Outside

from . import limits
from .object_state import Sealing

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12


class Ring:
    """`about` names what the secrets belong to, and is authenticated with them. `layers` is how often a body is sealed.

    `fields` are what a record keeps of the ring: the method, and `sealing` without any wrapped secrets.
    """

    __slots__ = ("_about", "_keys", "fields", "has_md5", "layers")

    def __init__(
        self, about: str, keys: tuple[AESGCM, ...], fields: dict[str, Any], *, layers: int = 1, has_md5: bool = False
    ) -> None:
        self._about = about.encode()
        self._keys = keys
        self.fields = fields
        self.layers = layers
        self.has_md5 = has_md5

    def wrapped(self, call: Call, secrets: tuple[bytes, ...]) -> bytes:
        data = secrets[0] if len(secrets) == 1 else b"".join(secrets)
        for key in self._keys:
            nonce = call.chance.bytes(_NONCE_BYTES)
            data = nonce + key.encrypt(nonce, data, self._about)
        return data

    def unwrapped(self, data: bytes) -> tuple[bytes, ...]:
        """Raises Damaged when the key is another one."""
        try:
            for key in reversed(self._keys):
                data = key.decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], self._about)
        except frames.invalid_tag():
            raise Damaged("a body's keys cannot be opened") from None
        if len(data) == SECRET_BYTES:
            return (data,)
        return tuple(data[at : at + SECRET_BYTES] for at in range(0, len(data), SECRET_BYTES))

    def etag(self, call: Call, md5: str) -> str:
        """An ETag is the MD5 of the content with SSE-S3 only."""
        return md5 if self.has_md5 else call.chance.hex(32)

    def sealed(self, *keys: bytes) -> dict[str, Any]:
        """The fields of a record whose bodies have these wrapped secrets."""
        held = self.fields["sealing"]
        return {
            **self.fields,
            "sealing": Sealing(keys, held.master, held.data_key, held.context, held.customer, held.about),
        }


def stored(call: Call, ring: Ring, body: bytes | Blob) -> dict[str, Any]:
    """The fields that hold a body and its keys: inside the record, or as a blob."""
    if isinstance(body, Blob):
        if body.size > limits.INLINE_BYTES:
            return {**_of_blob(body), **ring.sealed(ring.wrapped(call, body.secrets))}
        body = body.read()
    size = len(body)
    if size > limits.INLINE_BYTES:
        return stored(call, ring, call.blobs.put_sealed(body, ring.layers))
    secrets: tuple[bytes, ...] = (call.chance.bytes(SECRET_BYTES),)
    if ring.layers > 1:
        secrets += tuple(call.chance.bytes(SECRET_BYTES) for _ in range(ring.layers - 1))
    for secret in secrets:
        body = frames.seal(secret, body)
    return {"size": size, "body": body, **ring.sealed(ring.wrapped(call, secrets))}


def _of_blob(blob: Blob) -> dict[str, Any]:
    return {"size": blob.size, "blobs": (blob.name,), "sizes": (blob.size,)}


def inline(ring: Ring | None, body: bytes, size: int, sealing: Sealing | None) -> bytes:
    """The content of a body in a record; of one stored before bodies were sealed, as it is."""
    if ring is None or sealing is None:
        return body
    return frames.opened(ring.unwrapped(sealing.keys[0]), body, size)


class Resealed(Blob):
    """A body that was sealed again, with what was hashed when it came in."""

    __slots__ = ("digests",)

    def __init__(self, blob: Blob, digests: dict[str, bytes] | None) -> None:
        super().__init__(blob.name, blob.path, blob.size, blob.secrets)
        self.digests = digests


def sealed_again(call: Call, body: Blob, layers: int, then: Callable[[Call, Blob], Any]) -> Outside:
    """What was streamed in is sealed once; this gives it further layers, in a thread, and hands it to `then`."""

    def done(after: Call, result: Any) -> Any:
        check_done(result)
        return then(after, Resealed(result, getattr(body, "digests", None)))

    return Outside(Compute(resealed, call.blobs, ((body, 0, body.size),), layers), done)


def check_done(result: Any) -> None:
    if isinstance(result, Failed | Exception):
        raise result


def resealed(blobs: Blobs, pieces: Any, layers: int) -> Blob:
    """A blob of its own of bytes in pieces, read a little at a time. Slow: for a thread."""
    writer = blobs.sealed_writer(layers=layers)
    try:
        for blob, offset, length in pieces:
            at = offset
            while at < offset + length:
                data = blob.read(at, min(1 << 20, offset + length - at))
                if not data:
                    raise Damaged(f"{blob.path} is shorter than it was")
                writer.write(data)
                at += len(data)
    except OSError:
        writer.abort()
        raise
    return writer.close()
