"""The errors of DynamoDB Streams."""

from skyjar.kernel.errors import AWSError


class AccessDenied(AWSError):
    code = "AccessDeniedException"


class ValidationException(AWSError):
    code = "ValidationException"


class ResourceNotFoundException(AWSError):
    code = "ResourceNotFoundException"


class ExpiredIteratorException(AWSError):
    code = "ExpiredIteratorException"
    sentence = "The shard iterator has expired and can no longer be used to retrieve stream records."


class TrimmedDataAccessException(AWSError):
    code = "TrimmedDataAccessException"
    sentence = "The operation attempted to read past the oldest stream record in a shard."


class ThrottlingException(AWSError):
    """Which clients try again later by themselves."""

    code = "ThrottlingException"
    sentence = "Rate exceeded"
