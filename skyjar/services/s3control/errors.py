"""S3 Control's errors."""

from __future__ import annotations

from skyjar.kernel.errors import AWSError


class NoSuchPublicAccessBlockConfiguration(AWSError):
    code = "NoSuchPublicAccessBlockConfiguration"
    status = 404
    sentence = "The public access block configuration was not found"
