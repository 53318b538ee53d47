"""API Gateway's errors."""

from skyjar.kernel.errors import AWSError


class BadRequestException(AWSError):
    code = "BadRequestException"


class NotFoundException(AWSError):
    code = "NotFoundException"
    status = 404


class ConflictException(AWSError):
    code = "ConflictException"
    status = 409


class LimitExceededException(AWSError):
    code = "LimitExceededException"
    status = 429


class AccessDeniedException(AWSError):
    code = "AccessDeniedException"
    status = 403
