"""Amazon EventBridge."""

from skyjar.kernel.service import Service

from .errors import AccessDeniedException

service = Service("events", access_denied=AccessDeniedException)
