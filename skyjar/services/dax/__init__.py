"""Amazon DynamoDB Accelerator."""

from skyjar.kernel.service import Service

from .errors import AccessDeniedException

service = Service("dax", access_denied=AccessDeniedException)
