"""AWS Secrets Manager."""

from skyjar.kernel.service import Service

from .errors import AccessDeniedException

service = Service("secretsmanager", access_denied=AccessDeniedException)
