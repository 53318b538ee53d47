"""Amazon S3."""

import msgspec

from skyjar.kernel.service import Service

from .errors import AccessDenied

service = Service("s3", access_denied=AccessDenied, seals_bodies=True)


class LoggingChanged(msgspec.Struct, frozen=True):
    """A bucket keeps a log of its requests from now on, or no more (`kernel/access_logs.py`)."""

    bucket: str
