"""AWS Systems Manager: Parameter Store."""

from skyjar.kernel.service import Service

from .errors import AccessDeniedException

service = Service("ssm", access_denied=AccessDeniedException)
