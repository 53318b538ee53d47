"""Service Quotas' errors."""

from __future__ import annotations

from skyjar.kernel.errors import AWSError


class AccessDeniedException(AWSError):
    code = "AccessDeniedException"


class IllegalArgumentException(AWSError):
    code = "IllegalArgumentException"


class InvalidPaginationTokenException(AWSError):
    code = "InvalidPaginationTokenException"
    sentence = "Invalid input was provided for the pagination token."


class NoSuchResourceException(AWSError):
    code = "NoSuchResourceException"


class ResourceAlreadyExistsException(AWSError):
    code = "ResourceAlreadyExistsException"


class TooManyTagsException(AWSError):
    code = "TooManyTagsException"
