"""Application Auto Scaling."""

from skyjar.kernel.service import Service

from .errors import AccessDeniedException

service = Service("application-autoscaling", access_denied=AccessDeniedException)
