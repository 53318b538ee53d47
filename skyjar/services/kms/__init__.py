"""AWS Key Management Service."""

from skyjar.kernel.service import Service

from .errors import AccessDeniedException

service = Service("kms", access_denied=AccessDeniedException)
