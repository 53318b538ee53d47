"""Amazon Elastic Container Registry: repositories."""

from skyjar.kernel.service import Service

from .errors import AccessDeniedException

service = Service("ecr", access_denied=AccessDeniedException)
