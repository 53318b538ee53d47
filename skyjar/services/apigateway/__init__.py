"""Amazon API Gateway, REST APIs (version 1)."""

from skyjar.kernel.service import Service

from .errors import AccessDeniedException

service = Service("apigateway", access_denied=AccessDeniedException)
