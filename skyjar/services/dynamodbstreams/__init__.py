"""Amazon DynamoDB Streams: what was written to a table, in order, for 24 hours."""

import msgspec

from skyjar.kernel.service import Service

from .errors import AccessDenied

service = Service("dynamodbstreams", iam="dynamodb", access_denied=AccessDenied)


class RecordAdded(msgspec.Struct, frozen=True):
    """A shard has a new record."""

    stream: str
    shard: str
