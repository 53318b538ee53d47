"""AWS Lambda."""

from skyjar.kernel.service import Service

from .errors import AccessDeniedException

service = Service("lambda", access_denied=AccessDeniedException)
