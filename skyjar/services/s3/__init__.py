"""Amazon S3."""

from skyjar.kernel.service import Service

from .errors import AccessDenied

service = Service("s3", access_denied=AccessDenied, seals_bodies=True)
