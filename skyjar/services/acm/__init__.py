"""AWS Certificate Manager."""

from skyjar.kernel.service import Service

from .errors import AccessDeniedException

service = Service("acm", access_denied=AccessDeniedException)
