"""The Price List API."""

from skyjar.kernel.service import Service

from .errors import AccessDeniedException

service = Service("pricing", access_denied=AccessDeniedException)
