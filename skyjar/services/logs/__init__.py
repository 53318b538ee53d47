"""Amazon CloudWatch Logs."""

from skyjar.kernel.service import Service

from .errors import AccessDeniedException

service = Service("logs", access_denied=AccessDeniedException)
