"""Amazon Kinesis Data Streams: records in order, in shards, for as long as they are retained."""

import msgspec

from skyjar.kernel.service import Service

from .errors import AccessDenied

service = Service("kinesis", access_denied=AccessDenied)


class RecordsAdded(msgspec.Struct, frozen=True):
    """Shards of a stream have new records, or are closed."""

    stream: str
    shards: tuple[str, ...]
