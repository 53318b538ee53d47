"""Amazon API Gateway, HTTP APIs (version 2)."""

from skyjar.kernel.service import Service

from .errors import AccessDeniedException

service = Service("apigatewayv2", iam="apigateway", access_denied=AccessDeniedException)
