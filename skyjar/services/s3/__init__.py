"""Amazon S3."""

import msgspec

from skyjar.kernel.service import Service

from . import limits
from .errors import AccessDenied, EntityTooLarge


def check_body(size: int) -> None:
    if size > limits.PUT_BYTES:
        raise EntityTooLarge(ProposedSize=size, MaxSizeAllowed=limits.PUT_BYTES)


service = Service("s3", access_denied=AccessDenied, seals_bodies=True, check_body=check_body)


class LoggingChanged(msgspec.Struct, frozen=True):
    """A bucket keeps a log of its requests from now on, or no more (`kernel/access_logs.py`)."""

    bucket: str
