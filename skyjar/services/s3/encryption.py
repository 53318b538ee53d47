"""Server-side encryption: what a request asks for, else its bucket's default, and the ring of keys that follows from it."""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import orjson

from skyjar.kernel import frames
from skyjar.kernel.call import Call
from skyjar.kernel.tables import At

from . import customer_keys, data_keys, limits, state
from .customer_keys import CustomerKey
from .errors import AccessDenied, InvalidArgument, NoSuchUpload
from .object_state import Object, Sealing
from .rings import Ring
from .state import Bucket
from .upload_state import Part, Upload

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

AES, KMS, DSSE = "AES256", "aws:kms", "aws:kms:dsse"
CUSTOMER = "SSE-C"
METHODS = (AES, KMS, DSSE)
_HEADER = "x-amz-server-side-encryption"


class Wish:
    """What a request says of encryption, as its headers say it."""

    __slots__ = ("algorithm", "bucket_key", "context", "customer", "key")

    def __init__(
        self,
        algorithm: str = "",
        key: str = "",
        bucket_key: bool | None = None,
        context: str = "",
        customer: CustomerKey | None = None,
    ) -> None:
        self.algorithm = algorithm
        self.key = key
        self.bucket_key = bucket_key
        self.context = context
        self.customer = customer


def wish(
    call: Call,
    bucket: Bucket,
    algorithm: str,
    key: str,
    bucket_key: bool | None,
    context: str,
    given: tuple[str, str, str],
) -> Wish:
    """`given` are the three headers of the client's own key, at which S3 does not look where such keys are blocked."""
    if bucket.blocks_customer_keys and any(given):
        raise AccessDenied
    return Wish(algorithm, key, bucket_key, context, customer_keys.read(call, *given))


def check_algorithm(algorithm: str) -> None:
    if algorithm not in METHODS:
        raise InvalidArgument(
            "The encryption method specified is not supported", ArgumentName=_HEADER, ArgumentValue=algorithm
        )


def method_of(bucket: Bucket, wish: Wish) -> str:
    """The method of a new object: one of METHODS, or CUSTOMER."""
    if wish.customer is not None:
        if wish.algorithm or wish.key:
            raise InvalidArgument(
                "Server Side Encryption with Customer provided key is incompatible with the encryption method specified",
                ArgumentName=_HEADER,
                ArgumentValue=wish.algorithm or "null",
            )
        return CUSTOMER
    if wish.algorithm:
        check_algorithm(wish.algorithm)
    method = wish.algorithm or bucket.encryption
    if method == AES and (wish.key or wish.context):
        raise InvalidArgument(
            "Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : "
            "aws:kms",
            ArgumentName=_HEADER,
            ArgumentValue=wish.algorithm or "null",
        )
    return method


def layers_of(method: str) -> int:
    """How often a body is to be sealed."""
    return 2 if method == DSSE else 1


def begun(call: Call, at: At, bucket: Bucket, key: str, wish: Wish) -> Ring:
    """The ring of a new object or upload, for which KMS is asked as the caller."""
    method = method_of(bucket, wish)
    if method == AES:
        number = int(call.now // limits.MASTER_KEY_S)
        master = _master(call, bucket, number)
        return Ring(_about(bucket, key), (master,), {"sealing": Sealing(master=number)}, has_md5=True)
    if method == CUSTOMER:
        assert wish.customer is not None
        sealing = Sealing(customer=wish.customer.kept(call))
        return Ring(
            _about(bucket, key), (frames.cipher(wish.customer.key),), {"encryption": CUSTOMER, "sealing": sealing}
        )
    return _under_kms(call, at, bucket, key, wish, method)


def _under_kms(call: Call, at: At, bucket: Bucket, key: str, wish: Wish, method: str) -> Ring:
    data_keys.check_request(call)
    key_id = wish.key or ("" if wish.algorithm else bucket.kms_key)
    has_bucket_key = _has_bucket_key(bucket, wish, method)
    further = _read_context(wish.context)
    context = data_keys.context_of(bucket, key, has_bucket_key, further)
    if has_bucket_key:
        arn, blob, secret = data_keys.of_bucket(call, at, bucket, key_id, context)
    else:
        arn, blob, secret = data_keys.made(call, bucket, key_id, context)
    number = int(call.now // limits.MASTER_KEY_S)
    keys = _with_masters(call, bucket, method, secret, number)
    sealing = Sealing(data_key=blob, context=further, master=number)
    fields = {"encryption": method, "kms_key": arn, "has_bucket_key": has_bucket_key, "sealing": sealing}
    return Ring(_about(bucket, key), keys, fields, layers=len(keys))


def of_replica(call: Call, bucket: Bucket, source: Object, key_id: str) -> Ring:
    """The ring of a replica in `bucket` of what is under KMS in its own; `call` is the role's, which must be allowed to
    encrypt. A Bucket Key is used where the source has one, or the bucket of the replica."""
    number = int(call.now // limits.MASTER_KEY_S)
    assert source.sealing is not None
    further = source.sealing.context
    has_bucket_key = source.encryption == KMS and (source.has_bucket_key or bucket.has_bucket_key)
    context = data_keys.context_of(bucket, source.key, has_bucket_key, further)
    secret = call.chance.bytes(frames.SECRET_BYTES)
    arn, blob = data_keys.encrypted(call, bucket, key_id, secret, context)
    keys = _with_masters(call, bucket, source.encryption, secret, number)
    sealing = Sealing(data_key=blob, context=further, master=number)
    fields = {"kms_key": arn, "has_bucket_key": has_bucket_key, "sealing": sealing}
    return Ring(_about(bucket, source.key), keys, fields, layers=len(keys))


def kept_as_it_is(bucket: Bucket, source: Object) -> Sealing:
    """Of a replica whose secrets are under the client's key, which is not at hand."""
    sealing = source.sealing
    assert sealing is not None
    kept: Sealing = state.replace(sealing, about=sealing.about or _about(bucket, source.key))
    return kept


def _has_bucket_key(bucket: Bucket, wish: Wish, method: str) -> bool:
    if method == DSSE:
        if wish.bucket_key:
            raise InvalidArgument(
                "S3 Bucket Keys are not supported for DSSE-KMS.", ArgumentName=f"{_HEADER}-bucket-key"
            )
        return False
    return bucket.has_bucket_key if wish.bucket_key is None else wish.bucket_key


def _read_context(text: str) -> str:
    """The client's own encryption context as JSON; the header has it in base64."""
    if not text:
        return ""
    try:
        raw = b64decode(text, validate=True)
        found = orjson.loads(raw)
    except (binascii.Error, ValueError):
        found = None
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise InvalidArgument(
            f"The header '{_HEADER}-context' shall be Base64-encoded UTF-8 string holding JSON which represents a "
            "string-string map",
            ArgumentName=f"{_HEADER}-context",
            ArgumentValue=text,
        )
    return raw.decode()


def _about(bucket: Bucket, key: str) -> str:
    return f"{bucket.space}/{key}"


def _with_masters(call: Call, bucket: Bucket, method: str, secret: bytes, number: int) -> tuple[AESGCM, ...]:
    """A data key of KMS's, and with DSSE S3's own key."""
    key = frames.cipher(secret)
    return (key, _master(call, bucket, number)) if method == DSSE else (key,)


def _master(call: Call, bucket: Bucket, number: int) -> AESGCM:
    """S3's own key for a period."""
    return _cipher(state.master_key(call, bucket, number))


_cipher = lru_cache(64)(frames.cipher)


def opened(call: Call, bucket: Bucket, thing: Object | Upload, customer: CustomerKey | None) -> Ring | None:
    """The ring of an object or an upload, for whoever may open it; None for what was stored before bodies were sealed."""
    check_customer(thing, customer)
    sealing = thing.sealing
    if sealing is None:
        return None
    about = sealing.about or _about(bucket, thing.key)
    fields = {"sealing": sealing}
    if thing.encryption == AES:
        return Ring(about, (_master(call, bucket, sealing.master),), fields, has_md5=True)
    if customer is not None:
        return Ring(about, (frames.cipher(customer.key),), fields)
    data_keys.check_request(call)
    context = data_keys.context_of(bucket, thing.key, thing.has_bucket_key, sealing.context)
    if thing.has_bucket_key:
        secret = data_keys.opened_for_bucket(call, bucket, sealing.data_key, context)
    else:
        secret = data_keys.opened(call, bucket, sealing.data_key, context)
    keys = _with_masters(call, bucket, thing.encryption, secret, sealing.master)
    return Ring(about, keys, fields, layers=len(keys))


def check_customer(thing: Object | Upload, customer: CustomerKey | None) -> None:
    """Whether a request brings the client's key of what it is about, and no other."""
    customer_keys.check(thing.sealing.customer if thing.sealing is not None else b"", customer)


def of_upload(call: Call, bucket: Bucket, upload: Upload, customer: CustomerKey | None) -> Ring:
    """The ring of an upload; one that was begun before bodies were sealed is over."""
    customer_keys.check_part(upload.sealing.customer if upload.sealing is not None else b"", customer)
    ring = opened(call, bucket, upload, customer)
    if ring is None:
        raise NoSuchUpload(UploadId=upload.id)
    return ring


def check_parts(call: Call, bucket: Bucket, upload: Upload, customer: CustomerKey | None, parts: list[Part]) -> None:
    """That what is put together can be opened, which takes the right to decrypt. The client's key need not be given."""
    if upload.encryption == CUSTOMER and customer is None:
        return
    ring = of_upload(call, bucket, upload, customer)
    for part in parts:
        ring.unwrapped(part.key)


def of_parts(upload: Upload, parts: list[Part]) -> Sealing | None:
    """The sealing of the object that an upload becomes."""
    return state.replace(upload.sealing, keys=tuple(part.key for part in parts)) if upload.sealing is not None else None


def shown(thing: Any, customer: CustomerKey | None = None) -> dict[str, Any]:
    """Of an object or an upload, as an answer's members."""
    if thing.encryption == AES:
        return {"ServerSideEncryption": AES}
    if thing.encryption == CUSTOMER:
        return customer.shown() if customer is not None else {}
    found = {"ServerSideEncryption": thing.encryption, "SSEKMSKeyId": thing.kms_key}
    return {**found, "BucketKeyEnabled": True} if thing.has_bucket_key else found


def context_shown(thing: Any) -> dict[str, str]:
    """The client's own encryption context, as writes tell it."""
    context = thing.sealing.context if thing.sealing is not None else ""
    return {"SSEKMSEncryptionContext": b64encode(context.encode()).decode()} if context else {}
