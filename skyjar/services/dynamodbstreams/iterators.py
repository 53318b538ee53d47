"""Shard iterators: where in a shard to read on. Pure. The text begins with the stream's ARN, on which reading is judged."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode

import msgspec

from .errors import ValidationException


class Iterator(msgspec.Struct, frozen=True, array_like=True):
    """`start` is the least sequence number that is read, empty for the oldest record there is."""

    shard: str
    start: str
    made_ms: int


def write(arn: str, iterator: Iterator) -> str:
    return f"{arn}|1|{urlsafe_b64encode(msgspec.msgpack.encode(iterator)).decode()}"


def stream_of(text: str) -> str:
    """The ARN that an iterator names; empty for what is no iterator."""
    arn, mark, _ = text.partition("|1|")
    return arn if mark and arn.startswith("arn:aws:dynamodb:") and "/stream/" in arn else ""


def read(text: str) -> tuple[str, Iterator]:
    """The stream's ARN, and where to read on."""
    arn, _, body = text.partition("|1|")
    try:
        return arn, msgspec.msgpack.decode(urlsafe_b64decode(body.encode("ascii")), type=Iterator)
    except (ValueError, msgspec.DecodeError):
        raise ValidationException("Invalid ShardIterator") from None
