"""Lambda's errors. Every one says whose fault it is in `Type`."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.errors import AWSError


class LambdaError(AWSError):
    def __init__(self, message: str | None = None, **fields: Any) -> None:
        super().__init__(message, **{"Type": "User", **fields})


class AccessDeniedException(AWSError):
    code = "AccessDeniedException"
    status = 403


class InvalidParameterValueException(LambdaError):
    code = "InvalidParameterValueException"


class ValidationException(AWSError):
    code = "ValidationException"


class InvalidRequestContentException(LambdaError):
    code = "InvalidRequestContentException"


class ResourceNotFoundException(LambdaError):
    code = "ResourceNotFoundException"
    status = 404


class ProvisionedConcurrencyConfigNotFoundException(LambdaError):
    code = "ProvisionedConcurrencyConfigNotFoundException"
    status = 404
    sentence = "No Provisioned Concurrency Config found for this function"


class ResourceConflictException(LambdaError):
    code = "ResourceConflictException"
    status = 409


class ResourceInUseException(LambdaError):
    code = "ResourceInUseException"


class CodeStorageExceededException(LambdaError):
    code = "CodeStorageExceededException"
    sentence = "Code storage limit exceeded."


class RequestTooLargeException(LambdaError):
    code = "RequestTooLargeException"
    status = 413


class RequestEntityTooLargeException(LambdaError):
    code = "RequestEntityTooLargeException"
    status = 413


class PreconditionFailedException(LambdaError):
    code = "PreconditionFailedException"
    status = 412
    sentence = (
        "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve "
        "the latest Revision Id"
    )


class PolicyLengthExceededException(LambdaError):
    code = "PolicyLengthExceededException"


class TooManyRequestsException(LambdaError):
    code = "TooManyRequestsException"
    status = 429
    sentence = "Rate Exceeded."


class InvalidRuntimeException(LambdaError):
    """Used where this machine lacks what the runtime needs; the message says what to install."""

    code = "InvalidRuntimeException"
    status = 502


class ServiceException(LambdaError):
    code = "ServiceException"
    status = 500
