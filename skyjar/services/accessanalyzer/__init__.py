"""AWS IAM Access Analyzer."""

from skyjar.kernel.service import Service

from .errors import AccessDeniedException

service = Service("accessanalyzer", iam="access-analyzer", access_denied=AccessDeniedException)
