"""Amazon Simple Notification Service."""

from skyjar.kernel.service import Service

from .errors import AuthorizationErrorException

service = Service("sns", access_denied=AuthorizationErrorException)
