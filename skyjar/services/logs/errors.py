"""CloudWatch Logs' errors."""

from skyjar.kernel.errors import AWSError


class AccessDeniedException(AWSError):
    code = "AccessDeniedException"


class InvalidParameterException(AWSError):
    code = "InvalidParameterException"


class ResourceAlreadyExistsException(AWSError):
    code = "ResourceAlreadyExistsException"


class ResourceNotFoundException(AWSError):
    code = "ResourceNotFoundException"


class LimitExceededException(AWSError):
    code = "LimitExceededException"
    sentence = "Resource limit exceeded."


class OperationAbortedException(AWSError):
    code = "OperationAbortedException"


class ValidationException(AWSError):
    code = "ValidationException"


class TooManyTagsException(AWSError):
    code = "TooManyTagsException"
