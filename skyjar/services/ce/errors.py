"""Cost Explorer's errors."""

from __future__ import annotations

from skyjar.kernel.errors import AWSError


class AccessDeniedException(AWSError):
    code = "AccessDeniedException"


class ValidationException(AWSError):
    code = "ValidationException"


class DataUnavailableException(AWSError):
    code = "DataUnavailableException"
    sentence = (
        "Data is not available. Please try to adjust the time period. If just enabled Cost Explorer, data might not be "
        "ingested yet"
    )


class InvalidNextTokenException(AWSError):
    code = "InvalidNextTokenException"
    sentence = "The pagination token is invalid. Try again without a pagination token."


class ResourceNotFoundException(AWSError):
    code = "ResourceNotFoundException"
