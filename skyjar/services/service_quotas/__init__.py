"""Service Quotas."""

from skyjar.kernel.service import Service

from .errors import AccessDeniedException

service = Service("service-quotas", iam="servicequotas", access_denied=AccessDeniedException)
