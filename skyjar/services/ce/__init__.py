"""Cost Explorer."""

from skyjar.kernel.service import Service

from .errors import AccessDeniedException

service = Service("ce", access_denied=AccessDeniedException, is_global=True)
