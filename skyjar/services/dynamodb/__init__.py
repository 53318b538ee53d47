"""Amazon DynamoDB: tables, items, expressions and transactions on the kernel's ordered store."""

from skyjar.kernel.service import Service

from .errors import AccessDenied

service = Service("dynamodb", access_denied=AccessDenied)
