"""Application Auto Scaling's errors."""

from __future__ import annotations

from skyjar.kernel.errors import AWSError


class AccessDeniedException(AWSError):
    code = "AccessDeniedException"


class ValidationException(AWSError):
    code = "ValidationException"


class LimitExceededException(AWSError):
    code = "LimitExceededException"


class ObjectNotFoundException(AWSError):
    code = "ObjectNotFoundException"


class InvalidNextTokenException(AWSError):
    code = "InvalidNextTokenException"
    sentence = "Invalid next token"


class ResourceNotFoundException(AWSError):
    code = "ResourceNotFoundException"


class TooManyTagsException(AWSError):
    code = "TooManyTagsException"
