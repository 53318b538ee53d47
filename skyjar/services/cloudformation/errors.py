"""CloudFormation's errors."""

from skyjar.kernel.errors import AWSError


class ValidationError(AWSError):
    code = "ValidationError"


class AlreadyExistsException(AWSError):
    code = "AlreadyExistsException"


class ChangeSetNotFoundException(AWSError):
    code = "ChangeSetNotFound"
    status = 404


class InvalidChangeSetStatusException(AWSError):
    code = "InvalidChangeSetStatus"


class InsufficientCapabilitiesException(AWSError):
    code = "InsufficientCapabilitiesException"


class LimitExceededException(AWSError):
    code = "LimitExceededException"


class TokenAlreadyExistsException(AWSError):
    code = "TokenAlreadyExistsException"
